namespace ShardInit.Arithmetic;

/// <content>
/// Sine and cosine as double-double series, rounded once: error below 0.501 ulp. The argument is reduced by the nearest multiple of π/2, subtracted in three parts of 53 bits as
/// exact products (W. J. Cody, W. Waite, "Software Manual for the Elementary Functions", 1980). Up to 2^30 the multiple has 30 bits and what is left keeps 68 bits
/// even where it is smallest; beyond, the result is NaN.
/// </content>
public static partial class PinnedMath
{
    /// <summary>Largest magnitude that <see cref="Sin"/> and <see cref="Cos"/> take.</summary>
    public const double MaxAngle = 1073741824;

    // π/2 = 0x3FF921FB54442D18 + 0x3C91A62633145C07 + 0xB91F1976B7ED8FBC as bits of binary64; 2/π = 0x3FE45F306DC9C883.
    private const double HalfPi1 = 1.5707963267948966, HalfPi2 = 6.123233995736766e-17, HalfPi3 = -1.4973849048591698e-33, TwoOverPi = 0.6366197723675814;

    // Taylor coefficients of sin r / r and of cos r in powers of r², each from the one before by one division: (-1)^n / (2n + 1)! and (-1)^n / (2n)!.
    // At |r| = π/4 the first ones that are left out are below 1e-35 of the result.
    private static readonly DoubleDouble[] s_sine = Coefficients(14, n => -(2.0 * n) * ((2 * n) + 1));
    private static readonly DoubleDouble[] s_cosine = Coefficients(15, n => -((2.0 * n) - 1) * (2 * n));

    /// <summary>NaN for infinities and beyond <see cref="MaxAngle"/>.</summary>
    public static double Sin(double x)
    {
        if (!(Math.Abs(x) <= MaxAngle)) return double.NaN;
        // Below, x - x³/6 rounds to x.
        if (Math.Abs(x) < 7.450580596923828e-09) return x;
        (DoubleDouble rest, long quarter) = Reduced(x);
        return Quarter(rest, quarter);
    }

    /// <summary>NaN for infinities and beyond <see cref="MaxAngle"/>.</summary>
    public static double Cos(double x)
    {
        if (!(Math.Abs(x) <= MaxAngle)) return double.NaN;
        (DoubleDouble rest, long quarter) = Reduced(x);
        return Quarter(rest, quarter + 1);
    }

    private static (DoubleDouble Remainder, long Quarter) Reduced(double x)
    {
        double multiple = Math.Round(x * TwoOverPi, MidpointRounding.ToEven);
        DoubleDouble rest = x - ((DoubleDouble)HalfPi1 * multiple) - ((DoubleDouble)HalfPi2 * multiple) - ((DoubleDouble)HalfPi3 * multiple);
        return (rest, (long)multiple);
    }

    private static double Quarter(DoubleDouble rest, long quarter)
    {
        DoubleDouble square = rest * rest;
        double value = (quarter & 1) == 0 ? (rest * Series(s_sine, square)).High : Series(s_cosine, square).High;
        return (quarter & 2) == 0 ? value : -value;
    }

    private static DoubleDouble Series(DoubleDouble[] coefficients, DoubleDouble x)
    {
        DoubleDouble sum = coefficients[^1];
        for (int n = coefficients.Length - 2; n >= 0; n--) sum = (sum * x) + coefficients[n];
        return sum;
    }

    private static DoubleDouble[] Coefficients(int count, Func<int, double> divisor)
    {
        DoubleDouble[] coefficients = new DoubleDouble[count];
        coefficients[0] = 1.0;
        for (int n = 1; n < count; n++) coefficients[n] = coefficients[n - 1] / divisor(n);
        return coefficients;
    }
}
