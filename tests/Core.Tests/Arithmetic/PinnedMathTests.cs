using System.Globalization;
using System.Numerics;
using System.Reflection;
using ShardInit.Arithmetic;
using Xunit.Abstractions;

namespace ShardInit.Core.Tests.Arithmetic;

/// <summary>log, exp, pow, erfc and the distribution function against 50-digit values (Vectors/pinned_math.py).</summary>
public sealed class PinnedMathTests(ITestOutputHelper output)
{
    private static readonly string[][] s_rows =
        [.. File.ReadLines(Path.Combine(Golden.Repository, "tests/Core.Tests/Vectors/pinned-math.txt")).Where(line => !line.StartsWith('#')).Select(line => line.Split(' '))];

    private static double OfBits(string hex) => BitConverter.UInt64BitsToDouble(ulong.Parse(hex, NumberStyles.HexNumber, CultureInfo.InvariantCulture));

    /// <summary>
    /// Largest errors in units in the last place. Log, Exp, Pow: double-double, so within 0.001 of the best possible ½. Erfc: from 5 on a product and a quotient of
    /// binary64 numbers, four roundings of ½ to 1 unit. Cdf passes -x times a rounded √½ to Erfc: the product's rounding and the constant's (0.62 of 2^-53) are
    /// up to 1.62 × 2^-53 of the argument and x² times that of the result, hence 4 + 1.62 x² units. Exp below the smallest normal number: where scaling drops a
    /// single bit the carried sticky bit makes a tie, so the error may reach, but not pass, 1 unit.
    /// </summary>
    [Theory]
    [InlineData("log", 0.501, 650)]
    [InlineData("exp", 0.501, 650)]
    [InlineData("pow", 0.501, 600)]
    [InlineData("sin", 0.501, 690)]
    [InlineData("cos", 0.501, 690)]
    [InlineData("expm1", 0.501, 500)]
    [InlineData("log1p", 0.501, 450)]
    [InlineData("log2", 0.501, 500)]
    [InlineData("tanh", 0.501, 430)]
    [InlineData("erfc", 4, 650)]
    [InlineData("cdf", 4, 650)]
    public void Errors_stay_within_their_bounds(string function, double bound, int atLeast)
    {
        string[][] rows = [.. s_rows.Where(row => row[0] == function)];
        Assert.True(rows.Length >= atLeast, $"{rows.Length} rows");
        (double worst, string at) = (0, "");
        foreach (string[] row in rows)
        {
            double[] arguments = [.. row[1..^2].Select(OfBits)];
            double rounded = OfBits(row[^2]);
            double remainder = double.Parse(row[^1], CultureInfo.InvariantCulture);
            double found = function switch
            {
                "log" => PinnedMath.Log(arguments[0]),
                "exp" => PinnedMath.Exp(arguments[0]),
                "pow" => PinnedMath.Pow(arguments[0], arguments[1]),
                "sin" => PinnedMath.Sin(arguments[0]),
                "cos" => PinnedMath.Cos(arguments[0]),
                "expm1" => PinnedMath.Expm1(arguments[0]),
                "log1p" => PinnedMath.Log1p(arguments[0]),
                "log2" => PinnedMath.Log2(arguments[0]),
                "tanh" => PinnedMath.Tanh(arguments[0]),
                "erfc" => PinnedMath.Erfc(arguments[0]),
                _ => PinnedMath.NormalCdf(arguments[0]),
            };
            double unit = Math.BitIncrement(Math.Abs(rounded)) - Math.Abs(rounded);
            double error = Math.Abs(((found - rounded) / unit) - remainder);
            if (function == "cdf") error -= 1.62 * arguments[0] * arguments[0];
            if (function == "exp" && double.IsSubnormal(rounded)) error -= 0.5;
            if (error > worst) (worst, at) = (error, string.Join(' ', row));
        }
        output.WriteLine($"{function}: worst {worst:F4} units in {rows.Length} rows, at {at}");
        Assert.True(worst <= bound, $"{function}: {worst} units in the last place at {at}");
    }

