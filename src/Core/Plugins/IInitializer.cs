using System.Collections.Immutable;

namespace ShardInit.Initializers;

/// <summary>
/// An initializer in an assembly of the user (docs/plugins.md): a public class with a public constructor without parameters. Rules name it <c>plugin.NAME</c>. The
/// digest of the assembly stands in the ids of every plan that uses it, so that the same ids mean the same code.
/// </summary>
public interface IInitializer
{
    /// <summary>Letters, digits and <c>_</c>.</summary>
    string Name { get; }

    /// <summary>One phrase, for people.</summary>
    string Summary { get; }

    /// <summary>What a rule may give as arguments.</summary>
    ImmutableArray<Parameter> Parameters { get; }

    /// <summary>The numbers that the values of one tensor follow from: they stand in the plan. At most 256, all finite.</summary>
    /// <exception cref="RefusalException">The arguments do not suit the tensor.</exception>
    IReadOnlyDictionary<string, double> Resolve(Arguments arguments, TensorFacts facts);

    /// <summary>
    /// Writes the elements of a run. Called from many threads at once, for any runs in any order, again when a file is repaired: a value has to be a function of the key words, the shape,
    /// the numbers and its own index alone, with operations that every machine does alike (docs/determinism.md, section 1).
    /// </summary>
    /// <param name="values">One for each element of the run; finite, and inside the range of the element type.</param>
    void Fill(ElementRun run, Span<float> values);
}
