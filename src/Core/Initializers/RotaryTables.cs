using System.Collections.Immutable;
using ShardInit.Arithmetic;
using ShardInit.Model;

namespace ShardInit.Initializers;

/// <summary>
/// The inverse frequencies of rotary position embeddings, a vector of dim / 2, as <c>transformers</c> computes them at construction. Its steps are float32:
/// exponent e = f32(2i / dim), then f32(theta^e), then the reciprocal. Rounding theta^(-2i/dim) once instead would differ by up to 3 units in the last place.
/// </summary>
internal static class RotaryTables
{
    private const string Power = "f32(theta ** f32(2 * i / dim))";
    private const string Inverse = $"f32(1 / {Power})";

    public static ImmutableArray<Initializer> All { get; } =
    [
        new("rotary", "inverse frequencies of rotary position embeddings",
            [
                Parameter.Choice("type", "the scaling", "default", "default", "linear", "dynamic", "llama3", "yarn", "longrope"),
                Parameter.Number("theta", "the base", 10000), Parameter.Number("factor", "of linear, llama3, yarn"),
                Parameter.Number("low_freq_factor", "of llama3", 1), Parameter.Number("high_freq_factor", "of llama3", 4),
                Parameter.Number("original_max_position_embeddings", "of llama3, yarn"),
                Parameter.Number("beta_fast", "of yarn", 32), Parameter.Number("beta_slow", "of yarn", 1), Parameter.Flag("truncate", "of yarn: its bounds are whole numbers", true),
                Parameter.List("short_factor", "of longrope: a factor for each frequency"),
            ], Rotary),
        new("values", "the numbers of a list, in row-major order, along axis 0", [Parameter.List("values", "the numbers") with { Needed = true }], (arguments, facts) => Values(arguments.List("values"), facts)),
    ];

    private static Distribution Rotary(Arguments arguments, TensorFacts facts)
    {
        if (facts.Shape.Rank != 1) throw new RefusalException($"expected a vector of frequencies; shape {facts.Shape} has {facts.Shape.Rank} axes");
        double theta = arguments.Number("theta");
        if (!(theta > 0)) throw new RefusalException(FormattableString.Invariant($"theta: expected a number above 0, found {theta:R}"));
        KeyValuePair<string, double>[] numbers = [KeyValuePair.Create("theta", theta), KeyValuePair.Create("dim", 2.0 * facts.Shape[0])];
        return arguments.Choice("type") switch
        {
            "linear" => Table.Of($"{Inverse} / factor", [.. numbers, Given(arguments, "factor")]),
            "llama3" => Llama3(arguments, numbers),
            "yarn" => Yarn(arguments, facts, theta, numbers),
            "longrope" => LongRope(arguments.List("short_factor"), facts, theta),
            _ => Table.Of(Inverse, numbers),
        };
    }

    // Waves longer than original / low are stretched by factor, waves shorter than original / high are not, and between them the two are mixed.
    private static Table Llama3(Arguments arguments, KeyValuePair<string, double>[] numbers)
    {
        (double low, double high) = (arguments.Number("low_freq_factor"), arguments.Number("high_freq_factor"));
        if (!(high > low)) throw new RefusalException(FormattableString.Invariant($"expected high_freq_factor above low_freq_factor, found {high:R} and {low:R}"));
        const string Smooth = $"min(1, max(0, (original * {Inverse} / (2 * pi) - low) / (high - low)))";
        return Table.Of($"(1 - {Smooth}) * {Inverse} / factor + {Smooth} * {Inverse}",
            [.. numbers, Given(arguments, "factor"), KeyValuePair.Create("low", low), KeyValuePair.Create("high", high), KeyValuePair.Create("original", Given(arguments, "original_max_position_embeddings").Value)]);
    }

    // Frequencies that turn more than beta_fast times within the original length stay, those below beta_slow are divided, with a ramp between (arXiv 2309.00071).
    private static Table Yarn(Arguments arguments, TensorFacts facts, double theta, KeyValuePair<string, double>[] numbers)
    {
        double original = Given(arguments, "original_max_position_embeddings").Value, dim = 2 * facts.Shape[0];
        double Turns(double beta) => dim * PinnedMath.Log(original / (beta * 2 * Math.PI)) / (2 * PinnedMath.Log(theta));
        (double low, double high) = (Turns(arguments.Number("beta_fast")), Turns(arguments.Number("beta_slow")));
        if (arguments.Flag("truncate")) (low, high) = (Math.Floor(low), Math.Ceiling(high));
        (low, high) = (Math.Max(low, 0), Math.Min(high, dim - 1));
        if (low == high) high += 0.001;
        const string Ramp = "min(1, max(0, (i - low) / (high - low)))";
        return Table.Of($"f32(1 / f32(factor * {Power})) * {Ramp} + {Inverse} * (1 - {Ramp})", [.. numbers, Given(arguments, "factor"), KeyValuePair.Create("low", low), KeyValuePair.Create("high", high)]);
    }

    private static Distribution LongRope(ImmutableArray<double> factors, TensorFacts facts, double theta)
    {
        double dim = 2 * facts.Shape[0];
        return Values([.. factors.Select((factor, i) => 1 / (double)(float)(factor * (float)PinnedMath.Pow(theta, (float)(2 * i / dim))))], facts);
    }

    private static Distribution Values(ImmutableArray<double> values, TensorFacts facts)
    {
        if (facts.Shape.Rank != 1 || facts.Shape[0] != values.Length) throw new RefusalException($"{values.Length} numbers for shape {facts.Shape}: expected one for each element of a vector");
        return OwnRows.Of(facts, [.. values.Select((value, i) => new RowPart(i + 1, new Constant(value)))]);
    }

    private static KeyValuePair<string, double> Given(Arguments arguments, string name) => KeyValuePair.Create(name, arguments.NumberOrNull(name) ?? throw new RefusalException($"type {arguments.Choice("type")} needs {name}"));
}
