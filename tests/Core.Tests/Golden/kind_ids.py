"""Computes the values id of a plan with every kind of distribution from docs/plan-format.md section 3 alone: the expected value of KindTests.
Run: python3 kind_ids.py"""
import hashlib
import struct

u32 = lambda n: struct.pack("<I", n)
u64 = lambda n: struct.pack("<Q", n)
i64 = lambda n: struct.pack("<q", n)
double = lambda x: struct.pack("<d", x)


def text(s):
    return u32(len(s.encode())) + s.encode()


def items(encode, members):
    members = list(members)
    return u64(len(members)) + b"".join(encode(m) for m in members)


def init(kind, numbers, texts=None, ranges=None):
    encoded = text(kind) + items(double, numbers)
    if texts is not None:
        encoded += items(text, texts)
    if ranges is not None:
        encoded += items(lambda r: i64(r[0]) + i64(r[1]) + r[2], ranges)
    return encoded


SHA = "0123456789abcdef" * 4
TENSORS = [  # name, shape, distribution, own seed
    ("a", [8], init("log_uniform", [0.001, 0.1]), None),
    ("b", [4, 6], init("orthogonal", [1.5]), None),
    ("c", [4, 3, 2], init("orthogonal", [1.0, 1.0]), 7),
    ("d", [3, 2, 4], init("delta_orthogonal", [0.5, 1.0]), None),
    ("e", [10, 4], init("sparse", [0.25, 0.0, 0.01]), 2**64 - 1),
    ("f", [3, 3], init("eye", [-2.0]), None),
    ("g", [4, 2, 3], init("dirac", [2.0]), None),
    ("h", [4, 2], init("table", [10000.0], ["base ** (-2 * j / 4) * i", "base"]), None),
    ("i", [5], init("expression", [-0.0, 0.5], ["mean + std * z", "mean", "std"]), None),
    ("j", [4, 2], init("rows", [], ranges=[(0, 1, init("constant", [1.0])), (1, 3, init("truncated_normal", [0.0, 1.0, -2.0, float("inf")])), (3, 4, init("table", [], ["i"]))]), None),
    ("k", [2], init("plugin", [3.0, 0.5], [SHA, "Mine.Stripes", "period", "size"]), None),
]
values = (b"ShardInit values\0" + u32(1) + u64(42) + text("") + items(lambda t: text(t[0]) + items(i64, t[1]) + t[2] + items(i64, []), TENSORS)
          + items(lambda t: u64(t[0]) + u64(t[1]), [(i, t[3]) for i, t in enumerate(TENSORS) if t[3] is not None]))
print("values_id", hashlib.sha256(values).hexdigest())
