using System.Runtime.CompilerServices;
using ShardInit.Lanes;

namespace ShardInit.Kernels;

/// <summary>How a quantile draw turns an element's words into a point of the distribution: the part that differs between the two.</summary>
internal interface IQuantilePoint
{
    /// <summary>Extension bits of a draw that takes one word: the half.</summary>
    static abstract uint OneWordExtension { get; }

    /// <summary>Extension bits from the second word.</summary>
    static abstract TBits Extension<TBits>(TBits second)
        where TBits : struct, IBits<TBits>;

    /// <summary>t, x and the sign to flip of the point that a word stands for (<see cref="NormalQuantile{TReals, TBits}"/>).</summary>
    static abstract void Point<TReals, TBits>(in DrawConstants constants, TBits word, TBits extension, out TReals t, out TReals x, out TBits sign)
        where TReals : struct, IReals<TReals, TBits>
        where TBits : struct, IBits<TBits>;
}

/// <summary>
/// An interval around the mean, folded at its median: bit 31 of the word chooses the upper or the lower half of the mass, the rest is a fraction v in (0, 1)
/// of that half counted from the outer bound, so that both tails keep all their digits.
///
///   v = (n + ½) / 2^31 with the word's lower 31 bits n; Wide: n goes on with the upper 14 bits of the second word, v = (n + ½) / 2^45
///   t = fma(v, Mass, BaseAbove or BaseBelow)              probability beyond the point, on its side
///   x = fma(v, -MassTwice, CenterAbove or CenterBelow)    1 - 2t
///   z = quantile of (t, x), with a minus sign in the lower half
/// </summary>
internal readonly struct FoldedPoint : IQuantilePoint
{
    public static uint OneWordExtension => 0x4000;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TBits Extension<TBits>(TBits second)
        where TBits : struct, IBits<TBits> => (second >>> 17) | TBits.Splat(1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Point<TReals, TBits>(in DrawConstants constants, TBits word, TBits extension, out TReals t, out TReals x, out TBits sign)
        where TReals : struct, IReals<TReals, TBits>
        where TBits : struct, IBits<TBits>
    {
        TReals high = TReals.OfBits(TBits.AndOr(word >>> 8, TBits.Splat(0x007FFFFF), TBits.Splat(0x3F800000))) - TReals.Splat(1.00000012f);
        TBits lowBits = TBits.AndOr(word << 15, TBits.Splat(0x007F8000), extension);
        TReals v = high + TReals.OfBits(lowBits | TBits.Splat(0x34000000));
        TBits above = word >> 31;
        t = TReals.Fma(v, TReals.Splat(constants.Mass), TReals.Select(above, TReals.Splat(constants.BaseAbove), TReals.Splat(constants.BaseBelow)));
        x = TReals.Fma(v, TReals.Splat(-constants.MassTwice), TReals.Select(above, TReals.Splat(constants.CenterAbove), TReals.Splat(constants.CenterBelow)));
        sign = (above ^ TBits.Splat(uint.MaxValue)) & TBits.Splat(0x80000000);
    }
}

/// <summary>
/// An interval on one side of the mean, counted from its far bound; Mirror puts it below the mean.
///
///   v = (n + ½) / 2^32 with the word n; Wide: n goes on with the upper 13 bits of the second word, v = (n + ½) / 2^45
///   t = fma(v, Mass, BaseAbove), x = fma(v, -MassTwice, CenterAbove), z = quantile of (t, x)
/// </summary>
internal readonly struct OneSidedPoint : IQuantilePoint
{
    public static uint OneWordExtension => 0x2000;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TBits Extension<TBits>(TBits second)
        where TBits : struct, IBits<TBits> => (second >>> 18) | TBits.Splat(1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Point<TReals, TBits>(in DrawConstants constants, TBits word, TBits extension, out TReals t, out TReals x, out TBits sign)
        where TReals : struct, IReals<TReals, TBits>
        where TBits : struct, IBits<TBits>
    {
        TReals high = TReals.OfBits((word >>> 9) | TBits.Splat(0x3F800000)) - TReals.Splat(1.00000012f);
        TBits lowBits = TBits.AndOr(word << 14, TBits.Splat(0x007FC000), extension);
        TReals v = high + TReals.OfBits(lowBits | TBits.Splat(0x34000000));
        t = TReals.Fma(v, TReals.Splat(constants.Mass), TReals.Splat(constants.BaseAbove));
        x = TReals.Fma(v, TReals.Splat(-constants.MassTwice), TReals.Splat(constants.CenterAbove));
        sign = TBits.Splat(constants.Mirror);
    }
}
