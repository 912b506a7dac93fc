// An implementation of "Determinism: the number path, spec 1" (determinism.md), written from that text alone.
// Section numbers in the comments are those of the text.
//
// Build: g++ -std=c++17 -O2 -ffp-contract=off -fno-fast-math oracle.cpp -o oracle
// Contraction of a * b + c into fma must be off and subnormal numbers must be kept (section 1).
//
// Everything marked DEVICE is a pure function of its arguments and uses no library but fmaf, sqrtf and memcpy.

#include <algorithm>
#include <cerrno>
#include <cinttypes>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#ifdef __FAST_MATH__
#error "fast math changes bits (section 1)"
#endif

#ifdef __CUDACC__
#define DEVICE __host__ __device__ inline
#else
#define DEVICE inline
#endif

// ---------------------------------------------------------------- 1. Notation

DEVICE float as_float(uint32_t pattern) {
    float x;
    memcpy(&x, &pattern, sizeof x);
    return x;
}

DEVICE uint32_t bits_of(float x) {
    uint32_t pattern;
    memcpy(&pattern, &x, sizeof pattern);
    return pattern;
}

DEVICE float fused(float a, float b, float c) { return fmaf(a, b, c); }
DEVICE float least(float a, float b) { return a < b ? a : b; }
DEVICE float most(float a, float b) { return a > b ? a : b; }
DEVICE float flip_sign(float x, bool flip) { return as_float(bits_of(x) ^ (flip ? 0x80000000u : 0u)); }

// Horner's rule; coefficients as bits, highest degree first.
template <int N>
DEVICE float poly(float x, const uint32_t (&coefficients)[N]) {
    float p = as_float(coefficients[0]);
    for (int k = 1; k < N; ++k) p = fused(p, x, as_float(coefficients[k]));
    return p;
}

// ---------------------------------------------------------------- 2. From a name to words

struct Key {
    uint32_t key0, key1, c3;
};

struct Words {
    uint32_t w[4];
};

DEVICE uint32_t low_half(uint64_t x) { return static_cast<uint32_t>(x); }
DEVICE uint32_t high_half(uint64_t x) { return static_cast<uint32_t>(x >> 32); }

