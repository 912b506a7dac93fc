using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Text;
using ShardInit.Initializers;

namespace ShardInit.Planning;

/// <summary>
/// Distributions in JSON, the same object in <c>plan.json</c> and in <c>plan --tensors --json</c>: <c>kind</c> and its numbers by name. An infinite bound is left out,
/// because JSON has no infinity, and so is a column axis where there is none. <see cref="DistributionReader"/> is the way back.
/// </summary>
internal static class DistributionJson
{
    /// <summary>Names of the numbers of each kind, in the order of the canonical encoding; null for an unknown kind, empty where the kind has other content.</summary>
    public static string[]? NumberNames(string kind) => kind switch
    {
        "constant" => ["value"],
        "uniform" => ["low", "high"],
        "normal" => ["mean", "std"],
        "truncated_normal" => ["mean", "std", "low", "high"],
        "log_uniform" => ["low", "high"],
        "orthogonal" or "delta_orthogonal" => ["gain", "column_axis"],
        "sparse" => ["sparsity", "mean", "std"],
        "eye" => ["value"],
        "dirac" => ["groups"],
        "table" or "expression" or "rows" or "plugin" => [],
        _ => null,
    };

    /// <summary>The numbers of the canonical encoding: those of <see cref="NumberNames"/>, of which trailing ones may be missing, or those that a formula or plug-in has under names.</summary>
    public static ImmutableArray<double> Numbers(Distribution distribution) => distribution switch
    {
        Constant constant => [constant.Value],
        Uniform uniform => [uniform.Low, uniform.High],
        Normal normal => [normal.Mean, normal.Std],
        TruncatedNormal truncated => [truncated.Mean, truncated.Std, truncated.Low, truncated.High],
        LogUniform uniform => [uniform.Low, uniform.High],
        Orthogonal { ColumnAxis: int axis } orthogonal => [orthogonal.Gain, axis],
        Orthogonal orthogonal => [orthogonal.Gain],
        DeltaOrthogonal { ColumnAxis: int axis } orthogonal => [orthogonal.Gain, axis],
        DeltaOrthogonal orthogonal => [orthogonal.Gain],
        Sparse sparse => [sparse.Sparsity, sparse.Mean, sparse.Std],
        Eye eye => [eye.Value],
        Dirac dirac => [dirac.Groups],
        FormulaDistribution formula => formula.Numbers,
        Plugin plugin => plugin.Numbers,
        Rows => [],
        _ => throw new SwitchExpressionException(distribution.Kind),
    };

    /// <summary>Equal exactly where kind and the bits of all numbers are: 0 and -0 differ, although records take them for equal.</summary>
    public static Identity Key(Distribution distribution) => distribution switch
    {
        Constant constant => new(constant.Kind, Bits(constant.Value), 0, 0, 0),
        Uniform uniform => new(uniform.Kind, Bits(uniform.Low), Bits(uniform.High), 0, 0),
        Normal normal => new(normal.Kind, Bits(normal.Mean), Bits(normal.Std), 0, 0),
        TruncatedNormal truncated => new(truncated.Kind, Bits(truncated.Mean), Bits(truncated.Std), Bits(truncated.Low), Bits(truncated.High)),
        _ => new(distribution.Kind, 0, 0, 0, 0, Text(distribution)),
    };

    /// <param name="Rest">The JSON text of the kinds that large models do not have by the ten thousand.</param>
    public readonly record struct Identity(string Kind, long First, long Second, long Third, long Fourth, string? Rest = null);

    /// <summary>The object as text.</summary>
    public static string Text(Distribution distribution)
    {
        JsonOutput json = new();
        Write(json, distribution);
        return Encoding.UTF8.GetString(json.Written);
    }

    public static void Write(JsonOutput json, Distribution distribution, ReadOnlySpan<long> zeroRows = default)
    {
        json.Open('{');
        json.Name("kind"); json.Text(distribution.Kind);
        switch (distribution)
        {
            case FormulaDistribution formula:
                json.Name("formula"); json.Text(formula.Formula);
                WriteNumbers(json, formula.Names, formula.Numbers);
                break;
            case Plugin plugin:
                json.Name("assembly"); json.Text(plugin.Assembly);
                json.Name("type"); json.Text(plugin.Type);
                WriteNumbers(json, plugin.Names, plugin.Numbers);
                break;
            case Rows rows:
                WriteRows(json, rows);
                break;
            default:
                string[] names = NumberNames(distribution.Kind)!;
                ImmutableArray<double> numbers = Numbers(distribution);
                for (int i = 0; i < numbers.Length; i++)
                {
                    if (double.IsInfinity(numbers[i])) continue;
                    json.Name(names[i]);
                    json.Number(numbers[i]);
                }
                break;
        }
        if (!zeroRows.IsEmpty) { json.Name("zero_rows"); json.Longs([.. zeroRows]); }
        json.Close('}');
    }

    private static long Bits(double number) => BitConverter.DoubleToInt64Bits(number);

    private static void WriteNumbers(JsonOutput json, ImmutableArray<string> names, ImmutableArray<double> numbers)
    {
        json.Name("numbers");
        json.Open('{');
        for (int i = 0; i < names.Length; i++)
        {
            json.Name(names[i]);
            json.Number(numbers[i]);
        }
        json.Close('}');
    }

    private static void WriteRows(JsonOutput json, Rows rows)
    {
        json.Name("rows");
        json.Open('[');
        foreach (RowRange range in rows.Ranges)
        {
            json.Open('{');
            json.Name("start"); json.Number(range.Start);
            json.Name("end"); json.Number(range.End);
            json.Name("init"); Write(json, range.Init);
            json.Close('}');
        }
        json.Close(']');
    }
}
