namespace ShardInit.Initializers;

/// <summary>
/// The two meanings of "truncated" stand under two pairs of names: <c>low</c> and <c>high</c> are values (torch, timm), <c>low_std</c> and
/// <c>high_std</c> multiples of std around the mean (JAX, Keras, TensorFlow). There is no default: which one is meant decides how many elements are cut.
/// A bound that is not given does not exist. std is that of the normal before truncation, without correction.
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
        double low = arguments.NumberOrNull("low") ?? (arguments.NumberOrNull("low_std") is double lowStd ? mean + (lowStd * std) : double.NegativeInfinity);
        double high = arguments.NumberOrNull("high") ?? (arguments.NumberOrNull("high_std") is double highStd ? mean + (highStd * std) : double.PositiveInfinity);
        return new TruncatedNormal(mean, std, low, high);
    }
}
