namespace ShardInit.Arithmetic;

/// <content>
/// Forms of exp and log that stay accurate where exp is near 1 or log near 0, the logarithm to base 2, and tanh: the same double-double series, rounded once, error below
/// 0.501 ulp. The functions that a formula of softplus or of its inverse needs.
/// </content>
public static partial class PinnedMath
{
    // Below 2^-54 the second term of the series of each function is under a quarter of the last place.
    private const double Tiny = 5.551115123125783e-17;

    /// <summary>e to the power x, minus 1.</summary>
    public static double Expm1(double x)
    {
        if (double.IsNaN(x) || Math.Abs(x) < Tiny) return x;
        if (x < -40) return -1;
        // From here on the 1 is below 2^-63 of the result.
        return x > 44 ? Exp(x) : Expm1Parts(x).High;
    }

    /// <summary>log(1 + x). NaN below -1, -infinity at -1.</summary>
    public static double Log1p(double x)
    {
        if (double.IsNaN(x) || x < -1) return double.NaN;
        if (x == -1) return double.NegativeInfinity;
        if (Math.Abs(x) < Tiny || double.IsPositiveInfinity(x)) return x;
        // 1 + x is exact as high + low; log(high + low) = log(high) + log(1 + c) with c = low / high, at most 2^-53 in magnitude.
        DoubleDouble sum = (DoubleDouble)1.0 + x;
        DoubleDouble c = (DoubleDouble)sum.Low / sum.High;
        return (LogParts(sum.High) + (c - (c * c * 0.5))).High;
    }

    /// <summary>Logarithm to base 2; exact for powers of two. NaN below 0, -infinity at 0.</summary>
    public static double Log2(double x)
    {
        if (double.IsNaN(x) || x < 0) return double.NaN;
        if (x == 0) return double.NegativeInfinity;
        if (double.IsPositiveInfinity(x)) return x;
        (DoubleDouble fraction, int exponent) = LogReduced(x);
        return (exponent + (fraction / s_ln2)).High;
    }

    /// <summary>Hyperbolic tangent.</summary>
    public static double Tanh(double x)
    {
        if (double.IsNaN(x) || Math.Abs(x) < 7.450580596923828e-09) return x;
        if (Math.Abs(x) > 20) return x > 0 ? 1 : -1;
        DoubleDouble shifted = Expm1Parts(2 * x);
        return (shifted / (shifted + 2.0)).High;
    }

    // exp r - 1 = r (1 + r/2 (1 + r/3 (...))), then 2^n and the 1 again.
    private static DoubleDouble Expm1Parts(double x)
    {
        double n = Math.Round(x * 1.4426950408889634, MidpointRounding.ToEven);
        DoubleDouble r = x - (s_ln2 * n);
        DoubleDouble sum = 1.0;
        for (int k = 26; k >= 2; k--) sum = (sum * r / k) + 1.0;
        sum *= r;
        if (n == 0) return sum;
        sum += 1.0;
        return new DoubleDouble(Math.ScaleB(sum.High, (int)n), Math.ScaleB(sum.Low, (int)n)) - 1.0;
    }
}
