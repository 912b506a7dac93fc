using System.Runtime.CompilerServices;
using ShardInit.Initializers;

namespace ShardInit.Planning;

/// <summary>
/// Distributions in JSON, the same object in <c>plan.json</c> and in <c>plan --tensors --json</c>: <c>kind</c> and its numbers by name. An infinite bound is left out,
/// because JSON has no infinity.
/// </summary>
internal static class DistributionJson
{
    /// <summary>Names of the numbers of each kind, in the order of the canonical encoding; null for an unknown kind.</summary>
    public static string[]? NumberNames(string kind) => kind switch
    {
        "constant" => ["value"],
        "uniform" => ["low", "high"],
        "normal" => ["mean", "std"],
        "truncated_normal" => ["mean", "std", "low", "high"],
        _ => null,
    };

    public static double[] Numbers(Distribution distribution) => distribution switch
    {
        Constant constant => [constant.Value],
        Uniform uniform => [uniform.Low, uniform.High],
        Normal normal => [normal.Mean, normal.Std],
        TruncatedNormal truncated => [truncated.Mean, truncated.Std, truncated.Low, truncated.High],
        _ => throw new SwitchExpressionException(distribution.Kind),
    };

    public static Distribution Create(string kind, ReadOnlySpan<double> numbers) => kind switch
    {
        "constant" => new Constant(numbers[0]),
        "uniform" => new Uniform(numbers[0], numbers[1]),
        "normal" => new Normal(numbers[0], numbers[1]),
        "truncated_normal" => new TruncatedNormal(numbers[0], numbers[1], numbers[2], numbers[3]),
        _ => throw new SwitchExpressionException(kind),
    };

    /// <summary>Equal exactly where kind and the bits of all numbers are: 0 and -0 differ, although records take them for equal.</summary>
    public static Identity Key(Distribution distribution) => distribution switch
    {
        Constant constant => new(constant.Kind, Bits(constant.Value), 0, 0, 0),
        Uniform uniform => new(uniform.Kind, Bits(uniform.Low), Bits(uniform.High), 0, 0),
        Normal normal => new(normal.Kind, Bits(normal.Mean), Bits(normal.Std), 0, 0),
        TruncatedNormal truncated => new(truncated.Kind, Bits(truncated.Mean), Bits(truncated.Std), Bits(truncated.Low), Bits(truncated.High)),
        _ => throw new SwitchExpressionException(distribution.Kind),
    };

    public readonly record struct Identity(string Kind, long First, long Second, long Third, long Fourth);

    private static long Bits(double number) => BitConverter.DoubleToInt64Bits(number);

    public static void Write(JsonOutput json, Distribution distribution, ReadOnlySpan<long> zeroRows = default)
    {
        json.Open('{');
        json.Name("kind"); json.Text(distribution.Kind);
        string[] names = NumberNames(distribution.Kind)!;
        double[] numbers = Numbers(distribution);
        for (int i = 0; i < names.Length; i++)
        {
            if (double.IsInfinity(numbers[i])) continue;
            json.Name(names[i]);
            json.Number(numbers[i]);
        }
        if (!zeroRows.IsEmpty) { json.Name("zero_rows"); json.Longs([.. zeroRows]); }
        json.Close('}');
    }
}
