using System.Runtime.CompilerServices;
using ShardInit.Lanes;

namespace ShardInit.Kernels;

/// <summary>
/// The elementary functions of the number path, from fused multiply-add, multiply and bit operations alone: the same steps at every lane width, so the
/// same bits. Coefficients are minimax polynomials with binary32 coefficients, found with Sollya's fpminimax (relative error, ranges below);
/// Horner's rule, highest degree first. Errors are of the whole function in binary32 against the exact one, over all arguments of the kernels (docs/determinism.md).
/// </summary>
internal static class Polynomial
{
    /// <summary>Bits of √½ rounded up: the mantissa range of the logarithm is [√½, √2).</summary>
    private const uint HalfRootBits = 0x3F3504F3;

    /// <summary>-2 ln 2.</summary>
    private const float MinusTwoLog2 = -1.38629436f;

    /// <summary>-2 ln x for x in [2^-126, 1]; exactly 0 at 1, positive below. -2 log1p(t) = t P(t) on t in [√½ - 1, √2 - 1].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TReals MinusTwoLog<TReals, TBits>(TReals x)
        where TReals : struct, IReals<TReals, TBits>
        where TBits : struct, IBits<TBits>
    {
        TBits shifted = TReals.BitsOf(x) - TBits.Splat(HalfRootBits);
        TReals exponent = TReals.FromInt24(shifted >> 23);
        TReals t = TReals.OfBits((shifted & TBits.Splat(0x007FFFFF)) + TBits.Splat(HalfRootBits)) - TReals.Splat(1f);
        TReals p = TReals.Splat(0.201665312f);
        p = TReals.Fma(p, t, TReals.Splat(-0.323600799f));
        p = TReals.Fma(p, t, TReals.Splat(0.344853967f));
        p = TReals.Fma(p, t, TReals.Splat(-0.398138523f));
        p = TReals.Fma(p, t, TReals.Splat(0.499425709f));
        p = TReals.Fma(p, t, TReals.Splat(-0.666694283f));
        p = TReals.Fma(p, t, TReals.Splat(1.00000644f));
        p = TReals.Fma(p, t, TReals.Splat(-2f));
        return TReals.Fma(exponent, TReals.Splat(MinusTwoLog2), t * p);
    }

    /// <summary>sin(π f / 2) for |f| ≤ ½.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TReals SinQuarter<TReals, TBits>(TReals f, TReals square)
        where TReals : struct, IReals<TReals, TBits>
        where TBits : struct, IBits<TBits>
    {
        TReals p = TReals.Splat(-0.00462875189f);
        p = TReals.Fma(p, square, TReals.Splat(0.0796920061f));
        p = TReals.Fma(p, square, TReals.Splat(-0.64596498f));
        p = TReals.Fma(p, square, TReals.Splat(1.57079637f));
        return p * f;
    }

    /// <summary>cos(π f / 2) for |f| ≤ ½, from f².</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TReals CosQuarter<TReals, TBits>(TReals square)
        where TReals : struct, IReals<TReals, TBits>
        where TBits : struct, IBits<TBits>
    {
        TReals p = TReals.Splat(-0.0204157606f);
        p = TReals.Fma(p, square, TReals.Splat(0.253602624f));
        p = TReals.Fma(p, square, TReals.Splat(-1.23369765f));
        return TReals.Fma(p, square, TReals.Splat(1f));
    }

    /// <summary>From this value of W on the quantile takes its tail form: |z| = 3.09.</summary>
    private const float TailFrom = 11f;

    /// <summary>
    /// The standard normal quantile z of a point with probability t on one side, t in [2^-126, 1): Φ(-z) = t, so z ≥ 0 where t ≤ ½. Takes t and x = 1 - 2t
    /// apart, since either may be known to more digits than the other gives. With W = -2 ln(4 t (1 - t)), z = x G(W) below W = 11 and z = x √W H(1/√W) from
    /// there on. Idea: M. Giles, "Approximating the erfinv function", GPU Computing Gems (2011); own polynomials, W to 88.
    /// </summary>
    /// <param name="tail">Where the result is not valid and <see cref="QuantileTail"/> has it.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TReals QuantileCenter<TReals, TBits>(TReals t, TReals x, out TBits tail)
        where TReals : struct, IReals<TReals, TBits>
        where TBits : struct, IBits<TBits>
    {
        TReals w = QuantileArgument<TReals, TBits>(t);
        TReals v = w - TReals.Splat(5.5f);
        TReals p = TReals.Splat(-2.03924325e-11f);
        p = TReals.Fma(p, v, TReals.Splat(4.13112322e-11f));
        p = TReals.Fma(p, v, TReals.Splat(5.27519806e-09f));
        p = TReals.Fma(p, v, TReals.Splat(-5.88187774e-08f));
        p = TReals.Fma(p, v, TReals.Splat(-4.18790023e-07f));
        p = TReals.Fma(p, v, TReals.Splat(1.85000372e-05f));
        p = TReals.Fma(p, v, TReals.Splat(-0.000183596523f));
        p = TReals.Fma(p, v, TReals.Splat(-0.0017805635f));
        p = TReals.Fma(p, v, TReals.Splat(0.17276758f));
        p = TReals.Fma(p, v, TReals.Splat(2.21011829f));
        tail = TReals.Less(w, TReals.Splat(TailFrom)) ^ TBits.Splat(uint.MaxValue);
        return x * p;
    }

    /// <inheritdoc cref="QuantileCenter"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TReals QuantileTail<TReals, TBits>(TReals t, TReals x)
        where TReals : struct, IReals<TReals, TBits>
        where TBits : struct, IBits<TBits>
    {
        TReals s = TReals.Sqrt(QuantileArgument<TReals, TBits>(t));
        TReals v = (TReals.Splat(1f) / s) - TReals.Splat(0.203909039f);
        TReals p = TReals.Splat(58667.0156f);
        p = TReals.Fma(p, v, TReals.Splat(-3929.9375f));
        p = TReals.Fma(p, v, TReals.Splat(-2866.76611f));
        p = TReals.Fma(p, v, TReals.Splat(-0.144991577f));
        p = TReals.Fma(p, v, TReals.Splat(73.4484711f));
        p = TReals.Fma(p, v, TReals.Splat(5.68449974f));
        p = TReals.Fma(p, v, TReals.Splat(1.71928251f));
        p = TReals.Fma(p, v, TReals.Splat(0.290228993f));
        p = TReals.Fma(p, v, TReals.Splat(-0.268062174f));
        p = TReals.Fma(p, v, TReals.Splat(0.952491403f));
        return x * (s * p);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TReals QuantileArgument<TReals, TBits>(TReals t)
        where TReals : struct, IReals<TReals, TBits>
        where TBits : struct, IBits<TBits> => MinusTwoLog<TReals, TBits>((TReals.Splat(4f) * t) * (TReals.Splat(1f) - t));
}
