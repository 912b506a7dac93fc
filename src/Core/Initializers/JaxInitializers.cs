using System.Collections.Immutable;
using ShardInit.Model;

namespace ShardInit.Initializers;

/// <summary>The functions of <c>jax.nn.initializers</c>, which are flax's too. Kernels are [k..., in, out] unless axes say otherwise.</summary>
internal static class JaxInitializers
{
    private static readonly ImmutableArray<Parameter> s_axes =
        [Parameter.List("in_axis", "axes of the inputs", [-2]), Parameter.List("out_axis", "axes of the outputs", [-1]), Parameter.List("batch_axis", "axes that count on neither side", [])];

    private static readonly ImmutableArray<Parameter> s_orthogonal = [Parameter.Number("scale", "factor", 1), Parameter.Number("column_axis", "the axis of the columns", -1)];

    public static ImmutableArray<Initializer> All { get; } =
    [
        new("jax.zeros", "every element is 0", [], (_, _) => new Constant(0)),
        new("jax.ones", "every element is 1", [], (_, _) => new Constant(1)),
        new("jax.constant", "every element is value", [Parameter.Number("value", "the element", needed: true)], (arguments, _) => new Constant(arguments.Number("value"))),
        new("jax.uniform", "uniform on [0, scale), not around 0", [Parameter.Number("scale", "the other end", 0.01)], (arguments, _) => Scaled.Uniform(Math.Min(0, arguments.Number("scale")), Math.Max(0, arguments.Number("scale")))),
        new("jax.normal", "normal", [Parameter.Number("stddev", "standard deviation", 0.01)], (arguments, _) => Scaled.Normal(0, Math.Abs(arguments.Number("stddev")))),
        new("jax.truncated_normal", "normal cut at multiples of stddev, without correction",
            [Parameter.Number("stddev", "standard deviation before truncation", 0.01), Parameter.Number("lower", "lower bound, a multiple of stddev", -2), Parameter.Number("upper", "upper bound, a multiple of stddev", 2)],
            (arguments, _) => CutThenScaled(arguments.Number("stddev"), arguments.Number("lower"), arguments.Number("upper"))),
        new("jax.variance_scaling", "mean 0, variance scale / fan",
            [
                Parameter.Number("scale", "factor of the variance", needed: true), Parameter.Choice("mode", "which fan", null, "fan_in", "fan_out", "fan_avg", "fan_geo_avg"),
                Parameter.Choice("distribution", "truncated_normal is cut at 2 std and widened to the variance wanted", null, Scaled.Distributions), .. s_axes,
            ],
            (arguments, facts) => Draw(arguments, facts, arguments.Number("scale"), arguments.Choice("mode"), arguments.Choice("distribution"))),
        .. Named("glorot", 1, "fan_avg"), .. Named("xavier", 1, "fan_avg"), .. Named("lecun", 1, "fan_in"), .. Named("he", 2, "fan_in"), .. Named("kaiming", 2, "fan_in"),
        new("jax.orthogonal", "scale times a matrix with orthonormal rows or columns", s_orthogonal, (arguments, facts) => OwnMatrices.Orthogonal(facts, arguments.Number("scale"), facts.Shape.Rank < 2 ? 0 : arguments.Axis("column_axis", facts.Shape.Rank))) { RefusesType = NoQr },
        new("jax.delta_orthogonal", "a convolution that is an orthogonal matrix at its middle", s_orthogonal, (arguments, facts) => OwnMatrices.DeltaOrthogonal(facts, arguments.Number("scale"), arguments.Axis("column_axis", 2))) { RefusesType = NoQr },
    ];

    private static IEnumerable<Initializer> Named(string name, double scale, string mode) =>
    [
        new($"jax.{name}_uniform", $"uniform, variance {scale} / {mode}", s_axes, (arguments, facts) => Draw(arguments, facts, scale, mode, "uniform")),
        new($"jax.{name}_normal", $"normal cut at 2 std and widened to variance {scale} / {mode}", s_axes, (arguments, facts) => Draw(arguments, facts, scale, mode, "truncated_normal")),
    ];

    /// <summary>JAX multiplies a standard normal that is cut already: a negative factor turns the interval round.</summary>
    private static Distribution CutThenScaled(double stddev, double lower, double upper) => stddev < 0 ? Scaled.Cut(0, -stddev, -upper, -lower) : Scaled.Cut(0, stddev, lower, upper);

    private static Distribution Draw(Arguments arguments, TensorFacts facts, double scale, string mode, string distribution)
    {
        int rank = facts.Shape.Rank;
        Fans fans = Fans.Of(facts.Shape, arguments.Axes("in_axis", rank).AsSpan(), arguments.Axes("out_axis", rank).AsSpan(), arguments.Axes("batch_axis", rank).AsSpan());
        return Scaled.Of(distribution, Scaled.Std(scale, fans.Denominator(mode)));
    }

    private static string? NoQr(DType dtype) => dtype is DType.F32 or DType.F64 ? null : $"JAX has no QR for {dtype.Name()}; init: orthogonal and delta_orthogonal compute in F64 and round once";
}
