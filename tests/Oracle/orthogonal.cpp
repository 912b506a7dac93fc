// Sections 9 and 10 of docs/determinism.md once more, in plain loops: a second opinion on what the text says.
//   g++ -O2 -ffp-contract=off -o orthogonal orthogonal.cpp
//   orthogonal matrix KEY0 KEY1 C3 ROWS COLUMNS GAIN      writes the elements to standard output, f64, little-endian, row-major
//   orthogonal mask KEY0 KEY1 C3 ROWS COLUMNS ZEROS       writes one byte for each element
// Key words are hexadecimal.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

typedef uint32_t u32;
typedef uint64_t u64;

static u32 key0, key1, c3;

static void philox(u32 c0, u32 c1, u32 c2, u32 out[4]) {
    u32 d3 = c3, k0 = key0, k1 = key1;
    for (int round = 0; round < 10; round++) {
        u64 p0 = (u64)0xD2511F53u * c0, p1 = (u64)0xCD9E8D57u * c2;
        u32 n0 = (u32)(p1 >> 32) ^ c1 ^ k0, n2 = (u32)(p0 >> 32) ^ d3 ^ k1;
        c0 = n0, c1 = (u32)p1, c2 = n2, d3 = (u32)p0;
        k0 += 0x9E3779B9u, k1 += 0xBB67AE85u;
    }
    out[0] = c0, out[1] = c1, out[2] = c2, out[3] = d3;
}

static float of_bits(u32 bits) { float x; memcpy(&x, &bits, 4); return x; }
static u32 bits_of(float x) { u32 bits; memcpy(&bits, &x, 4); return bits; }

static float poly(float x, const u32 *c, int count) {
    float p = of_bits(c[0]);
    for (int i = 1; i < count; i++) p = fmaf(p, x, of_bits(c[i]));
    return p;
}

static float minus2log(float x) {
    static const u32 c[] = {0x3E4E815A, 0xBEA5AF01, 0x3EB090B3, 0xBECBD8D0, 0x3EFFB4BA, 0xBF2AAC7A, 0x3F800036, 0xC0000000};
    u32 s = bits_of(x) - 0x3F3504F3u;
    int e = (int)s >> 23;
    float t = of_bits((s & 0x007FFFFFu) + 0x3F3504F3u) - 1.0f;
    return fmaf((float)e, of_bits(0xBFB17218u), t * poly(t, c, 8));
}

static float normal(u64 i, u32 purpose) {
    static const u32 sine[] = {0xBB97ACC9, 0x3DA33590, 0xBF255DF6, 0x3FC90FDB}, cosine[] = {0xBCA73EF4, 0x3E81D834, 0xBF9DE9CE, 0x3F800000};
    u64 block = ((i >> 6) << 4) | (i & 15);
    u32 q = (i >> 4) & 3, w[4];
    philox((u32)block, (u32)(block >> 32), purpose << 24, w);
    u32 a = w[q & 2], b = w[q | 1];
    float u = (of_bits((a >> 9) | 0x3F800000u) - of_bits(0x3F800001u)) + of_bits((((a << 14) & 0x007FC000u) | ((b >> 17) & 0x00003FC0u)) | 0x34000020u);
    float r = sqrtf(minus2log(u));
    float f = of_bits((b & 0x007FFFFEu) | 0x3F800001u) - 1.5f, square = f * f;
    float c = poly(square, cosine, 4), s = poly(square, sine, 4) * f;
    if (b & 1) c = -c;
    bool wants_sine = (b >> 31 != 0) != ((q & 1) != 0);
    return fmaf(r * (wants_sine ? s : c), 1.0f, 0.0f);
}

struct Matrix {
    long rows, columns;
    std::vector<double> x;
    Matrix(long r, long c) : rows(r), columns(c), x((size_t)(r * c), 0.0) {}
    double &at(long r, long c) { return x[(size_t)(r * columns + c)]; }
};

// Columns [v, v + width) of V, columns [from, to) of B.
static void apply(Matrix &V, long v, long width, Matrix &T, bool transposed, Matrix &B, long from, long to, long top) {
    std::vector<double> w((size_t)width), x((size_t)width);
    for (long c = from; c < to; c++) {
        for (long k = 0; k < width; k++) {
            double s = 0;
            for (long i = top; i < V.rows; i++) s = fma(V.at(i, v + k), B.at(i, c), s);
            w[(size_t)k] = s;
        }
        for (long k = 0; k < width; k++) {
            double s = 0;
            for (long l = 0; l < width; l++) s = fma(-(transposed ? T.at(k, l) : T.at(l, k)), w[(size_t)l], s);
            x[(size_t)k] = s;
        }
        for (long i = top; i < V.rows; i++) {
            double s = B.at(i, c);
            for (long k = 0; k < width; k++) s = fma(V.at(i, v + k), x[(size_t)k], s);
            B.at(i, c) = s;
        }
    }
}

static Matrix triangle(Matrix &V, long v, long width, long top, const double *tau) {
    Matrix T(width, width);
    for (long l = 0; l < width; l++) {
        T.at(l, l) = tau[l];
        for (long k = 0; k < l; k++) {
            double s = 0;
            for (long a = k; a < l; a++) {
                double g = 0;
                for (long i = top; i < V.rows; i++) g = fma(V.at(i, v + a), V.at(i, v + l), g);
                s = fma(T.at(k, a), g, s);
            }
            T.at(k, l) = -tau[l] * s;
        }
    }
    return T;
}

