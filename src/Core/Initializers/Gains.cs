using System.Collections.Immutable;

namespace ShardInit.Initializers;

/// <summary>Factors that keep the variance of a signal behind a nonlinearity, as <c>torch.nn.init.calculate_gain</c> has them.</summary>
internal static class Gains
{
    /// <summary>slope² is a binary64 product; 3/4 for selu is an empirical number of PyTorch's.</summary>
    private static readonly ImmutableSortedDictionary<string, Func<double, double>> s_gains = new Dictionary<string, Func<double, double>>
    {
        ["linear"] = _ => 1,
        ["conv1d"] = _ => 1,
        ["conv2d"] = _ => 1,
        ["conv3d"] = _ => 1,
        ["conv_transpose1d"] = _ => 1,
        ["conv_transpose2d"] = _ => 1,
        ["conv_transpose3d"] = _ => 1,
        ["sigmoid"] = _ => 1,
        ["tanh"] = _ => 5.0 / 3,
        ["relu"] = _ => Math.Sqrt(2),
        ["leaky_relu"] = slope => Math.Sqrt(2 / (1 + (slope * slope))),
        ["selu"] = _ => 3.0 / 4,
    }.ToImmutableSortedDictionary(StringComparer.Ordinal);

    /// <summary>The slope of <c>leaky_relu</c> where none is given.</summary>
    public const double DefaultSlope = 0.01;

    public static ImmutableArray<string> Nonlinearities { get; } = [.. s_gains.Keys];

    public static double Of(string nonlinearity, double slope = DefaultSlope) => s_gains[nonlinearity](slope);
}
