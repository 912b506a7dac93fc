using System.Collections.Immutable;
using ShardInit.Errors;
using ShardInit.Planning;

namespace ShardInit.Model;

/// <summary>Gathers the tensors of a model; what a family writes to. Bad names, doubles and bad shapes are reported to <see cref="Problems"/>.</summary>
public sealed class ModelBuilder(string where, Problems problems)
{
    /// <summary>Axes of a tensor at most.</summary>
    public const int MaxRank = 64;

    private readonly List<LogicalSpec> _logical = [];
    private readonly List<StoredSpec> _stored = [];
    private readonly Dictionary<string, string> _tied = new(StringComparer.Ordinal);
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly WholeParts _whole = new();
    private readonly HashSet<string> _logicalNames = new(StringComparer.Ordinal);

    public Problems Problems { get; } = problems;

    /// <summary>Adds a stored tensor that is the whole of a logical tensor of the same name: the usual case.</summary>
    /// <param name="kind">Class of the owning module, or <c>buffer:Class</c>; integer and boolean tensors are buffers whatever it says.</param>
    /// <param name="layer">Global layer number; null outside layers.</param>
    /// <param name="zeroRows">Padding rows (indices on axis 0).</param>
    public void Add(string name, ReadOnlySpan<long> shape, string? kind, LayerGroup group, int? layer = null, ImmutableArray<long> zeroRows = default,
        DType? dtype = null, bool keepsDType = false)
    {
        int logical = AddLogical(name, shape, kind, layer, zeroRows);
        if (logical < 0) return;
        Shape checkedShape = _logical[logical].Shape;
        bool isBuffer = IsBufferKind(kind) || (dtype is DType own && !own.IsFloat());
        AddStored(new StoredSpec(name, checkedShape, kind, isBuffer, group, dtype, keepsDType, _whole.Of(logical, checkedShape)));
    }

    /// <summary>Adds a logical tensor alone, for stored tensors made of parts. Returns its index, -1 where it was refused.</summary>
    public int AddLogical(string name, ReadOnlySpan<long> shape, string? kind, int? layer, ImmutableArray<long> zeroRows = default)
    {
        if (TensorNames.Refusal(name) is string refusal) return Refuse(name, refusal);
        if (!_logicalNames.Add(name)) return Refuse(name, "the name stands twice");
        if (shape.Length > MaxRank) return Refuse(name, $"{shape.Length} axes; at most {MaxRank}");
        if (!Shape.TryCount(shape, out _, out string? reason)) return Refuse(name, reason!);
        ImmutableArray<long> rows = zeroRows.IsDefault ? [] : zeroRows.Sort();
        long rowCount = shape.Length == 0 ? 0 : shape[0];
        for (int i = 0; i < rows.Length; i++)
        {
            if (rows[i] < 0 || rows[i] >= rowCount) return Refuse(name, $"zero row {rows[i]} is outside the {rowCount} rows of shape [{string.Join(", ", shape.ToArray())}]");
            if (i > 0 && rows[i] == rows[i - 1]) return Refuse(name, $"zero row {rows[i]} stands twice");
        }
        _logical.Add(new LogicalSpec(name, _whole.Share(new Shape(shape.ToArray())), kind, layer, rows));
        return _logical.Count - 1;
    }

    public void AddStored(StoredSpec stored)
    {
        if (TensorNames.Refusal(stored.Name) is string refusal) { Refuse(stored.Name, refusal); return; }
        if (!_names.Add(stored.Name)) { Refuse(stored.Name, "the name stands twice"); return; }
        _stored.Add(stored);
    }

    /// <summary>Says that <paramref name="name"/> is not stored because it takes its values from <paramref name="target"/>.</summary>
    public void Tie(string name, string target)
    {
        if (TensorNames.Refusal(name) is string refusal) { Refuse(name, refusal); return; }
        if (!_names.Add(name)) { Refuse(name, "the name stands twice"); return; }
        _tied[name] = target;
    }

    public IReadOnlyList<LogicalSpec> Logical => _logical;

    public ModelSpec Build(ModelSource source, string name, long? layerCount = null, ImmutableDictionary<string, double>? numbers = null) => new()
    {
        Source = source,
        Name = name,
        Logical = [.. _logical],
        Stored = [.. _stored],
        Tied = _tied.ToImmutableSortedDictionary(TensorNames.Order),
        Numbers = numbers ?? ImmutableDictionary<string, double>.Empty,
        LayerCount = layerCount ?? _logical.Max(tensor => (long?)tensor.Layer + 1) ?? 0,
    };

    /// <summary>A kind that marks a persistent buffer: stored, but no parameter.</summary>
    public static bool IsBufferKind(string? kind) => kind is not null && kind.StartsWith("buffer:", StringComparison.Ordinal);

    private int Refuse(string name, string reason)
    {
        Problems.Add($"{where}: tensor {Problems.Quote(name)}: {reason}");
        return -1;
    }
}