    [Fact]
    public void Special_cases_are_those_of_C99()
    {
        double inf = double.PositiveInfinity, nan = double.NaN;
        Assert.Equal(nan, PinnedMath.Log(-1));
        Assert.Equal(nan, PinnedMath.Log(nan));
        Assert.Equal(-inf, PinnedMath.Log(0));
        Assert.Equal(inf, PinnedMath.Log(inf));
        Assert.Equal(0, PinnedMath.Log(1));
        Assert.Equal((1.0, 0.0, inf), (PinnedMath.Exp(0), PinnedMath.Exp(-inf), PinnedMath.Exp(inf)));
        Assert.Equal((inf, 0.0), (PinnedMath.Exp(710), PinnedMath.Exp(-746)));
        Assert.Equal((2.0, 1.0, 0.0), (PinnedMath.Erfc(-inf), PinnedMath.Erfc(0), PinnedMath.Erfc(inf)));
        Assert.Equal((0.0, 0.5, 1.0), (PinnedMath.NormalCdf(-inf), PinnedMath.NormalCdf(0), PinnedMath.NormalCdf(inf)));
        // Math.Pow follows C99 in its special cases, where no rounding is involved.
        double[] values = [nan, -inf, inf, 0, -0.0, 1, -1, 2, -2, 3, -3, 0.5, -0.5, 4503599627370497, -4503599627370497, 9007199254740994, 1e300, -1e300];
        foreach (double x in values)
            foreach (double y in values.Append(-2.5))
            {
                double expected = Math.Pow(x, y);
                bool special = double.IsNaN(expected) || double.IsInfinity(expected) || expected == 0 || Math.Abs(expected) == 1;
                if (!special) continue;
                bool same = BitConverter.DoubleToInt64Bits(expected) == BitConverter.DoubleToInt64Bits(PinnedMath.Pow(x, y)) || (double.IsNaN(expected) && double.IsNaN(PinnedMath.Pow(x, y)));
                Assert.True(same, $"pow({x:R}, {y:R}) = {PinnedMath.Pow(x, y):R}, expected {expected:R}");
            }
    }

    [Fact]
    public void Angles_and_shifted_functions_have_their_ends()
    {
        double inf = double.PositiveInfinity, nan = double.NaN;
        Assert.Equal((0.0, 1.0), (PinnedMath.Sin(0), PinnedMath.Cos(0)));
        Assert.True(double.IsNegative(PinnedMath.Sin(-0.0)) && double.IsNegative(PinnedMath.Expm1(-0.0)) && double.IsNegative(PinnedMath.Log1p(-0.0)) && double.IsNegative(PinnedMath.Tanh(-0.0)));
        foreach (double x in (double[])[inf, -inf, nan, 1073741825, -1e300]) Assert.Equal((nan, nan), (PinnedMath.Sin(x), PinnedMath.Cos(x)));
        Assert.False(double.IsNaN(PinnedMath.Sin(PinnedMath.MaxAngle)));
        Assert.Equal((-1.0, inf, -1.0), (PinnedMath.Expm1(-inf), PinnedMath.Expm1(inf), PinnedMath.Expm1(-700)));
        Assert.Equal((-inf, nan, inf), (PinnedMath.Log1p(-1), PinnedMath.Log1p(-1.5), PinnedMath.Log1p(inf)));
        Assert.Equal((-inf, nan, inf), (PinnedMath.Log2(0), PinnedMath.Log2(-1), PinnedMath.Log2(inf)));
        Assert.Equal((1.0, -1.0), (PinnedMath.Tanh(inf), PinnedMath.Tanh(-inf)));
        for (int n = -1074; n <= 1023; n++) Assert.Equal(n, PinnedMath.Log2(Math.ScaleB(1, n)));
    }

    /// <summary>Exact powers have no rounding to hide behind.</summary>
    [Fact]
    public void Exact_powers_are_exact()
    {
        for (int n = -1074; n <= 1023; n++) Assert.Equal(Math.ScaleB(1, n), PinnedMath.Pow(2, n));
        for (int n = 0; n <= 22; n++) Assert.Equal(double.Parse($"1e{n}", CultureInfo.InvariantCulture), PinnedMath.Pow(10, n));
        for (int n = 1; n < 1000; n++) Assert.Equal(n, PinnedMath.Pow((double)n * n, 0.5));
    }

