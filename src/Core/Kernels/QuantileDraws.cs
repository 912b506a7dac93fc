using System.Runtime.CompilerServices;
using ShardInit.Lanes;

namespace ShardInit.Kernels;

/// <summary>
/// N(mean, std²) conditioned on an interval around the mean, by its quantile function folded at the median: bit 31 of the word chooses the upper or the lower
/// half of the interval's mass, the rest is a fraction v in (0, 1) of that half counted from the outer bound, so that both tails keep all their digits.
///
///   v = (n + ½) / 2^31 with the word's lower 31 bits n; Wide: n goes on with the upper 14 bits of the second word, v = (n + ½) / 2^45
///   t = fma(v, Mass, BaseAbove or BaseBelow)        probability beyond the point, on its side
///   x = fma(v, -MassTwice, CenterAbove or CenterBelow)    1 - 2t
///   z = Quantile(t, x), with a minus sign in the lower half; value = fma(z, std, mean), held within the bounds
/// </summary>
internal readonly struct FoldedQuantileDraw : IDraw
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Fill<TReals, TBits>(in DrawConstants constants, ref readonly byte words, ref readonly byte more, ref byte values, int blockCount)
        where TReals : struct, IReals<TReals, TBits>
        where TBits : struct, IBits<TBits>
    {
        TReals one = TReals.Splat(1.00000012f);
        TReals mass = TReals.Splat(constants.Mass);
        TReals massTwice = TReals.Splat(-constants.MassTwice);
        TBits extension = TBits.Splat(0x4000);
        bool wide = constants.Wide;
        for (nint offset = 0; offset < 256 * blockCount; offset += 4 * TBits.Count)
        {
            TBits word = TBits.Load(in Unsafe.Add(ref Unsafe.AsRef(in words), offset));
            if (wide) extension = (TBits.Load(in Unsafe.Add(ref Unsafe.AsRef(in more), offset)) >>> 17) | TBits.Splat(1);
            TReals high = TReals.OfBits(TBits.AndOr(word >>> 8, TBits.Splat(0x007FFFFF), TBits.Splat(0x3F800000))) - one;
            TBits lowBits = TBits.AndOr(word << 15, TBits.Splat(0x007F8000), extension);
            TReals v = high + TReals.OfBits(lowBits | TBits.Splat(0x34000000));

            TBits above = word >> 31;
            TReals t = TReals.Fma(v, mass, TReals.Select(above, TReals.Splat(constants.BaseAbove), TReals.Splat(constants.BaseBelow)));
            TReals x = TReals.Fma(v, massTwice, TReals.Select(above, TReals.Splat(constants.CenterAbove), TReals.Splat(constants.CenterBelow)));
            TReals z = Polynomial.Quantile<TReals, TBits>(t, x);
            z = TReals.OfBits(TReals.BitsOf(z) ^ ((word & TBits.Splat(0x80000000)) ^ TBits.Splat(0x80000000)));
            TReals value = TReals.Fma(z, TReals.Splat(constants.Std), TReals.Splat(constants.Mean));
            value = TReals.Greater(TReals.Lesser(value, TReals.Splat(constants.High)), TReals.Splat(constants.Low));
            TBits.Store(TReals.BitsOf(value), ref Unsafe.Add(ref values, offset));
        }
    }
}

/// <summary>
/// N(mean, std²) conditioned on an interval on one side of the mean, by its quantile function counted from the far bound; Mirror puts the interval below the mean.
///
///   v = (n + ½) / 2^32 with the word n; Wide: n goes on with the upper 13 bits of the second word, v = (n + ½) / 2^45
///   t = fma(v, Mass, BaseAbove), x = fma(v, -MassTwice, CenterAbove), z = Quantile(t, x), value as in <see cref="FoldedQuantileDraw"/>
/// </summary>
internal readonly struct OneSidedQuantileDraw : IDraw
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Fill<TReals, TBits>(in DrawConstants constants, ref readonly byte words, ref readonly byte more, ref byte values, int blockCount)
        where TReals : struct, IReals<TReals, TBits>
        where TBits : struct, IBits<TBits>
    {
        TReals one = TReals.Splat(1.00000012f);
        TReals mass = TReals.Splat(constants.Mass);
        TReals massTwice = TReals.Splat(-constants.MassTwice);
        TBits mirror = TBits.Splat(constants.Mirror);
        TBits extension = TBits.Splat(0x2000);
        bool wide = constants.Wide;
        for (nint offset = 0; offset < 256 * blockCount; offset += 4 * TBits.Count)
        {
            TBits word = TBits.Load(in Unsafe.Add(ref Unsafe.AsRef(in words), offset));
            if (wide) extension = (TBits.Load(in Unsafe.Add(ref Unsafe.AsRef(in more), offset)) >>> 18) | TBits.Splat(1);
            TReals high = TReals.OfBits((word >>> 9) | TBits.Splat(0x3F800000)) - one;
            TBits lowBits = TBits.AndOr(word << 14, TBits.Splat(0x007FC000), extension);
            TReals v = high + TReals.OfBits(lowBits | TBits.Splat(0x34000000));

            TReals t = TReals.Fma(v, mass, TReals.Splat(constants.BaseAbove));
            TReals x = TReals.Fma(v, massTwice, TReals.Splat(constants.CenterAbove));
            TReals z = TReals.OfBits(TReals.BitsOf(Polynomial.Quantile<TReals, TBits>(t, x)) ^ mirror);
            TReals value = TReals.Fma(z, TReals.Splat(constants.Std), TReals.Splat(constants.Mean));
            value = TReals.Greater(TReals.Lesser(value, TReals.Splat(constants.High)), TReals.Splat(constants.Low));
            TBits.Store(TReals.BitsOf(value), ref Unsafe.Add(ref values, offset));
        }
    }
}
