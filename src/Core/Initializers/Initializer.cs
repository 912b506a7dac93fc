using System.Collections.Immutable;
using ShardInit.Model;

namespace ShardInit.Initializers;

/// <summary>
/// A name that rules may use for <c>init</c>: its arguments, and how they and the tensor become a distribution. Each is a line of one of the small files
/// of this folder, gathered in <see cref="Catalogue"/>.
/// </summary>
/// <param name="Resolve">Gives the distribution, or throws <see cref="RefusalException"/> with the reason.</param>
public sealed record Initializer(string Name, string Summary, ImmutableArray<Parameter> Parameters, Func<Arguments, TensorFacts, Distribution> Resolve)
{
    /// <summary>Further arguments of any name are numbers, for formulas.</summary>
    public bool TakesNumbers { get; init; }

    /// <summary>Why the original does not draw an element type that the distribution itself could have; null where it does.</summary>
    public Func<DType, string?>? RefusesType { get; init; }

    /// <summary>The same under another name.</summary>
    public Initializer As(string name) => this with { Name = name };
}

/// <summary>An initializer does not take these arguments for this tensor; the message says why.</summary>
public sealed class RefusalException(string message) : Exception(message);
