using System.Globalization;
using ShardInit.Arithmetic;
using ShardInit.Model;

namespace ShardInit.Initializers;

/// <summary>
/// Which numbers a distribution may have for a dtype. Draws are float32 values rounded to the dtype, so their numbers must suit both; constants go to
/// the dtype directly. Everything is refused here, before a byte is written, that would give infinities, an empty interval or a silent constant.
/// </summary>
internal static class DistributionLimits
{
    /// <summary>Standard deviations that a normal draw reaches at most, rounded up (docs/determinism.md).</summary>
    public const double NormalReach = 7.6;

    /// <summary>An interval for a truncated normal ends at most this many standard deviations away from the mean.</summary>
    public const double FarthestInterval = 1e6;

    /// <summary>Null for good numbers, otherwise why they are refused.</summary>
    public static string? Refusal(Distribution distribution, DType dtype)
    {
        if (distribution is Constant constant) return ConstantRefusal(constant.Value, dtype);
        if (distribution is Rows or Eye or Dirac or FormulaDistribution or Plugin) return StructureLimits.Refusal(distribution, dtype);
        if (!dtype.IsFloat()) return $"{distribution.Kind} draws no {dtype.Name()}; integer and boolean tensors take constants only";
        double limit = Math.Min(dtype.MaxFinite(), float.MaxValue);
        return distribution switch
        {
            Uniform uniform => UniformRefusal(uniform, limit, dtype),
            Normal normal => NormalRefusal(normal, limit, dtype),
            TruncatedNormal truncated => TruncatedRefusal(truncated, limit, dtype),
            LogUniform logUniform => LogUniformRefusal(logUniform, limit, dtype),
            Sparse sparse => SparseRefusal(sparse, limit, dtype),
            Orthogonal orthogonal => GainRefusal(orthogonal.Gain, limit, dtype),
            DeltaOrthogonal orthogonal => GainRefusal(orthogonal.Gain, limit, dtype),
            _ => throw new ArgumentOutOfRangeException(nameof(distribution), distribution.Kind, "no limits are known"),
        };
    }

    private static string? ConstantRefusal(double value, DType dtype)
    {
        if (!double.IsFinite(value)) return $"value {Text(value)} is not finite";
        if (dtype.IsFloat()) return Math.Abs(value) > dtype.MaxFinite() ? $"value {Text(value)} is outside the finite range of {dtype.Name()} (±{Text(dtype.MaxFinite())})" : null;
        // 2^63 itself is a binary64 number and no 64-bit integer.
        (double low, double high) = dtype switch
        {
            DType.BOOL => (0, 1),
            DType.U8 => (0, 255),
            DType.I32 => (int.MinValue, int.MaxValue),
            _ => (long.MinValue, BitConverter.Int64BitsToDouble(BitConverter.DoubleToInt64Bits(9223372036854775808.0) - 1)),
        };
        return Math.Floor(value) == value && value >= low && value <= high ? null : $"value {Text(value)} is no {dtype.Name()}";
    }

    private static string? UniformRefusal(Uniform uniform, double limit, DType dtype)
    {
        (double low, double high) = (uniform.Low, uniform.High);
        if (NotFinite(("low", low), ("high", high)) is string refusal) return refusal;
        if (Outside(("low", low), ("high", high), limit, dtype) is string outside) return outside;
        if (low >= high) return $"expected low below high, found low {Text(low)}, high {Text(high)}";
        if ((float)low == (float)high) return $"low {Text(low)} and high {Text(high)} are one float32 value";
        return float.IsFinite((float)high - (float)low) ? null : $"high - low = {Text(high - low)} is outside the range of float32";
    }

    private static string? NormalRefusal(Normal normal, double limit, DType dtype)
    {
        (double mean, double std) = (normal.Mean, normal.Std);
        if (NotFinite(("mean", mean), ("std", std)) is string refusal) return refusal;
        if (std < 0) return $"expected std of 0 or more, found {Text(std)}";
        if (std > 0 && (float)std == 0) return $"std {Text(std)} is 0 in float32; say 0, or constant";
        return Outside(("mean - 7.6 std", mean - (NormalReach * std)), ("mean + 7.6 std", mean + (NormalReach * std)), limit, dtype);
    }

