"""Computes the ids of one small plan from docs/plan-format.md section 3 alone, with nothing of this project: the expected values of PlanIdTests.
Run: python3 plan_ids.py"""
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


SEED, NAMESPACE = 18446744073709551615, "teacher"
LOGICAL = [  # name, shape, kind, numbers, zero rows; U+E000 comes before U+10000 in UTF-8, behind it in UTF-16
    ("a.bias", [3], "constant", [-0.0], []),
    ("a.weight", [3, 5], "normal", [0.0, 0.02], [1]),
    ("count", [], "constant", [7.0], []),
    ("layers.12.cut", [2, 2], "truncated_normal", [0.5, 0.25, 0.0, float("inf")], []),
    ("none", [0, 4], "uniform", [-1.0, 1.0], []),
    ("\ue000", [1], "constant", [1.0], []),
    ("\U00010000", [1], "constant", [1.0], []),
]
values = (b"ShardInit values\0" + u32(1) + u64(SEED) + text(NAMESPACE)
          + items(lambda t: text(t[0]) + items(i64, t[1]) + text(t[2]) + items(double, t[3]) + items(i64, t[4]), LOGICAL))
values_id = hashlib.sha256(values).digest()

STORED = [  # position in LOGICAL, dtype, group, layer, buffer
    (0, "BF16", 2, 0, 0), (1, "BF16", 0, 0, 0), (2, "I64", 2, 0, 1), (3, "F32", 1, 12, 0), (4, "BF16", 2, 0, 0), (5, "BF16", 2, 0, 0), (6, "BF16", 2, 0, 0),
]
rng = lambda n: i64(0) + i64(n) + i64(1)


def stored(t):
    name, shape = LOGICAL[t[0]][:2]
    part = u64(t[0]) + items(rng, shape) + items(u32, range(len(shape))) + items(rng, shape)
    return text(name) + text(t[1]) + items(i64, shape) + u32(t[2]) + u32(t[3]) + u32(t[4]) + items(lambda p: p, [part])


plan = (b"ShardInit plan\0" + values_id + text("table") + text("arrow") + u32(1) + i64(1 << 20) + i64(1 << 16) + text("sha256")
        + items(stored, STORED) + items(lambda t: text(t[0]) + text(t[1]), [("head.weight", "a.weight")]))
print("values_id", values_id.hex())
print("plan_id  ", hashlib.sha256(plan).hexdigest())