static void orthogonal(long rows, long columns, double gain) {
    long m = rows > columns ? rows : columns, n = rows > columns ? columns : rows, padded = (n + 15) / 16 * 16;
    if (n == 0) return;
    Matrix A(m, padded);
    for (long r = 0; r < m; r++)
        for (long c = 0; c < n; c++) A.at(r, c) = normal((u64)r * (u64)n + (u64)c, 1);
    std::vector<double> tau((size_t)padded, 0.0), sign((size_t)padded, 1.0);
    std::vector<Matrix> triangles;
    for (long p = 0; p < n; p += 64) {
        long b = padded - p < 64 ? padded - p : 64;
        for (long q = p; q < p + b; q += 16) {
            for (long J = q; J < q + 16 && J < n; J++) {
                std::vector<double> S(16, 0.0), f(16, 0.0);
                for (long c = J; c < q + 16; c++)
                    for (long i = J + 1; i < m; i++) S[(size_t)(c - q)] = fma(A.at(i, J), A.at(i, c), S[(size_t)(c - q)]);
                double x = A.at(J, J), below = S[(size_t)(J - q)], d = x, h = 0;
                if (below != 0) {
                    double norm = sqrt(fma(x, x, below));
                    d = x < 0 ? norm : -norm;
                    tau[(size_t)J] = (d - x) / d;
                    h = 1 / (x - d);
                }
                sign[(size_t)J] = d < 0 ? -1 : 1;
                for (long c = J + 1; c < q + 16; c++) {
                    f[(size_t)(c - q)] = -(tau[(size_t)J] * fma(S[(size_t)(c - q)], h, A.at(J, c)));
                    A.at(J, c) = A.at(J, c) + f[(size_t)(c - q)];
                }
                for (long i = J + 1; i < m; i++) {
                    double v = A.at(i, J) * h;
                    for (long c = J + 1; c < q + 16; c++) A.at(i, c) = fma(v, f[(size_t)(c - q)], A.at(i, c));
                    A.at(i, J) = v;
                }
            }
            for (long J = q; J < q + 16 && J < n; J++) {
                A.at(J, J) = 1;
                for (long c = J + 1; c < q + 16; c++) A.at(J, c) = 0;
            }
            Matrix T = triangle(A, q, 16, q, &tau[(size_t)q]);
            apply(A, q, 16, T, false, A, q + 16, p + b, q);
        }
        for (long q = p + 16; q < p + b; q += 16)
            for (long i = p; i < q; i++)
                for (long c = q; c < q + 16; c++) A.at(i, c) = 0;
        triangles.push_back(triangle(A, p, b, p, &tau[(size_t)p]));
        apply(A, p, b, triangles.back(), false, A, p + b, padded, p);
    }
    Matrix Q(m, padded);
    for (long i = 0; i < n; i++) Q.at(i, i) = 1;
    for (long p = (n - 1) / 64 * 64; p >= 0; p -= 64) {
        long b = padded - p < 64 ? padded - p : 64;
        apply(A, p, b, triangles[(size_t)(p / 64)], true, Q, p, padded, p);
    }
    for (long r = 0; r < rows; r++) {
        for (long c = 0; c < columns; c++) {
            double value = rows < columns ? (gain * sign[(size_t)r]) * Q.at(c, r) : (gain * sign[(size_t)c]) * Q.at(r, c);
            fwrite(&value, 8, 1, stdout);
        }
    }
}

static u32 word(u32 c0, u32 column, u32 round, int w) {
    u32 out[4];
    philox(c0, column, 2u << 24 | round, out);
    return out[w];
}

static u32 scale(u32 word, u32 n) { return (u32)((u64)word * n >> 32); }

static void mask(long rows, long columns, long zeros) {
    std::vector<char> bytes((size_t)(rows * columns));
    for (long column = 0; column < columns; column++) {
        if (rows <= 64) {
            u32 needed = (u32)zeros;
            for (u32 r = 0; r < (u32)rows; r++) {
                if (scale(word(r >> 2, (u32)column, 0, r & 3), (u32)rows - r) >= needed) continue;
                needed--;
                bytes[(size_t)(r * columns + column)] = 1;
            }
            continue;
        }
        long L = 1;
        while (L * L < rows) L++;
        long R = (rows + L - 1) / L;
        for (long r = 0; r < rows; r++) {
            u32 a = (u32)(r / R), b = (u32)(r % R);
            do {
                for (u32 t = 0; t < 10; t += 2) {
                    a = (a + scale(word(b, (u32)column, t, 0), (u32)L)) % (u32)L;
                    b = (b + scale(word(a, (u32)column, t + 1, 0), (u32)R)) % (u32)R;
                }
            } while ((long)a * R + b >= rows);
            if ((long)a * R + b < zeros) bytes[(size_t)(r * columns + column)] = 1;
        }
    }
    fwrite(bytes.data(), 1, bytes.size(), stdout);
}

int main(int count, char **arguments) {
    if (count != 8) return fprintf(stderr, "usage: orthogonal matrix|mask KEY0 KEY1 C3 ROWS COLUMNS GAIN|ZEROS\n"), 2;
    key0 = (u32)strtoul(arguments[2], nullptr, 16), key1 = (u32)strtoul(arguments[3], nullptr, 16), c3 = (u32)strtoul(arguments[4], nullptr, 16);
    long rows = atol(arguments[5]), columns = atol(arguments[6]);
    if (!strcmp(arguments[1], "matrix")) orthogonal(rows, columns, strtod(arguments[7], nullptr));
    else mask(rows, columns, atol(arguments[7]));
    return 0;
}
