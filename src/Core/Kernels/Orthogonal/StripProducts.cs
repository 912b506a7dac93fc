using System.Runtime.CompilerServices;

namespace ShardInit.Kernels;

/// <summary>
/// The two matrix products of block reflectors, on strips: a strip is 16 columns of a matrix, row after row, so that every kernel reads forward.
/// Outputs lie in lanes and in registers; each sum runs over its whole index in ascending order by fma, and where a sum is cut for the cache it goes on from its
/// stored partial value. So neither the width nor the cut shows in the bits.
/// </summary>
internal static unsafe class StripProducts<T> where T : struct, IDoubles<T>
{
    private const int Width = Strips.Width;

    /// <summary>Rows of a cut: 16 KiB of B, which stay in the first-level cache while all of V's columns pass by.</summary>
    private const int CutRows = 128;

    /// <summary>W[k][c] = W[k][c] + Σ_i V[i][k] B[i][c], i ascending, for strips of B that share V.</summary>
    /// <param name="v">Row 0 of V: <paramref name="strips"/> strips, <paramref name="vStride"/> apart.</param>
    /// <param name="b">Row 0 of B: <paramref name="count"/> strips, <paramref name="bStride"/> apart.</param>
    /// <param name="w">A block of 16 × strips rows of 16 for each strip of B, <see cref="Strips.BlockSize"/> apart.</param>
    public static void Gather(double* v, nint vStride, int strips, double* b, nint bStride, int count, double* w, nint rows)
    {
        for (nint row = 0; row < rows; row += CutRows)
        {
            nint cut = nint.Min(CutRows, rows - row);
            for (int strip = 0; strip < count; strip++)
            {
                double* bCut = b + (strip * bStride) + (row * Width);
                for (int k = 0; k < strips * Width; k += T.ManyRegisters ? 8 : 4)
                {
                    double* vCut = v + (k / Width * vStride) + (row * Width) + (k % Width);
                    double* sums = w + (strip * Strips.BlockSize) + (k * Width);
                    for (int c = 0; c < Width; c += 2 * T.Count)
                    {
                        if (T.ManyRegisters) Gather8(vCut, bCut + c, sums + c, cut);
                        else Gather4(vCut, bCut + c, sums + c, cut);
                    }
                }
            }
        }
    }

    /// <summary>B[i][c] = B[i][c] + Σ_k V[i][k] W[k][c], k ascending.</summary>
    /// <param name="rows">A multiple of <see cref="Strips.RowTile"/>.</param>
    public static void Update(double* v, nint vStride, int strips, double* b, nint bStride, int count, double* w, nint rows)
    {
        for (nint row = 0; row < rows; row += CutRows)
        {
            nint end = nint.Min(row + CutRows, rows);
            for (int strip = 0; strip < count; strip++)
            {
                double* bStrip = b + (strip * bStride);
                double* factors = w + (strip * Strips.BlockSize);
                for (nint i = row; i < end; i += T.ManyRegisters ? 8 : 4)
                {
                    for (int c = 0; c < Width; c += 2 * T.Count)
                    {
                        if (T.ManyRegisters) Update8(v + (i * Width), vStride, strips, bStrip + (i * Width) + c, factors + c);
                        else Update4(v + (i * Width), vStride, strips, bStrip + (i * Width) + c, factors + c);
                    }
                }
            }
        }
    }

