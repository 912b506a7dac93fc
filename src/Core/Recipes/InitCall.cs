using System.Collections.Immutable;
using System.Globalization;
using ShardInit.Initializers;

namespace ShardInit.Recipes;

/// <summary>An initializer with its arguments as a rule gives them: formulas, until a tensor makes numbers of them.</summary>
internal sealed record InitCall
{
    public required Initializer Initializer { get; init; }
    public required ImmutableSortedDictionary<string, Expression> Numbers { get; init; }
    public required ImmutableSortedDictionary<string, string> Words { get; init; }
    public required ImmutableSortedDictionary<string, ImmutableArray<Expression>> Lists { get; init; }
    public required ImmutableArray<InitPart> Parts { get; init; }

    /// <exception cref="RefusalException">The arguments have no value, or no good one, for this tensor.</exception>
    public Distribution Resolve(TensorFacts facts)
    {
        Dictionary<string, double> numbers = new(Numbers.Count, StringComparer.Ordinal);
        foreach ((string name, Expression expression) in Numbers) numbers[name] = Number(name, expression, facts);
        Dictionary<string, ImmutableArray<double>> lists = new(Lists.Count, StringComparer.Ordinal);
        foreach ((string name, ImmutableArray<Expression> list) in Lists) lists[name] = [.. list.Select(item => Number(name, item, facts))];
        return Initializer.Resolve(new Arguments(Initializer, numbers, Words)
        {
            Lists = lists,
            Parts = [.. Parts.Select(part => new RowPart(part.Until is null ? null : Number("until", part.Until, facts), part.Init.Resolve(facts)))],
        }, facts);
    }

    private static double Number(string name, Expression expression, TensorFacts facts)
    {
        double value = expression.Evaluate(facts);
        return double.IsFinite(value) ? value : throw new RefusalException($"{name} is not a finite number ({value.ToString(CultureInfo.InvariantCulture)})");
    }
}

/// <summary>Rows up to <paramref name="Until"/>, all that are left where it is null.</summary>
internal sealed record InitPart(Expression? Until, InitCall Init);
