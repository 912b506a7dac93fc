using System.Collections.Immutable;

namespace ShardInit.Initializers;

/// <summary>Own names of scaled draws. Axes are those of the logical tensor, which has PyTorch's orientation: [out, in, k...].</summary>
internal static class OwnScaled
{
    private static readonly Parameter s_mode = Parameter.Choice("mode", "which fan the variance is divided by", "fan_in", "fan_in", "fan_out", "fan_avg", "fan_geo_avg");
    private static readonly Parameter s_gain = Parameter.Number("gain", "factor of the standard deviation", defaultValue: 1);
    private static readonly ImmutableArray<Parameter> s_axes =
    [
        Parameter.List("in_axis", "axes of the inputs", [1]),
        Parameter.List("out_axis", "axes of the outputs", [0]),
        Parameter.List("batch_axis", "axes that count on neither side, as the experts of a fused tensor", []),
        Parameter.Number("fan", "the number itself, where axes do not tell it"),
    ];

    public static ImmutableArray<Initializer> All { get; } =
    [
        new("variance_scaling", "mean 0, variance scale / fan",
            [
                Parameter.Number("scale", "factor of the variance", defaultValue: 1), s_mode,
                Parameter.Choice("distribution", "what is drawn; truncated_normal is cut at 2 std and widened to the variance wanted", "normal", Scaled.Distributions), .. s_axes,
            ],
            (arguments, facts) => Draw(arguments, facts, 1, arguments.Number("scale"), arguments.Choice("mode"), arguments.Choice("distribution"))),
        .. Aliases("xavier", "glorot", "variance 1 / fan_avg", [s_gain, .. s_axes], (arguments, facts, distribution) => Draw(arguments, facts, arguments.Number("gain"), 1, "fan_avg", distribution)),
        .. Aliases("kaiming", "he", "variance gain² / fan, with the gain of a nonlinearity",
            [s_mode, Parameter.Choice("nonlinearity", "what follows the layer", "relu", Gains.Nonlinearities), Parameter.Number("slope", "that of leaky_relu for negative inputs", defaultValue: Gains.DefaultSlope), .. s_axes],
            (arguments, facts, distribution) => Draw(arguments, facts, Gains.Of(arguments.Choice("nonlinearity"), arguments.Number("slope")), 1, arguments.Choice("mode"), distribution)),
        .. Forms("lecun", "variance 1 / fan_in", [s_gain, .. s_axes], (arguments, facts, distribution) => Draw(arguments, facts, arguments.Number("gain"), 1, "fan_in", distribution)),
    ];

    private static IEnumerable<Initializer> Aliases(string name, string alias, string summary, ImmutableArray<Parameter> parameters, Func<Arguments, TensorFacts, string, Distribution> draw)
    {
        Initializer[] forms = [.. Forms(name, summary, parameters, draw)];
        return [.. forms, .. forms.Select(form => form.As(form.Name.Replace(name, alias, StringComparison.Ordinal)))];
    }

    private static IEnumerable<Initializer> Forms(string name, string summary, ImmutableArray<Parameter> parameters, Func<Arguments, TensorFacts, string, Distribution> draw)
    {
        foreach (string distribution in (string[])["normal", "uniform"])
        {
            yield return new Initializer($"{name}_{distribution}", $"{distribution}, {summary}", parameters, (arguments, facts) => draw(arguments, facts, distribution));
        }
    }

    private static Distribution Draw(Arguments arguments, TensorFacts facts, double gain, double scale, string mode, string distribution)
    {
        if (facts.Shape.ElementCount == 0) return new Constant(0);
        int rank = facts.Shape.Rank;
        double fan = arguments.NumberOrNull("fan")
            ?? (rank < 2 ? throw new RefusalException($"fan_in and fan_out need 2 axes or more; shape {facts.Shape} has {rank}: say fan")
            : Fans.Of(facts.Shape, arguments.Axes("in_axis", rank).AsSpan(), arguments.Axes("out_axis", rank).AsSpan(), arguments.Axes("batch_axis", rank).AsSpan()).Denominator(mode));
        if (gain < 0) throw new RefusalException(FormattableString.Invariant($"expected a gain of 0 or more, found {gain:R}"));
        return Scaled.Of(distribution, gain * Scaled.Std(scale, fan));
    }
}
