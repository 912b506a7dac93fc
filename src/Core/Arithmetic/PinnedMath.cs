namespace ShardInit.Arithmetic;

/// <summary>
/// log, exp, pow and erfc in binary64 for the constants of rules, and with the functions of the other files of this class for formulas. The platform's functions may differ between systems and versions in the last
/// bit, and a bit here would move every value of a tensor: these use IEEE add, multiply, divide, fma and power-of-two scaling in one fixed order.
/// Log, Exp and Pow are evaluated as double-double series and rounded once: error below 0.501 ulp, and below 1 ulp where the result is under 2^-1021.
/// Erfc: below 4 ulp (tests compare all with a 50-digit table). Slow, a quarter of a microsecond to eleven: never in an inner loop of a draw.
/// </summary>
public static partial class PinnedMath
{
    // ln 2 and 2/sqrt(pi) as double-double: value, then value minus its binary64 rounding.
    private static readonly DoubleDouble s_ln2 = new(0.6931471805599453, 2.3190468138462996e-17);
    private static readonly DoubleDouble s_twoOverSqrtPi = new(1.1283791670955126, 1.533545961316588e-17);

    /// <summary>Natural logarithm. NaN below 0, -infinity at 0.</summary>
    public static double Log(double x)
    {
        if (double.IsNaN(x) || x < 0) return double.NaN;
        if (x == 0) return double.NegativeInfinity;
        if (double.IsPositiveInfinity(x)) return x;
        return LogParts(x).High;
    }

    /// <summary>e to the power x.</summary>
    public static double Exp(double x)
    {
        if (double.IsNaN(x)) return x;
        return ExpParts(x);
    }

    /// <summary>
    /// x to the power y with C99's special cases for y = 0, x = 1, infinities, zeros and integer y of a negative x (otherwise NaN).
    /// </summary>
    public static double Pow(double x, double y)
    {
        if (y == 0 || x == 1) return 1;
        if (double.IsNaN(x) || double.IsNaN(y)) return double.NaN;
        bool integer = Math.Floor(y) == y;
        bool odd = integer && Math.Abs(y) < 9007199254740992 && ((long)y & 1) != 0;
        double magnitude = Math.Abs(x);
        if (magnitude == 1) return integer || double.IsInfinity(y) ? (odd ? x : 1) : double.NaN;
        if (double.IsInfinity(y)) return magnitude > 1 == y > 0 ? double.PositiveInfinity : 0;
        bool negative = double.IsNegative(x);
        if (magnitude == 0) return y > 0 ? (odd ? x : 0) : (odd ? 1 / x : double.PositiveInfinity);
        if (double.IsInfinity(magnitude))
        {
            double limit = y > 0 ? double.PositiveInfinity : 0;
            return negative && odd ? -limit : limit;
        }
        if (negative && !integer) return double.NaN;
        DoubleDouble log = LogParts(magnitude);
        // Beyond these the double-double product itself could overflow into NaN.
        double rough = log.High * y;
        double power = rough > 710 ? double.PositiveInfinity : rough < -746 ? 0 : ExpParts(log * y);
        return negative && odd ? -power : power;
    }

    /// <summary>
    /// Complementary error function 2/sqrt(pi) times the integral of exp(-t²) from x to infinity. Below 5 by the all-positive series
    /// erf(x) = 2/sqrt(pi) exp(-x²) Σ 2^n x^(2n+1) / (2n+1)!! (Abramowitz and Stegun 7.1.6) in double-double; from 5 by the continued
    /// fraction 7.1.14, evaluated backwards from a fixed depth of 120.
    /// </summary>
    public static double Erfc(double x)
    {
        if (double.IsNaN(x)) return x;
        if (x > 27.5) return 0;
        if (x < -6) return 2;
        DoubleDouble square = (DoubleDouble)x * x;
        if (x >= 5)
        {
            double fraction = x;
            for (int k = 120; k >= 1; k--) fraction = x + (k * 0.5 / fraction);
            return ExpParts(-square) * s_twoOverSqrtPi.High * 0.5 / fraction;
        }
        DoubleDouble term = x;
        DoubleDouble sum = x;
        // 150 terms: at |x| = 6 the ratio 2x²/(2n+1) is 0.24 at the end and the last term is below 1e-34 of the sum.
        for (int n = 1; n <= 150; n++)
        {
            term = term * square * 2 / ((2 * n) + 1);
            sum += term;
        }
        DoubleDouble erf = s_twoOverSqrtPi * ExpDouble(-square) * sum;
        return (1.0 - erf).High;
    }

