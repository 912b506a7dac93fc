using System.Collections.Immutable;
using ShardInit.Model;

namespace ShardInit.Initializers;

/// <summary>The functions of <c>torch.nn.init</c> under their names, with their arguments, defaults and refusals (docs/initializers.md lists what differs).</summary>
internal static class TorchInitializers
{
    private static readonly Parameter s_gain = Parameter.Number("gain", "factor of the standard deviation", defaultValue: 1);

    public static ImmutableArray<Initializer> All { get; } =
    [
        new("torch.uniform_", "uniform on [a, b)", [Parameter.Number("a", "lower bound", 0), Parameter.Number("b", "upper bound", 1)], (arguments, _) => Scaled.Uniform(arguments.Number("a"), arguments.Number("b"))),
        new("torch.normal_", "normal", [Parameter.Number("mean", "mean", 0), Parameter.Number("std", "standard deviation", 1)], (arguments, _) => Scaled.Normal(arguments.Number("mean"), arguments.Number("std"))),
        new("torch.trunc_normal_", "normal conditioned on [a, b], which are values and no multiples of std", s_truncated, (arguments, _) => Truncated(arguments)),
        new("torch.constant_", "every element is val", [Parameter.Number("val", "the element", needed: true)], (arguments, _) => new Constant(arguments.Number("val"))),
        new("torch.ones_", "every element is 1", [], (_, _) => new Constant(1)),
        new("torch.zeros_", "every element is 0", [], (_, _) => new Constant(0)),
        new("torch.eye_", "the identity of a matrix", [], (_, facts) => OwnMatrices.Eye(facts, 1)),
        new("torch.dirac_", "a convolution that passes its channels on", [Parameter.Number("groups", "groups of channels", 1)], (arguments, facts) => OwnMatrices.Dirac(facts, arguments.Whole("groups"))),
        .. Forms("torch.xavier_{0}_", "variance gain² × 2 / (fan_in + fan_out)", [s_gain], (arguments, facts) => arguments.Number("gain") * Scaled.Std(1, Fans.Torch(facts.Shape).Denominator("fan_avg"))),
        .. Forms("torch.kaiming_{0}_", "variance gain² / fan",
            [
                Parameter.Number("a", "negative slope of leaky_relu", 0),
                Parameter.Choice("mode", "which fan", "fan_in", "fan_in", "fan_out") with { IgnoresCase = true },
                Parameter.Choice("nonlinearity", "what follows the layer", "leaky_relu", Gains.Nonlinearities),
            ], Kaiming),
        new("torch.orthogonal_", "gain times a matrix with orthonormal rows or columns; axis 0 is the rows, all others the columns", [s_gain], (arguments, facts) => OwnMatrices.Orthogonal(facts, arguments.Number("gain"), null)) { RefusesType = NoQr },
        new("torch.sparse_", "normal with ⌈sparsity × rows⌉ zeros in every column", [Parameter.Number("sparsity", "share of zeros", needed: true), Parameter.Number("std", "standard deviation", 0.01)],
            (arguments, facts) => OwnMatrices.Sparse(facts, arguments.Number("sparsity"), 0, arguments.Number("std"))),
    ];

    private static ImmutableArray<Parameter> s_truncated =>
        [Parameter.Number("mean", "mean before truncation", 0), Parameter.Number("std", "standard deviation before truncation", 1), Parameter.Number("a", "lower bound, a value", -2), Parameter.Number("b", "upper bound, a value", 2)];

    /// <summary>timm's function of the same name is PyTorch's.</summary>
    public static Initializer TruncNormal => All.First(initializer => initializer.Name == "torch.trunc_normal_");

    // PyTorch redraws normals until they fall into [a, b]: the sign of std has no effect.
    private static Distribution Truncated(Arguments arguments)
    {
        (double low, double high, double std) = (arguments.Number("a"), arguments.Number("b"), Math.Abs(arguments.Number("std")));
        return low == high ? new Constant(low) : new TruncatedNormal(arguments.Number("mean"), std, low, high);
    }

    // A tensor without elements is left alone, before anything else is looked at.
    private static double Kaiming(Arguments arguments, TensorFacts facts) => facts.Shape.ElementCount == 0 ? 0
        : Gains.Of(arguments.Choice("nonlinearity"), arguments.Number("a")) * Scaled.Std(1, Fans.Torch(facts.Shape).Denominator(arguments.Choice("mode")));

    private static IEnumerable<Initializer> Forms(string pattern, string summary, ImmutableArray<Parameter> parameters, Func<Arguments, TensorFacts, double> std)
    {
        foreach (string distribution in (string[])["uniform", "normal"])
        {
            yield return new Initializer(string.Format(System.Globalization.CultureInfo.InvariantCulture, pattern, distribution), $"{distribution}, {summary}", parameters, (arguments, facts) => Scaled.Of(distribution, std(arguments, facts)));
        }
    }

    private static string? NoQr(DType dtype) => dtype is DType.F32 or DType.F64 ? null : $"PyTorch has no QR for {dtype.Name()}; init: orthogonal computes in F64 and rounds once";
}
