using System.Collections.Immutable;

namespace ShardInit.Initializers;

/// <summary>
/// A name that rules may use for <c>init</c>: its arguments, and how they and the tensor become a distribution. Each is one small file of this
/// folder and one line in <see cref="Catalogue"/>.
/// </summary>
/// <param name="Resolve">Gives the distribution, or throws <see cref="RefusalException"/> with the reason.</param>
public sealed record Initializer(string Name, string Summary, ImmutableArray<Parameter> Parameters, Func<Arguments, TensorFacts, Distribution> Resolve);

public enum ParameterKind { Number, Choice, Flag }

/// <summary>An argument of an initializer.</summary>
public sealed record Parameter(string Name, ParameterKind Kind, string Summary)
{
    public double? DefaultNumber { get; init; }
    public string? DefaultChoice { get; init; }
    public bool Needed { get; init; }
    /// <summary>The words that a choice may be.</summary>
    public ImmutableArray<string> Choices { get; init; } = [];

    public static Parameter Number(string name, string summary, double? defaultValue = null, bool needed = false) =>
        new(name, ParameterKind.Number, summary) { DefaultNumber = defaultValue, Needed = needed };
}

/// <summary>An initializer does not take these arguments for this tensor; the message says why.</summary>
public sealed class RefusalException(string message) : Exception(message);

/// <summary>The arguments of a rule for one tensor: every expression is a number now.</summary>
public sealed class Arguments(Initializer initializer, IReadOnlyDictionary<string, double> numbers, IReadOnlyDictionary<string, string> words)
{
    public bool Has(string name) => numbers.ContainsKey(name) || words.ContainsKey(name);

    /// <summary>A number that was given or has a default.</summary>
    public double Number(string name) => NumberOrNull(name) ?? throw new RefusalException($"the argument {name} is missing");

    public double? NumberOrNull(string name) => numbers.TryGetValue(name, out double value) ? value : Parameter(name).DefaultNumber;

    public string Choice(string name) => words.TryGetValue(name, out string? word) ? word : Parameter(name).DefaultChoice ?? throw new RefusalException($"the argument {name} is missing");

    public bool Flag(string name) => Choice(name) == "true";

    private Parameter Parameter(string name) => initializer.Parameters.First(parameter => parameter.Name == name);
}
