using System.Collections.Immutable;

namespace ShardInit.Initializers;

/// <summary>The rows up to <paramref name="Until"/> (all that are left where it is null) and what they are.</summary>
public readonly record struct RowPart(double? Until, Distribution Init);

/// <summary>The arguments of a rule for one tensor: every expression is a number now.</summary>
public sealed class Arguments(Initializer initializer, IReadOnlyDictionary<string, double> numbers, IReadOnlyDictionary<string, string> words)
{
    public IReadOnlyDictionary<string, ImmutableArray<double>> Lists { get; init; } = ImmutableDictionary<string, ImmutableArray<double>>.Empty;

    public ImmutableArray<RowPart> Parts { get; init; } = [];

    /// <summary>Every number that was given, in the order of their names.</summary>
    public IEnumerable<KeyValuePair<string, double>> Given => numbers.OrderBy(number => number.Key, StringComparer.Ordinal);

    public bool Has(string name) => numbers.ContainsKey(name) || words.ContainsKey(name) || Lists.ContainsKey(name);

    /// <summary>A number that was given or has a default.</summary>
    public double Number(string name) => NumberOrNull(name) ?? throw Missing(name);

    public double? NumberOrNull(string name) => numbers.TryGetValue(name, out double value) ? value : Parameter(name).DefaultNumber;

    /// <summary>A whole number of at least <paramref name="least"/>.</summary>
    public long Whole(string name, long least = long.MinValue) => Whole(name, Number(name), least);

    public string Choice(string name) => words.TryGetValue(name, out string? word) ? word : Parameter(name).DefaultChoice ?? throw Missing(name);

    public bool Flag(string name) => Choice(name) == "true";

    public ImmutableArray<double> List(string name) => Lists.TryGetValue(name, out ImmutableArray<double> list) ? list : Parameter(name).DefaultList ?? throw Missing(name);

    /// <summary>Axes of a tensor, negative ones counted from the end.</summary>
    public ImmutableArray<int> Axes(string name, int rank) => [.. List(name).Select(number => Axis(name, number, rank))];

    public int Axis(string name, int rank) => Axis(name, Number(name), rank);

    private static int Axis(string name, double number, int rank)
    {
        long axis = Whole(name, number, long.MinValue);
        if (axis < -rank || axis >= rank) throw new RefusalException($"{name}: axis {axis} does not exist in a tensor of {rank} ax{(rank == 1 ? "is" : "es")}");
        return (int)(axis < 0 ? axis + rank : axis);
    }

    private static long Whole(string name, double number, long least)
    {
        if (Math.Floor(number) != number || Math.Abs(number) > 1L << 53) throw new RefusalException(FormattableString.Invariant($"{name}: expected a whole number, found {number:R}"));
        if (number < least) throw new RefusalException(FormattableString.Invariant($"{name}: expected {least} or more, found {number:R}"));
        return (long)number;
    }

    private Parameter Parameter(string name) => initializer.Parameters.First(parameter => parameter.Name == name);

    private static RefusalException Missing(string name) => new($"the argument {name} is missing");
}
