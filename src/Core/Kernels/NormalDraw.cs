using System.Runtime.CompilerServices;
using ShardInit.Lanes;

namespace ShardInit.Kernels;

/// <summary>
/// N(mean, std²) by the Box–Muller transform: words (0, 1) give the values of quarters 0 and 1, words (2, 3) those of 2 and 3; two words in, two values
/// out, always. Source: G. E. P. Box, M. E. Muller, "A note on the generation of random normal deviates", Ann. Math. Statist. 29 (1958).
///
///   radius: k = 2^8 a + bits 30..23 of b (40 bits), u = (k + ½) / 2^40, r = √(-2 ln u)
///   angle:  24 bits of b: bit 31 swaps the pair, bit 0 is the sign of the cosine, bits 22..1 as a number m give f = (m + ½) / 2^22 - ½ quarter turns
///   value:  x = fma(r cos, std, mean), x = fma(r sin, std, mean)
///
/// Reads Mean and Std.
/// </summary>
internal readonly struct NormalDraw : IDraw
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static unsafe void Fill<TReals, TBits>(in DrawConstants constants, ref readonly byte words, ref readonly byte more, ref byte values, int blockCount)
        where TReals : struct, IReals<TReals, TBits>
        where TBits : struct, IBits<TBits>
    {
        float* logRows = Coefficients.Log, sin = Coefficients.Sin, cos = Coefficients.Cos;
        MinusTwoLog<TReals, TBits> log = new(logRows);
        QuarterTurn<TReals, TBits> turn = new(sin, cos);
        TReals mean = TReals.Splat(constants.Mean);
        TReals std = TReals.Splat(constants.Std);
        ref byte source = ref Unsafe.AsRef(in words);
        // Half a block at a time: 32 words give the values in the same places.
        for (int half = 0; half < 2 * blockCount; half++)
        {
            for (int lane = 0; lane < 16; lane += TBits.Count)
            {
                TBits a = TBits.Load(in Unsafe.Add(ref source, (128 * half) + (4 * lane)));
                TBits b = TBits.Load(in Unsafe.Add(ref source, (128 * half) + (4 * lane) + 64));
                Pair(in log, in turn, mean, std, a, b, out TReals first, out TReals second);
                TBits.Store(TReals.BitsOf(first), ref Unsafe.Add(ref values, (128 * half) + (4 * lane)));
                TBits.Store(TReals.BitsOf(second), ref Unsafe.Add(ref values, (128 * half) + (4 * lane) + 64));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Pair<TReals, TBits>(
        in MinusTwoLog<TReals, TBits> log, in QuarterTurn<TReals, TBits> turn, TReals mean, TReals std, TBits a, TBits b, out TReals first, out TReals second)
        where TReals : struct, IReals<TReals, TBits>
        where TBits : struct, IBits<TBits>
    {
        // u = (k + ½) / 2^40 in (0, 1], rounded once: the sum of two exact numbers, the upper 23 bits of k less one unit, and one unit with the lower 17 bits and the half.
        TReals high = TReals.OfBits((a >>> 9) | TBits.Splat(0x3F800000)) - TReals.Splat(1.00000012f);
        TBits lowBits = TBits.Select(TBits.Splat(0x007FC000), a << 14, b >>> 17);
        TReals low = TReals.OfBits(TBits.AndOr(lowBits, TBits.Splat(0x007FFFC0), TBits.Splat(0x34000020)));
        TReals radius = TReals.Sqrt(log.Of(high + low));

        // f = (2m + 1) / 2^23 - ½, exact: an odd multiple of 2^-23, never 0.
        TReals f = TReals.OfBits(TBits.AndOr(b, TBits.Splat(0x007FFFFE), TBits.Splat(0x3F800001))) - TReals.Splat(1.5f);
        TReals square = f * f;
        TReals sine = turn.Sin(f, square);
        TReals cosine = TReals.OfBits(TReals.BitsOf(turn.Cos(square)) ^ (b << 31));

        first = TReals.Fma(radius * TReals.SelectBySign(b, sine, cosine), std, mean);
        second = TReals.Fma(radius * TReals.SelectBySign(b, cosine, sine), std, mean);
    }
}
