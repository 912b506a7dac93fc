#!/usr/bin/env python3
"""Writes pinned-math.txt: exact values of log, exp, pow, erfc and the normal distribution function at chosen binary64 arguments.

    python3 pinned_math.py > pinned-math.txt        (mpmath 1.2 or later; 50 digits and more inside)

Line: function, bits of each argument, bits of the exact value rounded to binary64, and exact value minus rounded value in units of the rounded
value's last place. So the error of a result r with the same exponent is (r - rounded) / unit - remainder.
Constants: name, then 50 digits.
"""
import random
import struct
from mpmath import mp, mpf, log, exp, power, erfc, sqrt, pi, nstr, floor, ldexp

mp.prec = 400
random.seed(20240601)


def bits(x):
    return struct.unpack("<Q", struct.pack("<d", x))[0]


def of_bits(b):
    return struct.unpack("<d", struct.pack("<Q", b))[0]


def unit(x):
    """Distance from |x| to the next binary64 away from zero, exactly."""
    b = bits(abs(x))
    return mpf(of_bits(b + 1)) - mpf(of_bits(b))


def nearest(value):
    """value rounded to binary64, ties to even, also where it is subnormal."""
    if value == 0:
        return 0.0
    sign = -1 if value < 0 else 1
    v = abs(value)
    e = int(floor(log(v, 2)))
    while ldexp(mpf(1), e) > v:
        e -= 1
    while ldexp(mpf(1), e + 1) <= v:
        e += 1
    quantum = max(e, -1022) - 52
    n = v / ldexp(mpf(1), quantum)
    whole = int(floor(n))
    rest = n - whole
    if rest > mpf(1) / 2 or (rest == mpf(1) / 2 and whole % 2 == 1):
        whole += 1
    return sign * float(ldexp(mpf(whole), quantum))


def row(name, value, *arguments):
    r = nearest(value)
    remainder = (value - mpf(r)) / unit(r)
    print(name, *("%016x" % bits(a) for a in arguments), "%016x" % bits(r), nstr(remainder, 8))


print("# Written by pinned_math.py; do not edit. Line: function, argument bits, bits of the rounded value, remainder in units of its last place.")
for name, value in (("ln2", log(mpf(2))), ("twoOverSqrtPi", 2 / sqrt(pi))):
    print("constant", name, nstr(value, 50))

points = [of_bits(1), of_bits(0xFFFFFFFFFFFFF), of_bits(0x10000000000000), 1.7976931348623157e308, 0.5, 1.5, 1.4999999999999998, 2.0, 3.0, 10.0, 0.1, 1e-300, 1e300]
points += [1 + k * 2.0 ** -52 for k in (1, 2, 3, 100)] + [1 - k * 2.0 ** -53 for k in (1, 2, 3, 100)]
points += [of_bits(random.randrange(1, 0x7FF0000000000000)) for _ in range(250)] + [random.uniform(0.5, 2) for _ in range(250)] + [1 + random.uniform(-1, 1) * 2.0 ** -random.randrange(3, 45) for _ in range(150)]
for x in points:
    row("log", log(mpf(x)), x)

points = [0.5, 1.0, -1.0, 709.78, -700.5, -708.3, -708.4, -709.0, -720.25, -740.0, -744.4, 1e-9, -1e-9, 1e-17, 88.0, -88.0]
points += [random.uniform(-745, 709.7) for _ in range(250)] + [random.uniform(-1, 1) for _ in range(250)] + [random.uniform(-1, 1) * 2.0 ** -random.randrange(1, 60) for _ in range(100)] + [random.uniform(-745, -708) for _ in range(60)]
for x in points:
    row("exp", exp(mpf(x)), x)