    /// <summary>Φ(x), the standard normal distribution function, accurate in the lower tail.</summary>
    public static double NormalCdf(double x) => 0.5 * Erfc(-x * 0.70710678118654752440);

    // 1 / (2k + 1) for k = 0 .. 24.
    private static readonly DoubleDouble[] s_oddReciprocals = [.. Enumerable.Range(0, 25).Select(k => (DoubleDouble)1.0 / ((2 * k) + 1))];

    private static DoubleDouble LogParts(double x)
    {
        (DoubleDouble fraction, int exponent) = LogReduced(x);
        return (s_ln2 * exponent) + fraction;
    }

    // log x = e ln2 + 2 artanh s, s = (m-1)/(m+1), m in [0.75, 1.5): |s| <= 1/5, 24 terms leave 1e-35.
    private static (DoubleDouble Fraction, int Exponent) LogReduced(double x)
    {
        int exponent = Math.ILogB(x);
        double mantissa = Math.ScaleB(x, -exponent);
        if (mantissa >= 1.5) { mantissa *= 0.5; exponent++; }
        DoubleDouble s = ((DoubleDouble)mantissa - 1.0) / ((DoubleDouble)mantissa + 1.0);
        DoubleDouble square = s * s;
        DoubleDouble sum = s_oddReciprocals[24];
        for (int k = 23; k >= 0; k--) sum = (sum * square) + s_oddReciprocals[k];
        return (s * sum * 2, exponent);
    }

    private static double ExpParts(DoubleDouble x)
    {
        if (x.High > 709.8) return double.PositiveInfinity;
        if (x.High < -745.2) return 0;
        (DoubleDouble fraction, int exponent) = ExpReduced(x);
        return ScaleOnce(fraction, exponent);
    }

    private static DoubleDouble ExpDouble(DoubleDouble x)
    {
        (DoubleDouble fraction, int exponent) = ExpReduced(x);
        return new DoubleDouble(Math.ScaleB(fraction.High, exponent), Math.ScaleB(fraction.Low, exponent));
    }

    // exp x = 2^k exp r, r in [-ln2/2, ln2/2]: 26 Taylor terms leave 1e-38.
    private static (DoubleDouble Fraction, int Exponent) ExpReduced(DoubleDouble x)
    {
        double k = Math.Round(x.High * 1.4426950408889634, MidpointRounding.ToEven);
        DoubleDouble r = x - (s_ln2 * k);
        DoubleDouble sum = 1.0;
        for (int n = 26; n >= 1; n--) sum = (sum * r / n) + 1.0;
        return (sum, (int)k);
    }

    // Where the result is subnormal, High + Low is rounded by the scaling of a value that carries a sticky bit: once, except where a single bit is dropped,
    // in [2^-1023, 2^-1022), where the sticky bit makes a tie and the error may reach 1 unit. Pinned as it is.
    private static double ScaleOnce(DoubleDouble fraction, int exponent)
    {
        if (exponent >= -1021) return exponent > 1023 ? Math.ScaleB(fraction.High, 1023) * Math.ScaleB(1, exponent - 1023) : Math.ScaleB(fraction.High, exponent);
        long bits = BitConverter.DoubleToInt64Bits(fraction.High);
        if (fraction.Low != 0 && (bits & 1) == 0) bits += fraction.Low > 0 ? 1 : -1;
        return Math.ScaleB(BitConverter.Int64BitsToDouble(bits), exponent);
    }
}
