#!/usr/bin/env python3
"""Kernel rates beside torch's, in alternating pairs on one core.

Usage: python3 tests/Bench/compare_torch.py [--pairs 7] [--lanes 512] [--markdown]

Each pair runs torch's in-place fill of 1,048,576 elements and then ours into a buffer of the same size, each for at least 0.2 CPU seconds of its one thread,
and gives the ratio of elements per CPU second. Build first: dotnet build -c Release tests/Bench. The process is pinned to one core.
"""
import argparse
import os
import statistics
import subprocess
import time

import torch

ELEMENTS = 1 << 20
HERE = os.path.dirname(os.path.abspath(__file__))
BENCH = os.path.join(HERE, "..", "..", "artifacts", "bin", "ShardInit.Bench", "release", "ShardInit.Bench")
CASES = [  # name, our kind, our dtype, torch's fill
    ("normal f32", "normal", "f32", torch.float32, lambda x: x.normal_(0, 0.02)),
    ("normal bf16", "normal", "bf16", torch.bfloat16, lambda x: x.normal_(0, 0.02)),
    ("uniform f32", "uniform", "f32", torch.float32, lambda x: x.uniform_(-0.1, 0.1)),
    ("uniform bf16", "uniform", "bf16", torch.bfloat16, lambda x: x.uniform_(-0.1, 0.1)),
    ("truncated normal f32, ±2 std", "truncated", "f32", torch.float32, lambda x: torch.nn.init.trunc_normal_(x, 0, 0.02, -0.04, 0.04)),
]


def torch_rate(dtype, fill):
    x = torch.empty(ELEMENTS, dtype=dtype)
    fill(x)
    done, start = 0, time.thread_time()
    while time.thread_time() - start < 0.2:
        fill(x)
        done += ELEMENTS
    return done / (time.thread_time() - start) * 1e-9


def our_rate(lanes, kind, dtype):
    output = subprocess.run([BENCH, "rates", "--lanes", lanes, "--kind", kind, "--dtype", dtype, "--repeat", "5"], check=True, capture_output=True, text=True)
    return float(output.stdout.split()[3])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--lanes", default="512")
    parser.add_argument("--markdown", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)
    os.sched_setaffinity(0, {sorted(os.sched_getaffinity(0))[-1]})
    print(f"torch {torch.__version__}, lanes {options.lanes}, {options.pairs} pairs, Gelem per CPU second of one thread: median [lowest-highest]")
    for name, kind, dtype, torch_dtype, fill in CASES:
        theirs, ours = [], []
        for _ in range(options.pairs):
            theirs.append(torch_rate(torch_dtype, fill))
            ours.append(our_rate(options.lanes, kind, dtype))
        ratios = [a / b for a, b in zip(ours, theirs)]
        cells = [name] + [f"{statistics.median(v):.3g} [{min(v):.3g}-{max(v):.3g}]" for v in (ours, theirs, ratios)]
        print("| " + " | ".join(cells) + " |" if options.markdown else "  ".join(cells))


if __name__ == "__main__":
    main()
