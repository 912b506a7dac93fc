"""Values of the kinds of docs/determinism.md sections 11 and 12, from that text alone, with mpmath for the functions: the known answers that stand there.
Run: python3 kind_values.py"""
import hashlib
import json
import math
import struct

from mpmath import mp, mpf, exp, log, sin, cos, power

mp.prec = 300


def key(seed, name):
    d = hashlib.sha256(b"ShardInit\0" + struct.pack("<IQI", 1, seed, 0) + struct.pack("<I", len(name)) + name).digest()
    return struct.unpack("<III", d[:12])


def philox(c, k):
    c, k = list(c), list(k)
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(p1 >> 32) ^ c[1] ^ k[0], p1 & 0xFFFFFFFF, (p0 >> 32) ^ c[3] ^ k[1], p0 & 0xFFFFFFFF]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return c


K0, K1, C3 = key(42, b"model.embed_tokens.weight")


def uniform(i, purpose):
    block = ((i >> 6) << 4) | (i & 15)
    return (philox((block & 0xFFFFFFFF, block >> 32, purpose << 24, C3), (K0, K1))[(i >> 4) & 3] >> 8) / 16777216


def f32(x):
    return struct.unpack("<f", struct.pack("<f", x))[0]


def answer(dtype, shape, init, values):
    bits = ["%08x" % struct.unpack("<I", struct.pack("<f", f32(v)))[0] if dtype == "F32" else "%016x" % struct.unpack("<Q", struct.pack("<d", v))[0] for v in values]
    print("kind", dtype, json.dumps(shape, separators=(",", ":")), json.dumps(init, separators=(",", ":")), ":", *bits)


low, high = f32(0.001), f32(0.1)
start = float(log(mpf(low)))
span = float(log(mpf(high))) - start
answer("F32", [6], {"kind": "log_uniform", "low": 0.001, "high": 0.1}, [min(max(f32(float(exp(mpf(uniform(i, 0) * span + start)))), low), high) for i in range(6)])

rate = float(log(mpf(10000)) / 1)
angle = lambda i, j: i * float(exp(mpf(-0.5 * j * rate)))
answer("F64", [3, 2], {"kind": "table", "formula": "if(mod(j, 2) == 0, sin(i * exp(-0.5 * j * rate)), cos(i * exp(-0.5 * j * rate)))", "numbers": {"rate": rate}},
       [float((sin if j % 2 == 0 else cos)(mpf(angle(i, j)))) for i in range(3) for j in range(2)])

answer("F64", [5], {"kind": "expression", "formula": "if(u2 < 0.5, -1, 1) * u ** 0.25 + index / numel", "numbers": {}},
       [(-1.0 if uniform(i, 3) < 0.5 else 1.0) * float(power(mpf(uniform(i, 0)), mpf(0.25))) + i / 5 for i in range(5)])

answer("F32", [2, 4], {"kind": "rows", "rows": [{"start": 0, "end": 1, "init": {"kind": "uniform", "low": 0, "high": 1}}, {"start": 1, "end": 2, "init": {"kind": "expression", "formula": "u", "numbers": {}}}]},
       [uniform(i, 0) for i in range(8)])
answer("F32", [3, 2], {"kind": "eye", "value": 2.5}, [2.5, 0, 0, 2.5, 0, 0])
answer("F32", [2, 1, 3], {"kind": "dirac", "groups": 2}, [0, 1, 0, 0, 1, 0])
