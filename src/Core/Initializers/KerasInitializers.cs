using System.Collections.Immutable;

namespace ShardInit.Initializers;

/// <summary>
/// The classes of <c>keras.initializers</c> (Keras 3), and the words that a layer takes for them: the same in snake case, and <c>uniform</c>, <c>normal</c>,
/// <c>one</c>, <c>zero</c>. Kernels are [k..., in, out].
/// </summary>
internal static class KerasInitializers
{
    private static readonly ImmutableArray<Parameter> s_axes =
    [
        Parameter.List("input_axes", "axes of the inputs; counts only together with output_axes, and then without receptive field", []) with { NeedsList = true },
        Parameter.List("output_axes", "axes of the outputs", []) with { NeedsList = true },
    ];

    private static readonly Parameter s_gain = Parameter.Number("gain", "factor", 1);

    public static ImmutableArray<Initializer> All { get; } = [.. Classes(), .. Words(Classes())];

    private static IEnumerable<Initializer> Classes() =>
    [
        new("keras.Zeros", "every element is 0", [], (_, _) => new Constant(0)),
        new("keras.Ones", "every element is 1", [], (_, _) => new Constant(1)),
        new("keras.Constant", "every element is value", [Parameter.Number("value", "the element", 0)], (arguments, _) => new Constant(arguments.Number("value"))),
        new("keras.Identity", "gain on the main diagonal of a matrix", [s_gain], (arguments, facts) => OwnMatrices.Eye(facts, arguments.Number("gain"))),
        new("keras.RandomNormal", "normal", [Parameter.Number("mean", "mean", 0), Parameter.Number("stddev", "standard deviation", 0.05)], (arguments, _) => Scaled.Normal(arguments.Number("mean"), Math.Abs(arguments.Number("stddev")))),
        new("keras.RandomUniform", "uniform on [minval, maxval)", [Parameter.Number("minval", "lower bound", -0.05), Parameter.Number("maxval", "upper bound", 0.05)], (arguments, _) => Scaled.Uniform(arguments.Number("minval"), arguments.Number("maxval"))),
        new("keras.TruncatedNormal", "normal cut at 2 stddev, without correction", [Parameter.Number("mean", "mean", 0), Parameter.Number("stddev", "standard deviation before truncation", 0.05)],
            (arguments, _) => Scaled.Cut(arguments.Number("mean"), Math.Abs(arguments.Number("stddev")), -2, 2)),
        new("keras.VarianceScaling", "mean 0, variance scale / max(1, fan)",
            [
                Parameter.Number("scale", "factor of the variance, above 0", 1), Parameter.Choice("mode", "which fan", "fan_in", "fan_in", "fan_out", "fan_avg"),
                Parameter.Choice("distribution", "normal is another word for truncated_normal", "truncated_normal", "normal", "truncated_normal", "untruncated_normal", "uniform"), .. s_axes,
            ],
            (arguments, facts) => Draw(arguments, facts, arguments.Number("scale"), arguments.Choice("mode"), arguments.Choice("distribution"))),
        .. Named("Glorot", 1, "fan_avg"), .. Named("He", 2, "fan_in"), .. Named("Lecun", 1, "fan_in"),
        new("keras.Orthogonal", "gain times a matrix with orthonormal rows or columns; the last axis is the columns", [s_gain], (arguments, facts) => OwnMatrices.Orthogonal(facts, arguments.Number("gain"), facts.Shape.Rank - 1)),
        KerasStft.Initializer,
    ];

    private static IEnumerable<Initializer> Named(string name, double scale, string mode) =>
    [
        new($"keras.{name}Uniform", $"uniform, variance {scale} / {mode}", s_axes, (arguments, facts) => Draw(arguments, facts, scale, mode, "uniform")),
        new($"keras.{name}Normal", $"normal cut at 2 std and widened to variance {scale} / {mode}", s_axes, (arguments, facts) => Draw(arguments, facts, scale, mode, "truncated_normal")),
    ];

    private static Distribution Draw(Arguments arguments, TensorFacts facts, double scale, string mode, string distribution)
    {
        if (scale <= 0) throw new RefusalException(FormattableString.Invariant($"expected a scale above 0, found {scale:R}"));
        int rank = facts.Shape.Rank;
        Fans fans = Fans.Keras(facts.Shape, arguments.Axes("input_axes", rank).AsSpan(), arguments.Axes("output_axes", rank).AsSpan());
        string drawn = distribution switch { "normal" => "truncated_normal", "untruncated_normal" => "normal", _ => distribution };
        return Scaled.Of(drawn, Scaled.Std(scale, Math.Max(1, fans.Denominator(mode))));
    }

    private static IEnumerable<Initializer> Words(IEnumerable<Initializer> classes)
    {
        foreach (Initializer initializer in classes)
        {
            string word = Snake(initializer.Name["keras.".Length..]);
            yield return initializer.As($"keras.{word}");
            string? other = word switch
            {
                "random_uniform" => "uniform",
                "random_normal" => "normal",
                "ones" => "one",
                "zeros" => "zero",
                "orthogonal" => "OrthogonalInitializer",
                "identity" => "IdentityInitializer",
                _ => null,
            };
            if (other is not null) yield return initializer.As($"keras.{other}");
        }
    }

    // GlorotUniform -> glorot_uniform, STFTInitializer -> stft_initializer.
    private static string Snake(string name)
    {
        System.Text.StringBuilder snake = new();
        for (int i = 0; i < name.Length; i++)
        {
            bool starts = i > 0 && char.IsUpper(name[i]) && (char.IsLower(name[i - 1]) || (i + 1 < name.Length && char.IsLower(name[i + 1])));
            if (starts) snake.Append('_');
            snake.Append(char.ToLowerInvariant(name[i]));
        }
        return snake.ToString();
    }
}
