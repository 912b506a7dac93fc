using System.Runtime.CompilerServices;
using ShardInit.Lanes;

namespace ShardInit.Kernels;

/// <summary>
/// The step from binary32 to a format with fewer exponent bits, rounding to nearest even, by integer arithmetic: .NET has no vector conversion to these.
/// Normal results: add just under half a unit of the last kept place (half where that place is odd) and shift. Subnormal results: adding a power of two
/// whose unit is the format's smallest number leaves the count of such units in the low bits, rounded by the addition itself.
/// </summary>
internal static class SmallFloat
{
    /// <param name="value">Finite.</param>
    /// <param name="shift">Mantissa bits that are dropped: 23 less those of the format.</param>
    /// <param name="rebias">Difference of the exponent biases.</param>
    /// <param name="subnormalUnit">2^23 × the format's smallest positive number: a power of two.</param>
    /// <param name="lastFinite">binary32 bits of the largest magnitude that still rounds to a finite number.</param>
    /// <param name="overflow">Code of what lies beyond: infinity, or NaN where the format has none.</param>
    /// <returns>The code without its sign in the low bits.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TBits Magnitude<TReals, TBits>(TReals value, int shift, int rebias, float subnormalUnit, uint lastFinite, uint overflow)
        where TReals : struct, IReals<TReals, TBits>
        where TBits : struct, IBits<TBits>
    {
        TBits magnitude = TReals.BitsOf(value) & TBits.Splat(0x7FFFFFFF);
        TBits odd = (magnitude >>> shift) & TBits.Splat(1);
        TBits normal = ((magnitude + odd + TBits.Splat((1u << (shift - 1)) - 1)) >>> shift) - TBits.Splat((uint)rebias << (23 - shift));
        TReals unit = TReals.Splat(subnormalUnit);
        TBits subnormal = TReals.BitsOf(TReals.OfBits(magnitude) + unit) - TReals.BitsOf(unit);
        TBits isSubnormal = TBits.LessSigned(magnitude, TBits.Splat((uint)(rebias + 1) << 23));
        TBits code = TBits.Select(isSubnormal, subnormal, normal);
        return TBits.Select(TBits.LessSigned(TBits.Splat(lastFinite), magnitude), TBits.Splat(overflow), code);
    }
}

/// <summary>binary16.</summary>
internal readonly struct EncodeF16 : IEncoding<EncodeF16>
{
    public static int Size => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<TReals, TBits>(TReals value, ref byte destination)
        where TReals : struct, IReals<TReals, TBits>
        where TBits : struct, IBits<TBits>
    {
        // 65519.996 is the last to round to 65504.
        TBits code = SmallFloat.Magnitude<TReals, TBits>(value, 13, 112, 0.5f, 0x477FEFFF, 0x7C00);
        TBits.StoreLow16(code | ((TReals.BitsOf(value) >>> 16) & TBits.Splat(0x8000)), ref destination);
    }
}

/// <summary>OCP FP8 E4M3 (finite and NaN, no infinity).</summary>
internal readonly struct EncodeE4M3 : IEncoding<EncodeE4M3>
{
    public static int Size => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<TReals, TBits>(TReals value, ref byte destination)
        where TReals : struct, IReals<TReals, TBits>
        where TBits : struct, IBits<TBits>
    {
        // 464 is half way to the code of NaN and rounds to the even 448.
        TBits code = SmallFloat.Magnitude<TReals, TBits>(value, 20, 120, 16384f, 0x43E80000, 0x7F);
        TBits.StoreLow8(code | ((TReals.BitsOf(value) >>> 24) & TBits.Splat(0x80)), ref destination);
    }
}

/// <summary>OCP FP8 E5M2.</summary>
internal readonly struct EncodeE5M2 : IEncoding<EncodeE5M2>
{
    public static int Size => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<TReals, TBits>(TReals value, ref byte destination)
        where TReals : struct, IReals<TReals, TBits>
        where TBits : struct, IBits<TBits>
    {
        // 61440 is half way to infinity, whose code is even: the number before it is the last finite one.
        TBits code = SmallFloat.Magnitude<TReals, TBits>(value, 21, 112, 128f, 0x476FFFFF, 0x7C);
        TBits.StoreLow8(code | ((TReals.BitsOf(value) >>> 24) & TBits.Splat(0x80)), ref destination);
    }
}
