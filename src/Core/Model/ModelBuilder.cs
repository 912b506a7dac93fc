using System.Collections.Immutable;
using System.Runtime.InteropServices;
using ShardInit.Errors;
using ShardInit.Planning;

namespace ShardInit.Model;

/// <summary>
/// Gathers the tensors of a model; what a family writes to. Bad names, doubles and bad shapes are reported to <see cref="Problems"/>. A family names tensors as the
/// checkpoint of the class with a head does; the builder finds the name to store under, and leaves out what a headless class does not have.
/// </summary>
public sealed class ModelBuilder
{
    /// <summary>Axes of a tensor at most.</summary>
    public const int MaxRank = 64;

    /// <summary>Tensors of a model at most: as many as a plan may have tiles.</summary>
    public const int MaxTensors = 2_000_000;

    private readonly string _where;
    private readonly StoredNames _storedNames;

    private readonly List<LogicalSpec> _logical = [];
    private readonly List<StoredSpec> _stored = [];
    private readonly Dictionary<string, string> _tied = new(StringComparer.Ordinal);
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly WholeParts _whole = new();
    private readonly Dictionary<string, int> _logicalByName = new(StringComparer.Ordinal);

    public ModelBuilder(string where, Problems problems) : this(where, problems, new ModelOptions(), StoredNames.AsTheyAre) { }

    internal ModelBuilder(string where, Problems problems, ModelOptions options, StoredNames storedNames) =>
        (_where, Problems, Options, _storedNames) = (where, problems, options, storedNames);

    public Problems Problems { get; }

    public ModelOptions Options { get; }

    /// <summary>Whether tensors that transformers v5 fuses in memory are stored fused.</summary>
    public bool IsFused => Options.LayoutOf == ModelOptions.HuggingFaceFused;

    /// <summary>Adds a stored tensor that is the whole of a logical tensor of the same name: the usual case.</summary>
    /// <param name="kind">Class of the owning module, or <c>buffer:Class</c>; integer and boolean tensors are buffers whatever it says.</param>
    /// <param name="layer">Global layer number; null outside layers.</param>
    /// <param name="zeroRows">Padding rows (indices on axis 0).</param>
    public void Add(string name, ReadOnlySpan<long> shape, string? kind, LayerGroup group, int? layer = null, ImmutableArray<long> zeroRows = default,
        DType? dtype = null, bool keepsDType = false)
    {
        if (_storedNames.Of(name) is not string stored) return;
        int logical = AddLogical(name, shape, kind, layer, zeroRows);
        if (logical < 0) return;
        Shape checkedShape = _logical[logical].Shape;
        bool isBuffer = IsBufferKind(kind) || (dtype is DType own && !own.IsFloat());
        AddStored(new StoredSpec(stored, checkedShape, kind, isBuffer, group, dtype, keepsDType, _whole.Of(logical, checkedShape)));
    }

    /// <summary>Adds a stored tensor that is made of the logical tensors <paramref name="logicalNames"/>, which it defines, in the order of the packing's sources.</summary>
    public void AddPacked(string name, ReadOnlySpan<string> logicalNames, Packing packing, string? kind, LayerGroup group, int? layer = null)
    {
        if (_storedNames.Of(name) is not string stored) return;
        int first = _logical.Count;
        for (int i = 0; i < logicalNames.Length; i++) if (AddLogical(logicalNames[i], packing.Sources[i].Dims.AsSpan(), kind, layer) < 0) return;
        Part[] parts = new Part[packing.Parts.Length];
        for (int i = 0; i < parts.Length; i++) parts[i] = packing.Parts[i] with { Logical = first + packing.Parts[i].Logical };
        AddStored(new StoredSpec(stored, packing.Stored, kind, IsBufferKind(kind), group, null, false, ImmutableCollectionsMarshal.AsImmutableArray(parts)));
    }

    /// <summary>Adds a second stored tensor with the values of one that is there: published beside it, and counted once.</summary>
    public void AddCopy(string name, string original, LayerGroup group)
    {
        if (_storedNames.Of(name) is not string stored || !_logicalByName.TryGetValue(original, out int logical)) return;
        LogicalSpec values = _logical[logical];
        AddStored(new StoredSpec(stored, values.Shape, $"copy:{original}", false, group, null, false, _whole.Of(logical, values.Shape)));
    }

    /// <summary>Adds a logical tensor alone, for stored tensors made of parts. Returns its index, -1 where it was refused.</summary>
    public int AddLogical(string name, ReadOnlySpan<long> shape, string? kind, int? layer, ImmutableArray<long> zeroRows = default)
    {
        if (TensorNames.Refusal(name) is string refusal) return Refuse(name, refusal);
        if (_logical.Count == MaxTensors) throw new OverflowException($"the model has more than {MaxTensors} tensors");
        if (!_logicalByName.TryAdd(name, _logical.Count)) return Refuse(name, "the name stands twice");
        int index = AddChecked(name, shape, kind, layer, zeroRows.IsDefault ? [] : zeroRows);
        if (index < 0) _logicalByName.Remove(name);
        return index;
    }

    private int AddChecked(string name, ReadOnlySpan<long> shape, string? kind, int? layer, ImmutableArray<long> zeroRows)
    {
        if (shape.Length > MaxRank) return Refuse(name, $"{shape.Length} axes; at most {MaxRank}");
        if (!Shape.TryCount(shape, out _, out string? reason)) return Refuse(name, reason!);
        ImmutableArray<long> rows = zeroRows.Length < 2 ? zeroRows : zeroRows.Sort();
        long rowCount = shape.Length == 0 ? 0 : shape[0];
        for (int i = 0; i < rows.Length; i++)
        {
            if (rows[i] < 0 || rows[i] >= rowCount) return Refuse(name, $"zero row {rows[i]} is outside the {rowCount} rows of shape [{string.Join(", ", shape.ToArray())}]");
            if (i > 0 && rows[i] == rows[i - 1]) return Refuse(name, $"zero row {rows[i]} stands twice");
        }
        _logical.Add(new LogicalSpec(name, _whole.Share(shape), kind, layer, rows));
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
        if (_storedNames.Of(name) is not string alias || _storedNames.Of(target) is not string stored) return;
        if (TensorNames.Refusal(alias) is string refusal) { Refuse(alias, refusal); return; }
        if (!_names.Add(alias)) { Refuse(alias, "the name stands twice"); return; }
        _tied[alias] = stored;
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
        Problems.Add($"{_where}: tensor {Problems.Quote(name)}: {reason}");
        return -1;
    }
}
