using System.Collections.Immutable;

namespace ShardInit.Initializers;

/// <summary>Values by a formula over the indices of the element and named numbers, in binary64, rounded once (docs/determinism.md, "Formulas").</summary>
/// <param name="Formula">As written in the recipe.</param>
/// <param name="Names">Names that stand for numbers, in ascending order of their UTF-8 bytes, each once.</param>
/// <param name="Numbers">One for each name.</param>
public abstract record FormulaDistribution(string Formula, ImmutableArray<string> Names, ImmutableArray<double> Numbers) : Distribution
{
    public virtual bool Equals(FormulaDistribution? other) =>
        other is not null && EqualityContract == other.EqualityContract && Formula == other.Formula
        && Names.AsSpan().SequenceEqual(other.Names.AsSpan()) && Numbers.AsSpan().SequenceEqual(other.Numbers.AsSpan());

    public override int GetHashCode() => HashCode.Combine(EqualityContract, Formula, Names.Length, Numbers.IsEmpty ? 0 : Numbers[0]);

    /// <summary>Names and numbers in the order that a distribution has them in.</summary>
    protected static (ImmutableArray<string> Names, ImmutableArray<double> Numbers) Sorted(IEnumerable<KeyValuePair<string, double>> numbers)
    {
        KeyValuePair<string, double>[] sorted = [.. numbers.OrderBy(number => number.Key, Model.TensorNames.Order)];
        return ([.. sorted.Select(number => number.Key)], [.. sorted.Select(number => number.Value)]);
    }
}

/// <summary>A formula without random variables: counting numbers, rotary and sinusoidal tables. Integer tensors take it too.</summary>
public sealed record Table(string Formula, ImmutableArray<string> Names, ImmutableArray<double> Numbers) : FormulaDistribution(Formula, Names, Numbers)
{
    public override string Kind => "table";

    /// <summary>With the numbers in any order.</summary>
    public static Table Of(string formula, params IEnumerable<KeyValuePair<string, double>> numbers)
    {
        (ImmutableArray<string> names, ImmutableArray<double> values) = Sorted(numbers);
        return new Table(formula, names, values);
    }
}

/// <summary>A formula that may use random variables: <c>u</c> (uniform) or <c>z</c> (normal), and an independent <c>u2</c> or <c>z2</c>.</summary>
public sealed record Expression(string Formula, ImmutableArray<string> Names, ImmutableArray<double> Numbers) : FormulaDistribution(Formula, Names, Numbers)
{
    public override string Kind => "expression";

    /// <summary>With the numbers in any order.</summary>
    public static Expression Of(string formula, params IEnumerable<KeyValuePair<string, double>> numbers)
    {
        (ImmutableArray<string> names, ImmutableArray<double> values) = Sorted(numbers);
        return new Expression(formula, names, values);
    }
}