    /// <summary>8 rows of W by 2 vectors of columns, each sum going on from what W holds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Gather8(double* v, double* b, double* w, nint rows)
    {
        T a0 = T.Load(w), c0 = T.Load(w + T.Count);
        T a1 = T.Load(w + 16), c1 = T.Load(w + 16 + T.Count);
        T a2 = T.Load(w + 32), c2 = T.Load(w + 32 + T.Count);
        T a3 = T.Load(w + 48), c3 = T.Load(w + 48 + T.Count);
        T a4 = T.Load(w + 64), c4 = T.Load(w + 64 + T.Count);
        T a5 = T.Load(w + 80), c5 = T.Load(w + 80 + T.Count);
        T a6 = T.Load(w + 96), c6 = T.Load(w + 96 + T.Count);
        T a7 = T.Load(w + 112), c7 = T.Load(w + 112 + T.Count);
        for (; rows > 0; rows--)
        {
            T left = T.Load(b), right = T.Load(b + T.Count);
            T v0 = T.Splat(v[0]);
            a0 = T.Fma(v0, left, a0);
            c0 = T.Fma(v0, right, c0);
            T v1 = T.Splat(v[1]);
            a1 = T.Fma(v1, left, a1);
            c1 = T.Fma(v1, right, c1);
            T v2 = T.Splat(v[2]);
            a2 = T.Fma(v2, left, a2);
            c2 = T.Fma(v2, right, c2);
            T v3 = T.Splat(v[3]);
            a3 = T.Fma(v3, left, a3);
            c3 = T.Fma(v3, right, c3);
            T v4 = T.Splat(v[4]);
            a4 = T.Fma(v4, left, a4);
            c4 = T.Fma(v4, right, c4);
            T v5 = T.Splat(v[5]);
            a5 = T.Fma(v5, left, a5);
            c5 = T.Fma(v5, right, c5);
            T v6 = T.Splat(v[6]);
            a6 = T.Fma(v6, left, a6);
            c6 = T.Fma(v6, right, c6);
            T v7 = T.Splat(v[7]);
            a7 = T.Fma(v7, left, a7);
            c7 = T.Fma(v7, right, c7);
            v += Width;
            b += Width;
        }
        T.Store(a0, w);
        T.Store(c0, w + T.Count);
        T.Store(a1, w + 16);
        T.Store(c1, w + 16 + T.Count);
        T.Store(a2, w + 32);
        T.Store(c2, w + 32 + T.Count);
        T.Store(a3, w + 48);
        T.Store(c3, w + 48 + T.Count);
        T.Store(a4, w + 64);
        T.Store(c4, w + 64 + T.Count);
        T.Store(a5, w + 80);
        T.Store(c5, w + 80 + T.Count);
        T.Store(a6, w + 96);
        T.Store(c6, w + 96 + T.Count);
        T.Store(a7, w + 112);
        T.Store(c7, w + 112 + T.Count);
    }

    /// <summary>4 rows of W by 2 vectors of columns, each sum going on from what W holds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Gather4(double* v, double* b, double* w, nint rows)
    {
        T a0 = T.Load(w), c0 = T.Load(w + T.Count);
        T a1 = T.Load(w + 16), c1 = T.Load(w + 16 + T.Count);
        T a2 = T.Load(w + 32), c2 = T.Load(w + 32 + T.Count);
        T a3 = T.Load(w + 48), c3 = T.Load(w + 48 + T.Count);
        for (; rows > 0; rows--)
        {
            T left = T.Load(b), right = T.Load(b + T.Count);
            T v0 = T.Splat(v[0]);
            a0 = T.Fma(v0, left, a0);
            c0 = T.Fma(v0, right, c0);
            T v1 = T.Splat(v[1]);
            a1 = T.Fma(v1, left, a1);
            c1 = T.Fma(v1, right, c1);
            T v2 = T.Splat(v[2]);
            a2 = T.Fma(v2, left, a2);
            c2 = T.Fma(v2, right, c2);
            T v3 = T.Splat(v[3]);
            a3 = T.Fma(v3, left, a3);
            c3 = T.Fma(v3, right, c3);
            v += Width;
            b += Width;
        }
        T.Store(a0, w);
        T.Store(c0, w + T.Count);
        T.Store(a1, w + 16);
        T.Store(c1, w + 16 + T.Count);
        T.Store(a2, w + 32);
        T.Store(c2, w + 32 + T.Count);
        T.Store(a3, w + 48);
        T.Store(c3, w + 48 + T.Count);
    }