    /// <summary>The two constants of the code, as pairs and as the bits that docs/determinism.md prints, against 50 digits.</summary>
    [Theory]
    [InlineData("ln2", "s_ln2", "ln2 = (0x3FE62E42FEFA39EF, 0x3C7ABC9E3B39803F)")]
    [InlineData("twoOverSqrtPi", "s_twoOverSqrtPi", "2/√π = (0x3FF20DD750429B6D, 0x3C71AE3A914FED80)")]
    public void Constants_hold_106_bits(string name, string field, string text)
    {
        Assert.Contains(text, File.ReadAllText(Path.Combine(Golden.Repository, "docs/determinism.md")), StringComparison.Ordinal);
        DoubleDouble constant = (DoubleDouble)typeof(PinnedMath).GetField(field, BindingFlags.NonPublic | BindingFlags.Static)!.GetValue(null)!;
        Assert.EndsWith($"(0x{BitConverter.DoubleToUInt64Bits(constant.High):X16}, 0x{BitConverter.DoubleToUInt64Bits(constant.Low):X16})", text, StringComparison.Ordinal);

        // |high + low - exact| in units of 10^-50, all in whole numbers; the low part's own half unit is 2^-109 or less, 1.6e-33.
        string digits = s_rows.Single(row => row[0] == "constant" && row[1] == name)[2];
        int places = digits.Length - digits.IndexOf('.') - 1;
        BigInteger exact = BigInteger.Parse(digits.Replace(".", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) << 200;
        BigInteger found = (Scaled(constant.High) + Scaled(constant.Low)) * BigInteger.Pow(10, places);
        BigInteger bound = (BigInteger.Pow(10, places) << 200) >> 108;
        Assert.True(BigInteger.Abs(found - exact) <= bound, $"{name} is off by {(double)BigInteger.Abs(found - exact) / (double)(BigInteger.Pow(10, places) << 200)}");
    }

    [Fact]
    public void Double_double_operations_keep_100_bits()
    {
        // Random pairs; exact rationals by whole numbers scaled by 2^400. Bounds: 2^-100 relative, far looser than the theory, far tighter than binary64.
        System.Random random = new(3);
        DoubleDouble next()
        {
            double high = (random.NextDouble() + 0.5) * Math.ScaleB(1, random.Next(-3, 4)) * (random.Next(2) == 0 ? 1 : -1);
            return new DoubleDouble(high, high * Math.ScaleB(random.NextDouble() - 0.5, -53));
        }
        const int scale = 400;
        BigInteger whole(DoubleDouble x) => Scaled(x.High, scale) + Scaled(x.Low, scale);
        for (int k = 0; k < 2000; k++)
        {
            DoubleDouble a = next(), b = next();
            BigInteger x = whole(a), y = whole(b);
            near(whole(a * b), (x * y) >> scale, BigInteger.Abs(x * y) >> (scale + 100), "product");
            near(whole(a / b), (x << scale) / y, BigInteger.Abs((x << scale) / y) >> 100, "quotient");
            near(whole(a + b), x + y, (BigInteger.Abs(x) + BigInteger.Abs(y)) >> 100, "sum");
            near(whole(a - b), x - y, (BigInteger.Abs(x) + BigInteger.Abs(y)) >> 100, "difference");
        }
        static void near(BigInteger found, BigInteger exact, BigInteger bound, string what) => Assert.True(BigInteger.Abs(found - exact) <= bound, what);
    }

    /// <summary>value × 2^scale, a whole number for the values used here.</summary>
    private static BigInteger Scaled(double value, int scale = 200)
    {
        if (value == 0) return 0;
        int exponent = Math.ILogB(value) - 52;
        BigInteger mantissa = (BigInteger)Math.ScaleB(value, -exponent);
        return exponent + scale >= 0 ? mantissa << (exponent + scale) : mantissa >> -(exponent + scale);
    }
}
