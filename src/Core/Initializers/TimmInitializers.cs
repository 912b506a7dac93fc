using System.Collections.Immutable;

namespace ShardInit.Initializers;

/// <summary>The functions of <c>timm.layers.weight_init</c>. Fans are PyTorch's.</summary>
internal static class TimmInitializers
{
    public static ImmutableArray<Initializer> All { get; } =
    [
        TorchInitializers.TruncNormal.As("timm.trunc_normal_"),
        new("timm.trunc_normal_tf_", "mean + std × N(0, 1) conditioned on [a, b]: bounds are multiples of std",
            [Parameter.Number("mean", "mean before truncation", 0), Parameter.Number("std", "standard deviation before truncation", 1), Parameter.Number("a", "lower bound, a multiple of std", -2), Parameter.Number("b", "upper bound, a multiple of std", 2)],
            (arguments, _) => Scaled.Cut(arguments.Number("mean"), arguments.Number("std"), arguments.Number("a"), arguments.Number("b"))),
        new("timm.variance_scaling_", "mean 0, variance scale / fan",
            [Parameter.Number("scale", "factor of the variance", 1), Parameter.Choice("mode", "which fan", "fan_in", "fan_in", "fan_out", "fan_avg"), Parameter.Choice("distribution", "truncated_normal is cut at 2 std and widened to the variance wanted", "normal", Scaled.Distributions)],
            (arguments, facts) => Scaled.Of(arguments.Choice("distribution"), Scaled.Std(arguments.Number("scale"), Fans.Torch(facts.Shape).Denominator(arguments.Choice("mode"))))),
        new("timm.lecun_normal_", "normal cut at 2 std and widened to variance 1 / fan_in", [], (_, facts) => Scaled.Of("truncated_normal", Scaled.Std(1, Fans.Torch(facts.Shape).In))),
    ];
}