    private static string? TruncatedRefusal(TruncatedNormal truncated, double limit, DType dtype)
    {
        (double mean, double std, double low, double high) = (truncated.Mean, truncated.Std, truncated.Low, truncated.High);
        if (NotFinite(("mean", mean), ("std", std)) is string refusal) return refusal;
        if (double.IsNaN(low) || double.IsNaN(high)) return "a bound is not a number";
        if (std <= 0) return $"expected std above 0, found {Text(std)}; a constant is init: constant";
        if ((float)std == 0) return $"std {Text(std)} is 0 in float32";
        if (double.IsInfinity(low) && double.IsInfinity(high)) return "no bound is finite; say normal";
        if (low >= high) return $"expected low below high, found low {Text(low)}, high {Text(high)}";
        if ((float)low == (float)high) return $"low {Text(low)} and high {Text(high)} are one float32 value";
        double away = Math.Max((low - mean) / std, (mean - high) / std);
        if (away > FarthestInterval) return $"the interval [{Text(low)}, {Text(high)}] begins {Text(away)} std from the mean, at most 1e6 are taken: what is left of the normal there is one value in float32; say constant";
        return Outside(
            double.IsInfinity(low) ? ("mean - 7.6 std", mean - (NormalReach * std)) : ("low", low),
            double.IsInfinity(high) ? ("mean + 7.6 std", mean + (NormalReach * std)) : ("high", high), limit, dtype);
    }

    private static string? LogUniformRefusal(LogUniform uniform, double limit, DType dtype)
    {
        (double low, double high) = (uniform.Low, uniform.High);
        if (NotFinite(("low", low), ("high", high)) is string refusal) return refusal;
        if (!(low > 0 && low < high)) return $"expected 0 < low < high, found low {Text(low)}, high {Text(high)}";
        if (Outside(("low", low), ("high", high), limit, dtype) is string outside) return outside;
        if ((float)low == 0) return $"low {Text(low)} is 0 in float32";
        return (float)low == (float)high ? $"low {Text(low)} and high {Text(high)} are one float32 value" : null;
    }

    private static string? SparseRefusal(Sparse sparse, double limit, DType dtype) =>
        sparse.Sparsity is >= 0 and <= 1 ? NormalRefusal(new Normal(sparse.Mean, sparse.Std), limit, dtype) : $"expected a sparsity from 0 to 1, found {Text(sparse.Sparsity)}";

    // No element of a matrix with orthonormal rows or columns is beyond 1.
    private static string? GainRefusal(double gain, double limit, DType dtype)
    {
        if (NotFinite(("gain", gain)) is string refusal) return refusal;
        if (gain != 0 && (float)gain == 0) return $"gain {Text(gain)} is 0 in float32";
        return Outside(("-gain", -gain), ("gain", gain), limit, dtype);
    }

    private static string? NotFinite(params ReadOnlySpan<(string Name, double Value)> numbers)
    {
        foreach ((string name, double value) in numbers) if (!double.IsFinite(value)) return $"{name} {Text(value)} is not finite";
        return null;
    }

    private static string? Outside((string Name, double Value) first, (string Name, double Value) second, double limit, DType dtype)
    {
        foreach ((string name, double value) in (ReadOnlySpan<(string, double)>)[first, second])
        {
            if (!(Math.Abs(value) <= limit)) return $"{name} = {Text(value)} is outside the finite range of {(limit < dtype.MaxFinite() ? "float32, which draws use," : dtype.Name())} (±{Text(limit)})";
        }
        return null;
    }

    /// <summary>
    /// Share of elements that the rounding to the dtype makes zero, where the standard deviation is below 8 times the smallest subnormal;
    /// otherwise null. Half the smallest subnormal itself rounds to zero (ties to even).
    /// </summary>
    public static double? ShareOfZeros(Distribution distribution, DType dtype)
    {
        if (!dtype.IsFloat()) return null;
        double half = dtype.SmallestSubnormal() / 2;
        switch (distribution)
        {
            // Half a step is a tie, and goes to the even zero.
            case Constant constant when constant.Value != 0:
                return Math.Abs(constant.Value) <= half ? 1 : 0;
            case LogUniform log when log.Low < half:
                return Math.Min(1, (PinnedMath.Log(half) - PinnedMath.Log(log.Low)) / (PinnedMath.Log(log.High) - PinnedMath.Log(log.Low)));
            case Uniform uniform when (uniform.High - uniform.Low) / Math.Sqrt(12) < 16 * half:
                return Math.Max(0, Math.Min(uniform.High, half) - Math.Max(uniform.Low, -half)) / (uniform.High - uniform.Low);
            case Normal normal when normal.Std > 0 && normal.Std < 16 * half:
                return Mass(normal.Mean, normal.Std, -half, half);
            case TruncatedNormal truncated when truncated.Std < 16 * half:
                double all = Mass(truncated.Mean, truncated.Std, truncated.Low, truncated.High);
                double zeros = Mass(truncated.Mean, truncated.Std, Math.Max(truncated.Low, -half), Math.Min(truncated.High, half));
                return all > 0 ? Math.Max(0, zeros) / all : null;
            default:
                return null;
        }
    }

    // Mass of N(mean, std²) on [low, high], from the tail nearer to the interval.
    private static double Mass(double mean, double std, double low, double high)
    {
        (double a, double b) = ((low - mean) / std, (high - mean) / std);
        if (a >= b) return 0;
        return a > 0 ? PinnedMath.NormalCdf(-a) - PinnedMath.NormalCdf(-b) : PinnedMath.NormalCdf(b) - PinnedMath.NormalCdf(a);
    }

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