pairs = [(10000.0, -k / 128) for k in range(1, 129, 7)] + [(1e6, -k / 64) for k in range(1, 64, 5)] + [(2.0, 0.5), (2.0, -1074.0), (0.5, 1022.5), (3.0, 40.0), (1.0000001, 1e9), (500000.0, -0.984375)]
while len(pairs) < 600:
    x = of_bits(random.randrange(0x10000000000000, 0x7FF0000000000000)) if len(pairs) % 2 else random.uniform(0.1, 50)
    y = random.uniform(-1, 1) * 10.0 ** random.randrange(-3, 3)
    if abs(y * log(mpf(x))) < 700:
        pairs.append((x, y))
for x, y in pairs:
    row("pow", power(mpf(x), mpf(y)), x, y)

points = [k / 8 for k in range(-48, 208)] + [random.uniform(-6, 5) for _ in range(200)] + [random.uniform(4.9, 26.5) for _ in range(150)] + [random.uniform(-1, 1) * 2.0 ** -random.randrange(1, 60) for _ in range(60)] + [4.999999999999999, 5.0, 5.000000000000001, -5.999999999999999]
for x in points:
    row("erfc", erfc(mpf(x)), x)

points = [k / 8 for k in range(-300, 65)] + [random.uniform(-12, 8) for _ in range(250)] + [random.uniform(-37.5, -12) for _ in range(60)]
for x in points:
    row("cdf", erfc(-mpf(x) / sqrt(mpf(2))) / 2, x)

# From here on with a generator of its own, so that the rows above stay what they are.
from mpmath import sin, cos, expm1, log1p, tanh

random.seed(20240715)
angles = [k * 0.25 for k in range(-40, 41) if k] + [float(k * pi / 2) for k in (1, 2, 3, 4, 5, 7, 1000, 12345, 1 << 20, (1 << 29) + 7, 683565275)] + [1073741824.0, -1073741824.0, 1e9, 823549.6645, 3.0 * 2 ** 28]
angles += [random.uniform(-10, 10) for _ in range(200)] + [random.uniform(-1, 1) * 2.0 ** random.randrange(3, 31) for _ in range(300)] + [random.uniform(-1, 1) * 2.0 ** -random.randrange(1, 60) for _ in range(60)]
# The multiples of pi/2 up to 2^30 that binary64 comes nearest to.
hard = sorted(((abs(sin(mpf(float(k * pi / 2)) * 2) / 2), float(k * pi / 2)) for k in random.sample(range(1, 683565275), 20000)), key=lambda pair: pair[0])[:40]
angles += [x for _, x in hard]
for x in angles:
    row("sin", sin(mpf(x)), x)
    row("cos", cos(mpf(x)), x)

points = [random.uniform(-42, 46) for _ in range(200)] + [random.uniform(-1, 1) for _ in range(200)] + [random.uniform(-1, 1) * 2.0 ** -random.randrange(1, 60) for _ in range(100)] + [0.5, -0.5, 1.0, 100.0, 700.0, -39.99, 43.99, 44.01]
for x in points:
    row("expm1", expm1(mpf(x)), x)

points = [random.uniform(-1, 3) for _ in range(200)] + [random.uniform(-1, 1) * 2.0 ** -random.randrange(1, 60) for _ in range(150)] + [of_bits(random.randrange(bits(1.0), 0x7FF0000000000000)) for _ in range(100)] + [-0.9999999999999999, 1.0, 0.5, 9007199254740993.0, 1e300]
for x in points:
    row("log1p", log1p(mpf(x)), x)

points = [of_bits(random.randrange(1, 0x7FF0000000000000)) for _ in range(200)] + [random.uniform(0.5, 2) for _ in range(200)] + [1 + random.uniform(-1, 1) * 2.0 ** -random.randrange(3, 45) for _ in range(100)] + [3.0, 10.0, 0.1]
for x in points:
    row("log2", log(mpf(x)) / log(mpf(2)), x)

points = [random.uniform(-21, 21) for _ in range(200)] + [random.uniform(-1, 1) for _ in range(150)] + [random.uniform(-1, 1) * 2.0 ** -random.randrange(1, 60) for _ in range(80)] + [0.5, 1.0, 19.06, 19.99]
for x in points:
    row("tanh", tanh(mpf(x)), x)