    /// <summary>8 rows of B by 2 vectors of columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Update8(double* v, nint vStride, int strips, double* b, double* w)
    {
        T a0 = T.Load(b), c0 = T.Load(b + T.Count);
        T a1 = T.Load(b + 16), c1 = T.Load(b + 16 + T.Count);
        T a2 = T.Load(b + 32), c2 = T.Load(b + 32 + T.Count);
        T a3 = T.Load(b + 48), c3 = T.Load(b + 48 + T.Count);
        T a4 = T.Load(b + 64), c4 = T.Load(b + 64 + T.Count);
        T a5 = T.Load(b + 80), c5 = T.Load(b + 80 + T.Count);
        T a6 = T.Load(b + 96), c6 = T.Load(b + 96 + T.Count);
        T a7 = T.Load(b + 112), c7 = T.Load(b + 112 + T.Count);
        for (; strips > 0; strips--)
        {
            double* column = v;
            for (int k = 0; k < Width; k++)
            {
                T left = T.Load(w), right = T.Load(w + T.Count);
                T v0 = T.Splat(column[0]);
                a0 = T.Fma(v0, left, a0);
                c0 = T.Fma(v0, right, c0);
                T v1 = T.Splat(column[16]);
                a1 = T.Fma(v1, left, a1);
                c1 = T.Fma(v1, right, c1);
                T v2 = T.Splat(column[32]);
                a2 = T.Fma(v2, left, a2);
                c2 = T.Fma(v2, right, c2);
                T v3 = T.Splat(column[48]);
                a3 = T.Fma(v3, left, a3);
                c3 = T.Fma(v3, right, c3);
                T v4 = T.Splat(column[64]);
                a4 = T.Fma(v4, left, a4);
                c4 = T.Fma(v4, right, c4);
                T v5 = T.Splat(column[80]);
                a5 = T.Fma(v5, left, a5);
                c5 = T.Fma(v5, right, c5);
                T v6 = T.Splat(column[96]);
                a6 = T.Fma(v6, left, a6);
                c6 = T.Fma(v6, right, c6);
                T v7 = T.Splat(column[112]);
                a7 = T.Fma(v7, left, a7);
                c7 = T.Fma(v7, right, c7);
                column++;
                w += Width;
            }
            v += vStride;
        }
        T.Store(a0, b);
        T.Store(c0, b + T.Count);
        T.Store(a1, b + 16);
        T.Store(c1, b + 16 + T.Count);
        T.Store(a2, b + 32);
        T.Store(c2, b + 32 + T.Count);
        T.Store(a3, b + 48);
        T.Store(c3, b + 48 + T.Count);
        T.Store(a4, b + 64);
        T.Store(c4, b + 64 + T.Count);
        T.Store(a5, b + 80);
        T.Store(c5, b + 80 + T.Count);
        T.Store(a6, b + 96);
        T.Store(c6, b + 96 + T.Count);
        T.Store(a7, b + 112);
        T.Store(c7, b + 112 + T.Count);
    }

    /// <summary>4 rows of B by 2 vectors of columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Update4(double* v, nint vStride, int strips, double* b, double* w)
    {
        T a0 = T.Load(b), c0 = T.Load(b + T.Count);
        T a1 = T.Load(b + 16), c1 = T.Load(b + 16 + T.Count);
        T a2 = T.Load(b + 32), c2 = T.Load(b + 32 + T.Count);
        T a3 = T.Load(b + 48), c3 = T.Load(b + 48 + T.Count);
        for (; strips > 0; strips--)
        {
            double* column = v;
            for (int k = 0; k < Width; k++)
            {
                T left = T.Load(w), right = T.Load(w + T.Count);
                T v0 = T.Splat(column[0]);
                a0 = T.Fma(v0, left, a0);
                c0 = T.Fma(v0, right, c0);
                T v1 = T.Splat(column[16]);
                a1 = T.Fma(v1, left, a1);
                c1 = T.Fma(v1, right, c1);
                T v2 = T.Splat(column[32]);
                a2 = T.Fma(v2, left, a2);
                c2 = T.Fma(v2, right, c2);
                T v3 = T.Splat(column[48]);
                a3 = T.Fma(v3, left, a3);
                c3 = T.Fma(v3, right, c3);
                column++;
                w += Width;
            }
            v += vStride;
        }
        T.Store(a0, b);
        T.Store(c0, b + T.Count);
        T.Store(a1, b + 16);
        T.Store(c1, b + 16 + T.Count);
        T.Store(a2, b + 32);
        T.Store(c2, b + 32 + T.Count);
        T.Store(a3, b + 48);
        T.Store(c3, b + 48 + T.Count);
    }
}
