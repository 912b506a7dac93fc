using System.Collections.Immutable;
using ShardInit.Planning;

namespace ShardInit.Model;

/// <summary>Where a model came from: decides the default recipe.</summary>
public enum ModelSource { Config, Table, Headers }

/// <summary>
/// A model before any recipe: which random streams exist and how the stored tensors are made of them. Built by a family from a configuration, or
/// from a table or headers; the planner adds distributions, dtypes of the policy, tiles and files.
/// </summary>
public sealed record ModelSpec
{
    public required ModelSource Source { get; init; }
    /// <summary>Architecture (<c>LlamaForCausalLM</c>), <c>table</c> or <c>headers</c>.</summary>
    public required string Name { get; init; }
    /// <summary>The <c>model_type</c> of the family that described it, for instance <c>llama</c>; null for a table or headers. Rules may choose by it.</summary>
    public string? Family { get; init; }
    public required ImmutableArray<LogicalSpec> Logical { get; init; }
    public required ImmutableArray<StoredSpec> Stored { get; init; }
    /// <summary>Name that is not stored → stored tensor that holds its values.</summary>
    public required ImmutableSortedDictionary<string, string> Tied { get; init; }
    /// <summary>Numbers that recipes may use in expressions, nested ones as <c>outer.inner</c>.</summary>
    public required ImmutableDictionary<string, double> Numbers { get; init; }
    /// <summary>Layers of the model: those of the configuration, or the highest layer number of the tensors plus one.</summary>
    public required long LayerCount { get; init; }
    /// <summary>The configuration's own element type, the last choice of the dtype policy but one.</summary>
    public DType? DType { get; init; }
    public string? ConfigJson { get; init; }
    public ImmutableArray<string> Warnings { get; init; } = [];

    private Dictionary<string, LogicalSpec>? _byName;

    /// <summary>A logical tensor by its name; null where there is none.</summary>
    public LogicalSpec? Find(string logicalName)
    {
        _byName ??= Logical.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        return _byName.GetValueOrDefault(logicalName);
    }
}

/// <summary>One random stream to be.</summary>
/// <param name="Kind">Class of the owning module, <c>buffer:Class</c> for a buffer, null where unknown. Rules choose by it.</param>
/// <param name="Layer">Global layer number, null outside layers.</param>
/// <param name="ZeroRows">Padding rows: indices on axis 0, ascending.</param>
public sealed record LogicalSpec(string Name, Shape Shape, string? Kind, int? Layer, ImmutableArray<long> ZeroRows);

/// <summary>One stored tensor to be.</summary>
/// <param name="OwnDType">Element type that the table or header gives; below <c>--dtype</c> unless <paramref name="KeepsDType"/>.</param>
/// <param name="KeepsDType">The own dtype stands whatever <c>--dtype</c> says: a family's float32 list, integer and boolean tensors.</param>
/// <param name="Parts">As in <see cref="StoredTensor"/>; <see cref="Part.Logical"/> is an index into <see cref="ModelSpec.Logical"/>.</param>
public sealed record StoredSpec(string Name, Shape Shape, string? Kind, bool IsBuffer, LayerGroup Group, DType? OwnDType, bool KeepsDType, ImmutableArray<Part> Parts);
