using ShardInit.Arithmetic;

namespace ShardInit.Initializers;

/// <summary>
/// The two meanings of "truncated" stand under two pairs of names: <c>low</c> and <c>high</c> are values (torch, timm), <c>low_std</c> and
/// <c>high_std</c> multiples of std around the mean (JAX, Keras, TensorFlow). There is no default: which one is meant decides how many elements are cut.
/// A bound that is not given does not exist. std is that of the normal before truncation, or, with <c>corrected</c>, that of the result: the normal is then
/// wider by 1 / (deviation of N(0, 1) between the two multiples).
/// </summary>
internal static class TruncatedNormalInitializer
{
    public static readonly Initializer TruncatedNormal = new("truncated_normal", "normal conditioned on an interval",
        [
            Parameter.Number("mean", "mean before truncation", defaultValue: 0),
            Parameter.Number("std", "standard deviation before truncation, above 0", needed: true),
            Parameter.Number("low", "lower bound, a value"),
            Parameter.Number("high", "upper bound, a value"),
            Parameter.Number("low_std", "lower bound in multiples of std from the mean"),
            Parameter.Number("high_std", "upper bound in multiples of std from the mean"),
            Parameter.Flag("corrected", "std is that of the result; bounds are multiples then", false),
        ], Resolve);

    private static TruncatedNormal Resolve(Arguments arguments, TensorFacts facts)
    {
        bool values = arguments.Has("low") || arguments.Has("high");
        bool multiples = arguments.Has("low_std") || arguments.Has("high_std");
        if (values == multiples)
        {
            throw new RefusalException(values
                ? "give bounds either as values (low, high) or as multiples of std (low_std, high_std), not both"
                : "needs bounds: low and high (values), or low_std and high_std (multiples of std)");
        }
        double mean = arguments.Number("mean");
        double std = arguments.Number("std");
        if (arguments.Flag("corrected"))
        {
            if (values) throw new RefusalException("corrected: give bounds as multiples of std (low_std, high_std): values do not grow with the normal");
            std /= DeviationBetween(arguments.NumberOrNull("low_std") ?? double.NegativeInfinity, arguments.NumberOrNull("high_std") ?? double.PositiveInfinity);
        }
        double low = arguments.NumberOrNull("low") ?? (arguments.NumberOrNull("low_std") is double lowStd ? mean + (lowStd * std) : double.NegativeInfinity);
        double high = arguments.NumberOrNull("high") ?? (arguments.NumberOrNull("high_std") is double highStd ? mean + (highStd * std) : double.PositiveInfinity);
        return new TruncatedNormal(mean, std, low, high);
    }

    /// <summary>Standard deviation of N(0, 1) conditioned on [a, b]: 1 + (a φ(a) - b φ(b)) / Z - ((φ(a) - φ(b)) / Z)² is its square, Z the mass of the interval.</summary>
    private static double DeviationBetween(double a, double b)
    {
        if (a >= b) throw new RefusalException(FormattableString.Invariant($"expected low_std below high_std, found {a:R} and {b:R}"));
        double mass = a > 0 ? PinnedMath.NormalCdf(-a) - PinnedMath.NormalCdf(-b) : PinnedMath.NormalCdf(b) - PinnedMath.NormalCdf(a);
        double mean = (Density(a) - Density(b)) / mass;
        double variance = 1 + ((Moment(a) - Moment(b)) / mass) - (mean * mean);
        // Far out in a tail the three terms cancel to nothing.
        return variance > 1e-9 ? Math.Sqrt(variance) : throw new RefusalException("corrected: the interval is too far from the mean, or too narrow");
    }

    private static double Density(double x) => PinnedMath.Exp(-0.5 * x * x) * 0.3989422804014327;

    private static double Moment(double x) => double.IsInfinity(x) ? 0 : x * Density(x);
}
