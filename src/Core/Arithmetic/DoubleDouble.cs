namespace ShardInit.Arithmetic;

/// <summary>
/// An unevaluated sum High + Low of two binary64 numbers, |Low| ≤ ulp(High)/2: about 106 bits. Built from exact transformations
/// (Knuth's two-sum, the fma product), so every operation is IEEE add, multiply, divide and fma in a fixed order and gives the same bits on every machine.
/// Source: T. J. Dekker, "A floating-point technique for extending the available precision", Numer. Math. 18 (1971).
/// </summary>
internal readonly record struct DoubleDouble(double High, double Low)
{
    public static implicit operator DoubleDouble(double value) => new(value, 0);

    private static DoubleDouble TwoSum(double a, double b)
    {
        double sum = a + b;
        double shadow = sum - a;
        return new DoubleDouble(sum, (a - (sum - shadow)) + (b - shadow));
    }

    private static DoubleDouble QuickTwoSum(double large, double small)
    {
        double sum = large + small;
        return new DoubleDouble(sum, small - (sum - large));
    }

    public static DoubleDouble operator +(DoubleDouble a, DoubleDouble b)
    {
        DoubleDouble high = TwoSum(a.High, b.High);
        DoubleDouble low = TwoSum(a.Low, b.Low);
        DoubleDouble carried = QuickTwoSum(high.High, high.Low + low.High);
        return QuickTwoSum(carried.High, carried.Low + low.Low);
    }

    public static DoubleDouble operator -(DoubleDouble a) => new(-a.High, -a.Low);

    public static DoubleDouble operator -(DoubleDouble a, DoubleDouble b) => a + -b;

    public static DoubleDouble operator *(DoubleDouble a, DoubleDouble b)
    {
        double product = a.High * b.High;
        double error = Math.FusedMultiplyAdd(a.High, b.High, -product);
        error = Math.FusedMultiplyAdd(a.High, b.Low, error);
        error = Math.FusedMultiplyAdd(a.Low, b.High, error);
        return QuickTwoSum(product, error);
    }

    public static DoubleDouble operator /(DoubleDouble a, DoubleDouble b)
    {
        double first = a.High / b.High;
        DoubleDouble remainder = a - (b * first);
        double second = remainder.High / b.High;
        remainder -= b * second;
        double third = remainder.High / b.High;
        return QuickTwoSum(first, second) + third;
    }
}
