using System.Collections.Immutable;
using ShardInit.Initializers;
using ShardInit.Model;

namespace ShardInit.Planning;

/// <summary>Everything that the text of a <c>plan.json</c> holds, not yet put together or believed.</summary>
internal sealed class PlanContent
{
    public readonly Dictionary<string, string> Texts = new(StringComparer.Ordinal);
    public readonly Dictionary<string, long> Numbers = new(StringComparer.Ordinal);
    public readonly List<string> Rules = [];
    public readonly List<Distribution> Inits = [];
    public readonly List<LogicalRow> Logical = [];
    public readonly List<TensorRow> Tensors = [];
    public readonly WholeParts Shapes = new();
    private readonly Dictionary<string, string> _kinds = new(StringComparer.Ordinal);
    public Dictionary<string, string> Tied = [];
    public Dictionary<string, string> Metadata = [];

    /// <summary>The first text that was equal to this one.</summary>
    public string Share(string kind)
    {
        if (_kinds.TryGetValue(kind, out string? shared)) return shared;
        _kinds.Add(kind, kind);
        return kind;
    }

    /// <summary>A logical tensor whose init and rule are still numbers of the lists.</summary>
    public readonly record struct LogicalRow(string Name, Shape Shape, int Init, int Rule, ImmutableArray<long> ZeroRows, ulong? Seed);

    public readonly record struct PartRow(string Logical, ImmutableArray<AxisRange> Source, ImmutableArray<int> Permutation, ImmutableArray<AxisRange> Destination);

    /// <summary>A stored tensor; without <see cref="Parts"/> it is the whole of the logical tensor that stands in the same line.</summary>
    public readonly record struct TensorRow(string Name, DType DType, Shape Shape, string? Kind, bool IsBuffer, LayerGroup Group, ImmutableArray<PartRow> Parts);
}