// Generator: Philox4x32 with 10 rounds.
DEVICE Words philox(Words c, uint32_t k0, uint32_t k1) {
    for (int round = 0; round < 10; ++round) {
        const uint64_t p0 = static_cast<uint64_t>(0xD2511F53u) * c.w[0];
        const uint64_t p1 = static_cast<uint64_t>(0xCD9E8D57u) * c.w[2];
        c = Words{{high_half(p1) ^ c.w[1] ^ k0, low_half(p1), high_half(p0) ^ c.w[3] ^ k1, low_half(p0)}};
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    return c;
}

// Elements and words: the four words of the element's block. Purpose 0, so c2 is the attempt.
DEVICE Words words_of_block(const Key& key, uint64_t element, uint32_t attempt) {
    const uint64_t block = ((element >> 6) << 4) | (element & 15);
    return philox(Words{{low_half(block), high_half(block), attempt, key.c3}}, key.key0, key.key1);
}

DEVICE uint32_t word_index(uint64_t element) { return static_cast<uint32_t>(element >> 4) & 3; }

// A choice, not an index: registers of a GPU cannot be indexed.
DEVICE uint32_t choose(const Words& words, uint32_t q) {
    const uint32_t first = (q & 1) ? words.w[1] : words.w[0];
    const uint32_t second = (q & 1) ? words.w[3] : words.w[2];
    return (q & 2) ? second : first;
}

DEVICE uint32_t word(const Key& key, uint64_t element, uint32_t attempt) {
    return choose(words_of_block(key, element, attempt), word_index(element));
}

// ---------------------------------------------------------------- 3. Functions

// -2 ln x, for x in [2^-126, 1].
DEVICE float minus2log(float x) {
    const uint32_t coefficients[] = {0x3E4E815A, 0xBEA5AF01, 0x3EB090B3, 0xBECBD8D0,
                                     0x3EFFB4BA, 0xBF2AAC7A, 0x3F800036, 0xC0000000};
    const uint32_t s = bits_of(x) - 0x3F3504F3u;
    const int32_t e = static_cast<int32_t>(s) >> 23;
    const float t = as_float((s & 0x007FFFFFu) + 0x3F3504F3u) - 1.0f;
    const float p = poly(t, coefficients);
    return fused(static_cast<float>(e), as_float(0xBFB17218u), t * p);
}

// Sine and cosine of f quarter turns, |f| <= 1/2.
DEVICE float sinq(float f) {
    const uint32_t coefficients[] = {0xBB97ACC9, 0x3DA33590, 0xBF255DF6, 0x3FC90FDB};
    return poly(f * f, coefficients) * f;
}

DEVICE float cosq(float f) {
    const uint32_t coefficients[] = {0xBCA73EF4, 0x3E81D834, 0xBF9DE9CE, 0x3F800000};
    return poly(f * f, coefficients);
}

// Normal quantile: z with Phi(-z) = t; x stands for 1 - 2t.
DEVICE float quantile(float t, float x) {
    const float W = minus2log((4.0f * t) * (1.0f - t));
    if (W < 11.0f) {
        const uint32_t G[] = {0xADB35FAD, 0x2E35B050, 0x31B54122, 0xB37C9FEE, 0xB4E0D610,
                              0x379B3087, 0xB94083D1, 0xBAE961CC, 0x3E30E9FC, 0x400D7294};
        return x * poly(W - 5.5f, G);
    }
    const uint32_t H[] = {0x47652B04, 0xC5759F00, 0xC5332C42, 0xBE1478AC, 0x4292E59E,
                          0x40B5E76C, 0x3FDC1173, 0x3E9498E5, 0xBE893F72, 0x3F73D67A};
    const float s = sqrtf(W);
    const float v = (1.0f / s) - as_float(0x3E50CD88u);
    return x * (s * poly(v, H));
}

// ---------------------------------------------------------------- 4. Distributions, per element

enum class Method {
    constant,
    uniform,
    normal,
    folded_quantile,
    one_sided_quantile,
    uniform_rejection,
    exponential_rejection
};

// A distribution with the constants of its algorithm. Only the fields of its method are used.
struct Distribution {
    Method method = Method::constant;
    double number = 0;                                             // constant: in binary64, for F64
    float constant = 0;                                            // constant: in binary32
    float mean = 0, std = 1, low = 0, high = 0;
    float scale = 0, highest = 0;                                  // uniform, uniform rejection
    float mass = 0, twice = 0;                                     // both quantiles
    float baseA = 0, baseB = 0, centerA = 0, centerB = 0;          // folded quantile
    float base = 0, center = 0;                                    // one-sided quantile
    bool wide = false, mirrored = false;                           // quantiles
    float anchor = 0, d = 0;                                       // both rejections
    float step = 0, expEnd = 0, expSpan = 0;                       // exponential rejection
};

DEVICE float clamp(float x, const Distribution& dist) { return most(least(x, dist.high), dist.low); }

// Bits 31..9 of a word as a number in [0, 1), less 2^-23: the coarse part of u and v.
DEVICE float coarse(uint32_t w) { return as_float((w >> 9) | 0x3F800000u) - as_float(0x3F800001u); }

// The u of both rejections, (n + 1/2) / 2^23 with n = bits 31..9.
DEVICE float acceptance_draw(uint32_t w) { return as_float((w >> 9) | 0x3F800000u) - as_float(0x3F7FFFFFu); }

DEVICE float uniform_value(const Distribution& dist, const Key& key, uint64_t element) {
    const float n = static_cast<float>(word(key, element, 0) >> 8);
    return least(fused(n, dist.scale, dist.low), dist.highest);
}

DEVICE float normal_value(const Distribution& dist, const Key& key, uint64_t element) {
    const uint32_t q = word_index(element);
    const Words words = words_of_block(key, element, 0);
    const uint32_t a = (q & 2) ? words.w[2] : words.w[0];
    const uint32_t b = (q & 2) ? words.w[3] : words.w[1];

    const float fine = as_float((((a << 14) & 0x007FC000u) | ((b >> 17) & 0x00003FC0u)) | 0x34000020u);
    const float u = coarse(a) + fine;
    const float r = sqrtf(minus2log(u));
    const float f = as_float((b & 0x007FFFFEu) | 0x3F800001u) - 1.5f;
    const float c = flip_sign(cosq(f), (b & 1) != 0);
    const float s = sinq(f);

    // z_even, z_odd = bit 31 of b set ? (r s, r c) : (r c, r s).
    const bool odd = (q & 1) != 0;
    const bool swapped = (b >> 31) != 0;
    const float z = r * (odd == swapped ? c : s);
    return fused(z, dist.std, dist.mean);
}

DEVICE float folded_quantile_value(const Distribution& dist, const Key& key, uint64_t element) {
    const uint32_t w = word(key, element, 0);
    const uint32_t ext = dist.wide ? (word(key, element, 1) >> 17) | 1u : 0x4000u;
    const float v = (as_float(((w >> 8) & 0x007FFFFFu) | 0x3F800000u) - as_float(0x3F800001u))
                    + as_float(((w << 15) & 0x007F8000u) | ext | 0x34000000u);
    const bool above = (w >> 31) != 0;
    const float t = fused(v, dist.mass, above ? dist.baseB : dist.baseA);
    const float x = fused(v, -dist.twice, above ? dist.centerB : dist.centerA);
    const float z = flip_sign(quantile(t, x), !above);
    return clamp(fused(z, dist.std, dist.mean), dist);
}

DEVICE float one_sided_quantile_value(const Distribution& dist, const Key& key, uint64_t element) {
    const uint32_t w = word(key, element, 0);
    const uint32_t ext = dist.wide ? (word(key, element, 1) >> 18) | 1u : 0x2000u;
    const float v = coarse(w) + as_float(((w << 14) & 0x007FC000u) | ext | 0x34000000u);
    const float t = fused(v, dist.mass, dist.base);
    const float x = fused(v, -dist.twice, dist.center);
    const float z = flip_sign(quantile(t, x), dist.mirrored);
    return clamp(fused(z, dist.std, dist.mean), dist);
}

DEVICE float uniform_rejection_value(const Distribution& dist, const Key& key, uint64_t element) {
    float x = 0;
    for (uint32_t j = 0; j < 1000; ++j) {
        const float n = static_cast<float>(word(key, element, 2 * j) >> 8);
        x = least(fused(n, dist.scale, dist.low), dist.high);
        const float e = (x - dist.anchor) / dist.std;
        const float u = acceptance_draw(word(key, element, 2 * j + 1));
        if (e * (e + 2.0f * dist.d) < minus2log(u)) break;
    }
    return x;
}

DEVICE float exponential_rejection_value(const Distribution& dist, const Key& key, uint64_t element) {
    float x = 0;
    for (uint32_t j = 0; j < 1000; ++j) {
        const uint32_t w = word(key, element, 2 * j);
        const uint32_t w2 = word(key, element, 2 * j + 1);
        const float v = coarse(w) + as_float(((w << 14) & 0x007FC000u) | ((w2 << 5) & 0x00003FE0u) | 0x34000010u);
        const float E2 = minus2log(fused(v, dist.expSpan, dist.expEnd));
        const float square = dist.d * dist.d;
        const float g = E2 / (dist.d + sqrtf(square + E2));
        x = clamp(fused(g, dist.step, dist.anchor), dist);
        const float u = acceptance_draw(w2);
        if (u * (dist.d + g) < dist.d) break;
    }
    return x;
}

// The binary32 value of one element of a tensor.
DEVICE float value(const Distribution& dist, const Key& key, uint64_t element) {
    switch (dist.method) {
        case Method::uniform: return uniform_value(dist, key, element);
        case Method::normal: return normal_value(dist, key, element);
        case Method::folded_quantile: return folded_quantile_value(dist, key, element);
        case Method::one_sided_quantile: return one_sided_quantile_value(dist, key, element);
        case Method::uniform_rejection: return uniform_rejection_value(dist, key, element);
        case Method::exponential_rejection: return exponential_rejection_value(dist, key, element);
        case Method::constant: break;
    }
    return dist.constant;
}

// ---------------------------------------------------------------- 6. Storing a value

enum class Dtype { F32, BF16, F16, F8_E4M3, F8_E5M2, F64 };

DEVICE int byte_count(Dtype dtype) {
    switch (dtype) {
        case Dtype::F64: return 8;
        case Dtype::F32: return 4;
        case Dtype::BF16:
        case Dtype::F16: return 2;
        default: return 1;
    }
}

DEVICE uint64_t bits_of_f64(double x) {
    uint64_t pattern;
    memcpy(&pattern, &x, sizeof pattern);
    return pattern;
}

DEVICE uint32_t bf16_code(float x) {
    const uint32_t pattern = bits_of(x);
    return (pattern + 0x7FFFu + ((pattern >> 16) & 1u)) >> 16;
}

// A float with fewer than 23 bits of mantissa: rounds |x| to nearest, ties to even, at the last place that the
// format has there (its subnormals included). min_exponent: of the smallest normal number. x is not NaN.
DEVICE uint32_t small_code(float x, int mantissa_bits, int min_exponent, uint32_t largest, uint32_t overflow) {
    const uint32_t magnitude = bits_of(x) & 0x7FFFFFFFu;
    const int field = static_cast<int>(magnitude >> 23);
    const uint32_t significand = (magnitude & 0x007FFFFFu) | (field != 0 ? 0x00800000u : 0u);
    const int exponent = (field != 0 ? field : 1) - 127;
    const int place = exponent > min_exponent ? exponent : min_exponent;
    const int shift = place - mantissa_bits - (exponent - 23);
    if (shift > 24) return 0;                                      // below half of the smallest subnormal number
    const uint32_t half = 1u << (shift - 1);
    const uint32_t rest = significand & ((half << 1) - 1u);
    uint32_t kept = significand >> shift;
    if (rest > half || (rest == half && (kept & 1u) != 0)) ++kept;
    const uint32_t code = (static_cast<uint32_t>(place - min_exponent) << mantissa_bits) + kept;
    return code > largest ? overflow : code;
}

DEVICE uint64_t stored_code(const Distribution& dist, Dtype dtype, float x) {
    const uint32_t sign = bits_of(x) >> 31;
    switch (dtype) {
        case Dtype::F32: return bits_of(x);
        case Dtype::F64: return bits_of_f64(dist.method == Method::constant ? dist.number : static_cast<double>(x));
        case Dtype::BF16: return bf16_code(x);
        case Dtype::F16: return sign << 15 | small_code(x, 10, -14, 0x7BFF, 0x7C00);
        case Dtype::F8_E4M3: return sign << 7 | small_code(x, 3, -6, 0x7E, 0x7F);
        case Dtype::F8_E5M2: return sign << 7 | small_code(x, 2, -14, 0x7B, 0x7C);
    }
    return 0;
}

// ================================================================ Host only from here on

struct BadArguments : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// ---------------------------------------------------------------- SHA-256 (FIPS 180-4), for section 2

class Sha256 {
public:
    static std::vector<uint8_t> digest(std::vector<uint8_t> message) {
        const uint64_t bit_count = static_cast<uint64_t>(message.size()) * 8;
        message.push_back(0x80);
        while (message.size() % 64 != 56) message.push_back(0);
        for (int shift = 56; shift >= 0; shift -= 8) message.push_back(static_cast<uint8_t>(bit_count >> shift));
        Sha256 state;
        for (size_t at = 0; at < message.size(); at += 64) state.compress(&message[at]);
        std::vector<uint8_t> result;
        for (uint32_t h : state.h_)
            for (int shift = 24; shift >= 0; shift -= 8) result.push_back(static_cast<uint8_t>(h >> shift));
        return result;
    }

private:
    uint32_t h_[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

    static uint32_t rotate(uint32_t x, int n) { return x >> n | x << (32 - n); }

    static const uint32_t* round_constants() {
        static const uint32_t k[64] = {
            0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
            0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
            0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
            0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
            0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
            0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
            0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
            0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};
        return k;
    }

    void compress(const uint8_t* block) {
        uint32_t w[64];
        for (int i = 0; i < 16; ++i)
            w[i] = uint32_t(block[4 * i]) << 24 | uint32_t(block[4 * i + 1]) << 16 | uint32_t(block[4 * i + 2]) << 8
                   | uint32_t(block[4 * i + 3]);
        for (int i = 16; i < 64; ++i) {
            const uint32_t s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ (w[i - 15] >> 3);
            const uint32_t s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ (w[i - 2] >> 10);
            w[i] = w[i - 16] + s0 + w[i - 7] + s1;
        }
        uint32_t a = h_[0], b = h_[1], c = h_[2], d = h_[3], e = h_[4], f = h_[5], g = h_[6], h = h_[7];
        for (int i = 0; i < 64; ++i) {
            const uint32_t s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
            const uint32_t t1 = h + s1 + ((e & f) ^ (~e & g)) + round_constants()[i] + w[i];
            const uint32_t s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
            const uint32_t t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
            h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
        }
        h_[0] += a, h_[1] += b, h_[2] += c, h_[3] += d, h_[4] += e, h_[5] += f, h_[6] += g, h_[7] += h;
    }
};

// ---------------------------------------------------------------- 2. Key

// The length of the well-formed UTF-8 sequence at the start of the text, or 0 where there is none.
size_t utf8_sequence(const uint8_t* at, size_t left) {
    if (at[0] < 0x80) return 1;
    const size_t length = at[0] >= 0xC2 && at[0] <= 0xDF ? 2 : (at[0] & 0xF0) == 0xE0 ? 3 : at[0] >= 0xF0 && at[0] <= 0xF4 ? 4 : 0;
    if (length == 0 || length > left) return 0;
    for (size_t i = 1; i < length; ++i)
        if ((at[i] & 0xC0) != 0x80) return 0;
    const bool overlong = (at[0] == 0xE0 && at[1] < 0xA0) || (at[0] == 0xF0 && at[1] < 0x90);
    const bool surrogate = at[0] == 0xED && at[1] >= 0xA0;
    const bool beyond = at[0] == 0xF4 && at[1] >= 0x90;
    return overlong || surrogate || beyond ? 0 : length;
}

bool is_utf8(const std::string& text) {
    const uint8_t* bytes = reinterpret_cast<const uint8_t*>(text.data());
    for (size_t i = 0; i < text.size();) {
        const size_t length = utf8_sequence(bytes + i, text.size() - i);
        if (length == 0) return false;
        i += length;
    }
    return true;
}

void append_number(std::vector<uint8_t>& to, uint64_t number, int bytes) {
    for (int i = 0; i < bytes; ++i) to.push_back(static_cast<uint8_t>(number >> (8 * i)));
}

void append_text(std::vector<uint8_t>& to, const std::string& text) {
    if (!is_utf8(text)) throw BadArguments("a name that is not UTF-8 has no key");
    if (text.size() > 0xFFFFFFFFu) throw BadArguments("a name that is too long");
    append_number(to, text.size(), 4);
    to.insert(to.end(), text.begin(), text.end());
}

Key make_key(uint64_t seed, const std::string& name_space, const std::string& name) {
    const char tag[] = "ShardInit";                                // sizeof counts the final zero byte: 10
    std::vector<uint8_t> message(tag, tag + sizeof tag);
    append_number(message, 1, 4);                                  // spec
    append_number(message, seed, 8);
    append_text(message, name_space);
    append_text(message, name);
    const std::vector<uint8_t> d = Sha256::digest(message);
    const auto word_at = [&d](size_t i) {
        return uint32_t(d[i]) | uint32_t(d[i + 1]) << 8 | uint32_t(d[i + 2]) << 16 | uint32_t(d[i + 3]) << 24;
    };
    return Key{word_at(0), word_at(4), word_at(8)};
}

// ---------------------------------------------------------------- 5. Constants of rules: f64 functions

double f64_of_bits(uint64_t pattern) {
    double x;
    memcpy(&x, &pattern, sizeof x);
    return x;
}

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

// A dd: the value is h + l. A plain number c is (c, 0).
struct Dd {
    double h, l;
    Dd(double h_part, double l_part = 0) : h(h_part), l(l_part) {}
};

Dd two_sum(double a, double b) {
    const double s = a + b, t = s - a;
    return Dd(s, (a - (s - t)) + (b - t));
}

Dd quick(double a, double b) {
    const double s = a + b;
    return Dd(s, b - (s - a));
}

Dd operator+(const Dd& a, const Dd& b) {
    const Dd high = two_sum(a.h, b.h), low = two_sum(a.l, b.l);
    const Dd sum = quick(high.h, high.l + low.h);
    return quick(sum.h, sum.l + low.l);
}

Dd operator-(const Dd& a) { return Dd(-a.h, -a.l); }
Dd operator-(const Dd& a, const Dd& b) { return a + (-b); }

Dd operator*(const Dd& a, const Dd& b) {
    const double p = a.h * b.h;
    double e = std::fma(a.h, b.h, -p);
    e = std::fma(a.h, b.l, e);
    e = std::fma(a.l, b.h, e);
    return quick(p, e);
}

Dd operator/(const Dd& a, const Dd& b) {
    const double q1 = a.h / b.h;
    Dd r = a - b * Dd(q1);
    const double q2 = r.h / b.h;
    r = r - b * Dd(q2);
    const double q3 = r.h / b.h;
    return quick(q1, q2) + Dd(q3);
}

Dd ln2() { return Dd(f64_of_bits(0x3FE62E42FEFA39EF), f64_of_bits(0x3C7ABC9E3B39803F)); }
Dd two_over_root_pi() { return Dd(f64_of_bits(0x3FF20DD750429B6D), f64_of_bits(0x3C71AE3A914FED80)); }

// x > 0 and finite; frexp normalises a subnormal x.
Dd log_dd(double x) {
    int e;
    double m = std::frexp(x, &e) * 2;
    e -= 1;
    if (m >= 1.5) m *= 0.5, e += 1;
    const Dd s = (Dd(m) - Dd(1)) / (Dd(m) + Dd(1));
    const Dd q = s * s;
    Dd S = Dd(1) / Dd(49);
    for (int k = 23; k >= 0; --k) S = S * q + Dd(1) / Dd(2 * k + 1);
    return ln2() * Dd(e) + s * S * Dd(2);
}

double log_f64(double x) { return log_dd(x).h; }

struct Reduced {
    Dd S;
    int n;
};

// exp x = S * 2^n. |x| is at most about 746.
Reduced exp_reduced(const Dd& x) {
    const double n = std::nearbyint(x.h * 1.4426950408889634);
    const Dd r = x - ln2() * Dd(n);
    Dd S(1);
    for (int j = 26; j >= 1; --j) S = S * r / Dd(j) + Dd(1);
    return Reduced{S, static_cast<int>(n)};
}

// Where the result may be subnormal: S rounded to odd, then one rounding by the scaling.
double scale_down(const Dd& S, int n) {
    uint64_t pattern = bits_of_f64(S.h);
    if (S.l != 0 && (pattern & 1) == 0) pattern = S.l > 0 ? pattern + 1 : pattern - 1;
    return std::ldexp(f64_of_bits(pattern), n);
}

// The limits are taken on the high part.
double exp_f64(const Dd& x) {
    if (std::isnan(x.h)) return not_a_number;
    if (x.h > 709.8) return infinity;
    if (x.h < -745.2) return 0;
    const Reduced e = exp_reduced(x);
    if (e.n < -1021) return scale_down(e.S, e.n);
    if (e.n > 1023) return std::ldexp(std::ldexp(e.S.h, 1023), e.n - 1023);
    return std::ldexp(e.S.h, e.n);
}

bool is_integer(double y) { return std::nearbyint(y) == y; }
bool is_odd_integer(double y) { return is_integer(y) && std::fmod(std::fabs(y), 2.0) == 1.0; }

// pow where x or y is 0 or infinite and the result is not NaN (C99, F.9.4.4).
double pow_of_limits(double x, double y) {
    if (std::isinf(y)) {
        if (std::fabs(x) == 1) return 1;
        return (std::fabs(x) > 1) == (y > 0) ? infinity : 0;
    }
    const double magnitude = (x == 0) == (y > 0) ? 0 : infinity;
    return std::signbit(x) && is_odd_integer(y) ? -magnitude : magnitude;
}

double pow_f64(double x, double y) {
    if (y == 0 || x == 1) return 1;
    if (std::isnan(x) || std::isnan(y)) return not_a_number;
    if (x == 0 || std::isinf(x) || std::isinf(y)) return pow_of_limits(x, y);
    if (x < 0 && !is_integer(y)) return not_a_number;
    const Dd logarithm = log_dd(std::fabs(x));
    // The dd product is NaN where its high part overflows; the text does not say so, the meaning is plain.
    const double estimate = logarithm.h * y;
    const double magnitude = std::isinf(estimate) ? (estimate > 0 ? infinity : 0) : exp_f64(logarithm * Dd(y));
    return x < 0 && is_odd_integer(y) ? -magnitude : magnitude;
}

// x >= 5: continued fraction, in f64.
double erfc_tail(double x, const Dd& q) {
    double F = x;
    for (int k = 120; k >= 1; --k) F = x + (k * 0.5 / F);
    return exp_f64(-q) * two_over_root_pi().h * 0.5 / F;
}

// -6 <= x < 5: series, in dd.
double erfc_series(double x, const Dd& q) {
    Dd T(x), S(x);
    for (int n = 1; n <= 150; ++n) {
        T = T * q * Dd(2) / Dd(2 * n + 1);
        S = S + T;
    }
    const Reduced e = exp_reduced(-q);
    const Dd exp_minus_q(std::ldexp(e.S.h, e.n), std::ldexp(e.S.l, e.n));
    return (Dd(1) - two_over_root_pi() * exp_minus_q * S).h;
}

double erfc_f64(double x) {
    if (x > 27.5) return 0;
    if (x < -6) return 2;
    const Dd q = Dd(x) * Dd(x);
    return x >= 5 ? erfc_tail(x, q) : erfc_series(x, q);
}

double cdf(double x) { return 0.5 * erfc_f64(-x * 0.7071067811865476); }

// ---------------------------------------------------------------- 4. Distributions, constants once per tensor

float to_f32(double x) { return static_cast<float>(x); }

Distribution make_constant(double number) {
    Distribution dist;
    dist.method = Method::constant;
    dist.number = number;
    dist.constant = to_f32(number);
    return dist;
}

Distribution make_uniform(float low, float high) {
    if (low == high) return make_constant(low);
    if (low > high) throw BadArguments("uniform: low is above high");
    if (!std::isfinite(high - low)) throw BadArguments("uniform: the range is not finite");
    Distribution dist;
    dist.method = Method::uniform;
    dist.low = low;
    dist.high = high;
    dist.scale = (high - low) * as_float(0x33800000u);             // 2^-24
    dist.highest = std::nextafter(high, -std::numeric_limits<float>::infinity());
    return dist;
}

Distribution make_normal(float mean, float std) {
    if (!std::isfinite(mean) || !std::isfinite(std) || std < 0) throw BadArguments("normal: mean or std out of range");
    Distribution dist;
    dist.method = Method::normal;
    dist.mean = mean;
    dist.std = std;
    return dist;
}

// The choice of the algorithm of a truncated normal, from the bounds in units of std.
Method choose_method(double a, double b) {
    if (a <= -7.6 && b >= 7.6) return Method::normal;
    if (b - a <= 0.0625 && (b - a) * std::fmax(std::fabs(a), std::fabs(b)) <= 1) return Method::uniform_rejection;
    if (a >= 4 || b <= -4) return Method::exponential_rejection;
    if (a >= 0 || b <= 0) return Method::one_sided_quantile;
    return Method::folded_quantile;
}

void prepare_folded_quantile(Distribution& dist, double a, double b) {
    const double A = cdf(a), B = cdf(-b), M = (1 - A) - B;
    dist.mass = to_f32(0.5 * M);
    dist.twice = to_f32(M);
    dist.baseA = to_f32(A);
    dist.baseB = to_f32(B);
    dist.centerA = to_f32(1 - 2 * A);
    dist.centerB = to_f32(1 - 2 * B);
    dist.wide = !(a >= -3.5 && b <= 3.5);
}

void prepare_one_sided_quantile(Distribution& dist, double a, double b) {
    dist.mirrored = b <= 0;
    const double near = dist.mirrored ? -b : a, far = dist.mirrored ? -a : b;
    const double B = cdf(-far), M = cdf(-near) - B;
    dist.mass = to_f32(M);
    dist.twice = to_f32(2 * M);
    dist.base = to_f32(B);
    dist.center = to_f32(1 - 2 * B);
    dist.wide = !(far <= 3.5);
}

void prepare_uniform_rejection(Distribution& dist, double a, double b) {
    dist.scale = (dist.high - dist.low) * as_float(0x33800000u);   // 2^-24
    dist.anchor = a >= 0 ? dist.low : b <= 0 ? dist.high : dist.mean;
    dist.d = a >= 0 ? to_f32(a) : b <= 0 ? to_f32(b) : 0.0f;
}

void prepare_exponential_rejection(Distribution& dist, double a, double b) {
    const bool mirrored = b <= -4;
    const double near = mirrored ? -b : a, far = mirrored ? -a : b;
    dist.anchor = mirrored ? dist.high : dist.low;
    dist.step = mirrored ? -dist.std : dist.std;
    const double end = std::isinf(far) ? 0 : exp_f64(Dd(-((far - near) * (far + near) * 0.5)));
    dist.expEnd = to_f32(end);
    dist.expSpan = to_f32(1 - end);
    dist.d = to_f32(near);
}

Distribution make_truncated_normal(float mean, float std, float low, float high) {
    Distribution dist = make_normal(mean, std);
    if (low == high) return make_constant(low);
    if (!(std > 0)) throw BadArguments("truncated_normal: std must be above 0");
    if (!(low < high)) throw BadArguments("truncated_normal: low must be below high");
    const double a = (double(low) - double(mean)) / double(std), b = (double(high) - double(mean)) / double(std);
    dist.low = low;
    dist.high = high;
    dist.method = choose_method(a, b);
    if (dist.method == Method::folded_quantile) prepare_folded_quantile(dist, a, b);
    if (dist.method == Method::one_sided_quantile) prepare_one_sided_quantile(dist, a, b);
    if (dist.method == Method::uniform_rejection) prepare_uniform_rejection(dist, a, b);
    if (dist.method == Method::exponential_rejection) prepare_exponential_rejection(dist, a, b);
    return dist;
}

// ---------------------------------------------------------------- Reading the arguments

uint64_t read_u64(const std::string& text) {
    if (text.empty() || text.find_first_not_of("0123456789") != std::string::npos)
        throw BadArguments("not an unsigned decimal number: " + text);
    errno = 0;
    const uint64_t number = std::strtoull(text.c_str(), nullptr, 10);
    if (errno != 0) throw BadArguments("number beyond 64 bits: " + text);
    return number;
}

double read_f64(const std::string& text) {
    char* end = nullptr;
    const double number = std::strtod(text.c_str(), &end);
    if (text.empty() || end != text.c_str() + text.size()) throw BadArguments("not a number: " + text);
    return number;
}

double read_f64_but_nan(const std::string& text) {
    const double number = read_f64(text);
    if (std::isnan(number)) throw BadArguments("NaN is not accepted here");
    return number;
}

// Splits at spaces; a token in double quotes may hold spaces or be empty.
std::vector<std::string> split(const std::string& line) {
    std::vector<std::string> tokens;
    for (size_t at = 0; at < line.size();) {
        if (line[at] == ' ' || line[at] == '\r') {
            ++at;
        } else if (line[at] == '"') {
            const size_t end = line.find('"', at + 1);
            if (end == std::string::npos) throw BadArguments("a quote is not closed: " + line);
            tokens.push_back(line.substr(at + 1, end - at - 1));
            at = end + 1;
        } else {
            const size_t end = std::min(line.find_first_of(" \r", at), line.size());
            tokens.push_back(line.substr(at, end - at));
            at = end;
        }
    }
    return tokens;
}

Distribution read_distribution(const std::vector<std::string>& tokens) {
    if (tokens.empty()) throw BadArguments("no distribution");
    const std::string& kind = tokens[0];
    std::vector<double> exact;
    for (size_t i = 1; i < tokens.size(); ++i) exact.push_back(read_f64_but_nan(tokens[i]));
    const std::vector<float> x(exact.begin(), exact.end());        // first rounded to binary32
    if (kind == "constant" && x.size() == 1) return make_constant(exact[0]);
    if (kind == "uniform" && x.size() == 2) return make_uniform(x[0], x[1]);
    if (kind == "normal" && x.size() == 2) return make_normal(x[0], x[1]);
    if (kind == "truncated_normal" && x.size() == 4) return make_truncated_normal(x[0], x[1], x[2], x[3]);
    throw BadArguments("not a distribution with its numbers: " + kind);
}

Dtype read_dtype(const std::string& text) {
    if (text == "F32") return Dtype::F32;
    if (text == "BF16") return Dtype::BF16;
    if (text == "F16") return Dtype::F16;
    if (text == "F8_E4M3") return Dtype::F8_E4M3;
    if (text == "F8_E5M2") return Dtype::F8_E5M2;
    if (text == "F64") return Dtype::F64;
    throw BadArguments("not a dtype: " + text);
}

// ---------------------------------------------------------------- Hexadecimal answers

std::string hex(uint64_t number, int digits) {
    char text[32];
    std::snprintf(text, sizeof text, "%0*" PRIx64, digits, number);
    return text;
}

uint32_t read_hex32(const std::string& text) {
    if (text.size() != 8 || text.find_first_not_of("0123456789abcdef") != std::string::npos)
        throw BadArguments("not a word of 8 hexadecimal digits: " + text);
    return static_cast<uint32_t>(std::strtoul(text.c_str(), nullptr, 16));
}

std::vector<std::string> key_answer(const std::string& seed, const std::string& name_space, const std::string& name) {
    const Key key = make_key(read_u64(seed), name_space, name);
    return {hex(key.key0, 8), hex(key.key1, 8), hex(key.c3, 8)};
}

double log_in_domain(double x) {
    if (!(x > 0) || std::isinf(x)) throw BadArguments("log: x must be positive and finite");
    return log_f64(x);
}

double constant_answer(const std::vector<std::string>& tokens) {
    const std::string function = tokens.empty() ? "" : tokens[0];
    if (function == "pow" && tokens.size() == 3) return pow_f64(read_f64(tokens[1]), read_f64(tokens[2]));
    if (tokens.size() != 2) throw BadArguments("constant takes log|exp|erfc|cdf X or pow X Y");
    const double x = read_f64_but_nan(tokens[1]);
    if (function == "log") return log_in_domain(x);
    if (function == "exp") return exp_f64(Dd(x));
    if (function == "erfc") return erfc_f64(x);
    if (function == "cdf") return cdf(x);
    throw BadArguments("not a function: " + function);
}

// ---------------------------------------------------------------- 7. Known answers

class Checker {
public:
    int run(const std::string& path) {
        std::ifstream file(path);
        if (!file) throw BadArguments("cannot read " + path);
        bool inside = false;
        for (std::string line; std::getline(file, line);) {
            if (line.compare(0, 3, "```") == 0) inside = !inside && line.compare(0, 7, "```text") == 0;
            else if (inside && !split(line).empty()) check_line(line);
        }
        std::printf("%zu checked, %zu wrong\n", checked_, wrong_);
        return checked_ == 0 || wrong_ != 0 ? 1 : 0;
    }

private:
    using Tokens = std::vector<std::string>;
    size_t checked_ = 0, wrong_ = 0;                               // numbers, not lines

    // A line that cannot be read counts as one wrong answer.
    void check_line(const std::string& line) {
        try {
            const Tokens tokens = split(line);
            if (tokens[0] == "element" || tokens[0] == "encode") return check_assignments(line, tokens);
            const size_t given = argument_count(tokens);
            const Tokens wanted(tokens.begin() + given, tokens.end());
            compare(line, answers(Tokens(tokens.begin(), tokens.begin() + given)), wanted);
        } catch (const BadArguments& error) {
            ++checked_, ++wrong_;
            std::fprintf(stderr, "wrong: %s (%s)\n", line.c_str(), error.what());
        }
    }

    // "element DISTRIBUTION : index=bits ..." and "encode DTYPE : bits=code ...".
    void check_assignments(const std::string& line, const Tokens& tokens) {
        const size_t colon = std::find(tokens.begin(), tokens.end(), ":") - tokens.begin();
        if (colon + 1 >= tokens.size()) throw BadArguments("no answer in this line");
        const bool encode = tokens[0] == "encode";
        const Dtype dtype = encode ? read_dtype(tokens[1]) : Dtype::F32;
        const Distribution dist = read_distribution(encode ? split("normal 0 1") : Tokens(tokens.begin() + 1, tokens.begin() + colon));
        const Key key = make_key(42, "", "model.embed_tokens.weight");
        Tokens got, wanted;
        for (size_t i = colon + 1; i < tokens.size(); ++i) {
            const size_t sign = tokens[i].find('=');
            if (sign == std::string::npos) throw BadArguments("no = in " + tokens[i]);
            const std::string input = tokens[i].substr(0, sign);
            wanted.push_back(tokens[i].substr(sign + 1));
            const float x = encode ? as_float(read_hex32(input)) : value(dist, key, read_u64(input));
            got.push_back(hex(stored_code(dist, dtype, x), 2 * byte_count(dtype)));
        }
        compare(line, got, wanted);
    }

    // How many tokens of the line come before its answers.
    static size_t argument_count(const Tokens& tokens) {
        const std::string& kind = tokens[0];
        size_t count = kind == "key" ? 4 : kind == "philox" ? 7 : kind == "pow" ? 3 : 2;
        if (kind == "value" || kind == "stored") {
            for (count = 1; count <= tokens.size(); ++count)
                if (tokens[count - 1] == ":") break;
        }
        if (count >= tokens.size()) throw BadArguments("no answer in this line");
        return count;
    }

    static Tokens answers(const Tokens& given) {
        const std::string& kind = given[0];
        if (kind == "key") return key_answer(given[1], given[2], given[3]);
        if (kind == "philox") return philox_answer(given);
        if (kind == "value") return element_answers(Dtype::F32, Tokens(given.begin() + 1, given.end() - 1));
        if (kind == "stored") return element_answers(read_dtype(given[1]), Tokens(given.begin() + 2, given.end() - 1));
        return {hex(bits_of_f64(constant_answer(given)), 16)};
    }

    static Tokens philox_answer(const Tokens& given) {
        uint32_t in[6];
        for (int i = 0; i < 6; ++i) in[i] = read_hex32(given[i + 1]);
        const Words out = philox(Words{{in[0], in[1], in[2], in[3]}}, in[4], in[5]);
        return {hex(out.w[0], 8), hex(out.w[1], 8), hex(out.w[2], 8), hex(out.w[3], 8)};
    }

    static Tokens element_answers(Dtype dtype, const Tokens& distribution) {
        const uint64_t elements[] = {0,  1,  15,   16,                 17,               33,
                                     63, 64, 1000, (1ull << 34) - 1, 1ull << 34, (1ull << 62) + 5};
        const Distribution dist = read_distribution(distribution);
        const Key key = make_key(42, "", "model.embed_tokens.weight");
        Tokens codes;
        for (uint64_t element : elements)
            codes.push_back(hex(stored_code(dist, dtype, value(dist, key, element)), 2 * byte_count(dtype)));
        return codes;
    }

    void compare(const std::string& line, const Tokens& got, const Tokens& wanted) {
        if (got.size() != wanted.size()) throw BadArguments("the number of answers differs");
        for (size_t i = 0; i < got.size(); ++i) {
            ++checked_;
            if (got[i] == wanted[i]) continue;
            ++wrong_;
            std::fprintf(stderr, "wrong: answer %zu is %s: %s\n", i + 1, got[i].c_str(), line.c_str());
        }
    }
};

// ---------------------------------------------------------------- Commands

void write_all(const std::vector<uint8_t>& bytes, size_t count) {
    if (std::fwrite(bytes.data(), 1, count, stdout) != count) throw std::runtime_error("cannot write");
}

int values_command(const std::vector<std::string>& arguments) {
    const Key key = make_key(read_u64(arguments[0]), arguments[1], arguments[2]);
    const Distribution dist = read_distribution(split(arguments[3]));
    const Dtype dtype = read_dtype(arguments[4]);
    const uint64_t first = read_u64(arguments[5]), count = read_u64(arguments[6]);
    const uint64_t limit = 1ull << 63;
    if (first > limit || count > limit - first) throw BadArguments("elements are below 2^63");

    const size_t width = static_cast<size_t>(byte_count(dtype));
    std::vector<uint8_t> buffer(width << 16);
    size_t used = 0;
    for (uint64_t i = 0; i < count; ++i) {
        const uint64_t code = stored_code(dist, dtype, value(dist, key, first + i));
        for (size_t k = 0; k < width; ++k) buffer[used++] = static_cast<uint8_t>(code >> (8 * k));
        if (used == buffer.size()) write_all(buffer, used), used = 0;
    }
    write_all(buffer, used);
    if (std::fflush(stdout) != 0) throw std::runtime_error("cannot write");
    return 0;
}

int key_command(const std::vector<std::string>& arguments) {
    const std::vector<std::string> words = key_answer(arguments[0], arguments[1], arguments[2]);
    std::printf("%s %s %s\n", words[0].c_str(), words[1].c_str(), words[2].c_str());
    return 0;
}

int run_command(const std::string& command, const std::vector<std::string>& arguments) {
    if (command == "values" && arguments.size() == 7) return values_command(arguments);
    if (command == "key" && arguments.size() == 3) return key_command(arguments);
    if (command == "check" && arguments.size() == 1) return Checker().run(arguments[0]);
    if (command == "constant") {
        std::printf("%s\n", hex(bits_of_f64(constant_answer(arguments)), 16).c_str());
        return 0;
    }
    throw BadArguments(
        "usage:\n"
        "  oracle values SEED NAMESPACE NAME DISTRIBUTION DTYPE FIRST COUNT\n"
        "  oracle key SEED NAMESPACE NAME\n"
        "  oracle constant log|exp|erfc|cdf X | pow X Y\n"
        "  oracle check FILE.md");
}

int main(int argc, char** argv) {
    try {
        return run_command(argc > 1 ? argv[1] : "", std::vector<std::string>(argv + std::min(argc, 2), argv + argc));
    } catch (const BadArguments& error) {
        std::fprintf(stderr, "oracle: %s\n", error.what());
        return 2;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "oracle: %s\n", error.what());
        return 1;
    }
}
