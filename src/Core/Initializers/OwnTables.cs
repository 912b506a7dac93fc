using System.Collections.Immutable;
using ShardInit.Arithmetic;
using ShardInit.Model;

namespace ShardInit.Initializers;

/// <summary>
/// Values that follow from the place of the element, and draws that are a formula of one uniform: each is a formula of docs/determinism.md with its numbers.
/// Rotary frequencies stand in <see cref="RotaryTables"/>.
/// </summary>
internal static class OwnTables
{
    private static readonly Parameter s_axis = Parameter.Number("axis", "the axis along which values run", defaultValue: -1);

    public static ImmutableArray<Initializer> All { get; } =
    [
        new("log_uniform", "e to the power of a uniform between ln low and ln high", [Parameter.Number("low", "lower bound, above 0", needed: true), Parameter.Number("high", "upper bound", needed: true)],
            (arguments, _) => new LogUniform(arguments.Number("low"), arguments.Number("high"))),
        new("arange", "start, start + step, ... along an axis", [Parameter.Number("start", "the first value", 0), Parameter.Number("step", "the difference", 1), s_axis],
            (arguments, facts) => Along(arguments, facts, "start + step * {0}", "start", "step")),
        new("log_arange", "the logarithms of start, start + step, ... along an axis: the A_log of Mamba", [Parameter.Number("start", "the first number", 1), Parameter.Number("step", "the difference", 1), s_axis],
            (arguments, facts) => Along(arguments, facts, "log(start + step * {0})", "start", "step")),
        new("inverse_softplus", "x with log(1 + e^x) log-uniform between low and high, but at least floor: the dt bias of Mamba",
            [Parameter.Number("low", "lowest time step", 0.001), Parameter.Number("high", "highest time step", 0.1), Parameter.Number("floor", "smaller time steps are this one", 1e-4)], InverseSoftplus),
        new("sinusoidal", "sines and cosines of positions (rows) at geometric frequencies (columns)",
            [
                Parameter.Number("max_timescale", "the longest wave over 2 pi", 10000),
                Parameter.Choice("layout", "first half sines, second half cosines, or in turn", "halves", "halves", "interleaved"),
                Parameter.Number("shift", "the last frequency is 1 / max_timescale with 1 (Whisper, tensor2tensor), one step short of it with 0 (the Transformer paper)", 0),
            ], Sinusoidal),
        .. RotaryTables.All,
    ];

    // The name of the index along an axis in formulas: i, j, k, ...
    private static string Index(int axis) => ((char)('i' + axis)).ToString();

    private static Table Along(Arguments arguments, TensorFacts facts, string formula, params string[] numbers)
    {
        if (facts.Shape.Rank is 0 or > 3) throw new RefusalException($"expected 1 to 3 axes; shape {facts.Shape} has {facts.Shape.Rank}");
        string text = string.Format(System.Globalization.CultureInfo.InvariantCulture, formula, Index(arguments.Axis("axis", facts.Shape.Rank)));
        return Table.Of(text, numbers.Select(name => KeyValuePair.Create(name, arguments.Number(name))));
    }

    private static Expression InverseSoftplus(Arguments arguments, TensorFacts facts)
    {
        (double low, double high, double floor) = (arguments.Number("low"), arguments.Number("high"), arguments.Number("floor"));
        if (!(low > 0 && high > low && floor >= 0)) throw new RefusalException(FormattableString.Invariant($"expected 0 < low < high and floor of 0 or more, found low {low:R}, high {high:R}, floor {floor:R}"));
        const string Step = "max(exp(u * span + ln_low), lowest)";
        return Expression.Of($"{Step} + log(-expm1(-{Step}))", KeyValuePair.Create("span", PinnedMath.Log(high) - PinnedMath.Log(low)), KeyValuePair.Create("ln_low", PinnedMath.Log(low)), KeyValuePair.Create("lowest", floor));
    }

    private static Table Sinusoidal(Arguments arguments, TensorFacts facts)
    {
        Shape shape = facts.Shape;
        double scale = arguments.Number("max_timescale"), shift = arguments.Number("shift");
        if (shape.Rank != 2 || shape[1] % 2 != 0) throw new RefusalException($"expected [positions, channels] with an even number of channels; found shape {shape}");
        double count = (shape[1] / 2) - shift;
        if (!(scale > 0 && count > 0)) throw new RefusalException(FormattableString.Invariant($"expected max_timescale above 0 and a shift below {shape[1] / 2}, found {scale:R} and {shift:R}"));
        (string wave, string isSine) = arguments.Choice("layout") == "halves" ? ("mod(j, half)", "j < half") : ("floor(j / 2)", "mod(j, 2) == 0");
        string angle = $"i * exp(-increment * {wave})";
        return Table.Of($"if({isSine}, sin({angle}), cos({angle}))", KeyValuePair.Create("half", (double)(shape[1] / 2)), KeyValuePair.Create("increment", PinnedMath.Log(scale) / count));
    }
}
