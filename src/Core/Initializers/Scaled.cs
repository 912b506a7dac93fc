using System.Collections.Immutable;

namespace ShardInit.Initializers;

/// <summary>
/// The one form behind variance scaling, Xavier, Kaiming and LeCun under every name: mean 0 and a standard deviation of gain × √(scale / fan), drawn as a
/// normal, a uniform or a truncated normal. Names differ in how they count the fan and in what they allow.
/// </summary>
internal static class Scaled
{
    /// <summary>Standard deviation of N(0,1) cut at ±2, as JAX, Keras and timm write it: the truncated form divides by it, so that the result has the wanted deviation.</summary>
    public const double StdCutAt2 = 0.87962566103423978;

    public static readonly ImmutableArray<string> Distributions = ["normal", "uniform", "truncated_normal"];

    /// <summary>A fan of 0 is a division by zero in the originals.</summary>
    public static double Std(double scale, double fan) =>
        scale < 0 ? throw new RefusalException(FormattableString.Invariant($"expected a scale of 0 or more, found {scale:R}: its square root would make every element NaN"))
        : fan > 0 ? Math.Sqrt(scale / fan)
        : throw new RefusalException("the fan is 0: the standard deviation would be infinite");

    public static Distribution Of(string distribution, double std) => std == 0 ? new Constant(0) : distribution switch
    {
        "uniform" => Symmetric(Math.Sqrt(3) * std),
        "truncated_normal" => Cut(0, std / StdCutAt2, -2, 2),
        _ => Normal(0, std),
    };

    /// <summary>N(mean, std²); the constant that it is with std 0.</summary>
    public static Distribution Normal(double mean, double std) =>
        std == 0 ? new Constant(mean) : std > 0 ? new Normal(mean, std) : throw new RefusalException(FormattableString.Invariant($"expected std of 0 or more, found {std:R}"));

    /// <summary>Uniform on [low, high); the constant that it is with equal bounds.</summary>
    public static Distribution Uniform(double low, double high) => low == high ? new Constant(high) : new Uniform(low, high);

    /// <summary>Uniform on [-bound, bound).</summary>
    public static Distribution Symmetric(double bound) =>
        bound < 0 ? throw new RefusalException(FormattableString.Invariant($"expected a bound of 0 or more, found {bound:R}")) : Uniform(-bound, bound);

    /// <summary>A normal cut at multiples of its standard deviation.</summary>
    public static Distribution Cut(double mean, double std, double low, double high) =>
        std == 0 ? new Constant(mean) : new TruncatedNormal(mean, std, mean + (low * std), mean + (high * std));
}
