using System.Collections.Immutable;
using ShardInit.Initializers;
using ShardInit.Model;
using ShardInit.Random;

namespace ShardInit.Planning;

/// <summary>
/// What will be written, as plain data: known in full before one value is drawn. Two plans with equal <see cref="PlanId"/> give the same bytes
/// in every file (docs/format.md).
/// </summary>
public sealed record Plan
{
    /// <summary>Version of the bits (docs/determinism.md).</summary>
    public required int Spec { get; init; }
    /// <summary>Version of the files (docs/format.md).</summary>
    public required int Format { get; init; }
    public required ulong Seed { get; init; }
    public required string Namespace { get; init; }
    /// <summary>Architecture or table kind, for people and the shard metadata; never a path. For instance <c>LlamaForCausalLM</c>.</summary>
    public required string Model { get; init; }
    /// <summary>Recipe name with version, for instance <c>hf@1</c>.</summary>
    public required string Recipe { get; init; }
    /// <summary>Storage format name: <c>arrow</c>.</summary>
    public required string StorageFormat { get; init; }
    /// <summary><c>crc32</c> or <c>sha256</c>.</summary>
    public required string DigestKind { get; init; }
    /// <summary>Value bytes per shard file at most.</summary>
    public required long ShardBytes { get; init; }
    /// <summary>Value bytes per tile at most.</summary>
    public required long TileBytes { get; init; }
    public required ImmutableArray<LogicalTensor> Logical { get; init; }
    /// <summary>Stored tensors, in ordinal (UTF-8 byte) order of name.</summary>
    public required ImmutableArray<StoredTensor> Tensors { get; init; }
    public required ImmutableArray<ShardFile> Files { get; init; }
    /// <summary>Names that are not stored because they take their values from another stored tensor (tied): name → stored tensor name.</summary>
    public required ImmutableSortedDictionary<string, string> Tied { get; init; }
    /// <summary>The resolved model configuration as JSON text, for loaders and people; null for a table or headers. Outside both ids.</summary>
    public string? ConfigJson { get; init; }
    /// <summary>The YAML text of the recipe that was used. Outside both ids.</summary>
    public string? RecipeText { get; init; }
    /// <summary>The user's own key-value pairs (<c>--metadata</c>). Outside both ids.</summary>
    public ImmutableSortedDictionary<string, string> UserMetadata { get; init; } = ImmutableSortedDictionary<string, string>.Empty;
    /// <summary>Warnings for people, for instance the share of zeros in an f8 tensor. Outside both ids and not stored.</summary>
    public ImmutableArray<string> Warnings { get; init; } = [];
    /// <summary>Lower-case hex SHA-256, 64 characters.</summary>
    public required string ValuesId { get; init; }
    /// <summary>Lower-case hex SHA-256, 64 characters.</summary>
    public required string PlanId { get; init; }

    /// <summary>Identity of the random words of a logical tensor.</summary>
    public StreamKey KeyOf(LogicalTensor tensor) => StreamKey.Derive((uint)Spec, tensor.Seed ?? Seed, Namespace, tensor.Name);
}

/// <summary>One random stream: a tensor in torch orientation whose elements are a function of (seed, namespace, name, index) and <paramref name="Init"/>.</summary>
/// <param name="Name">Logical name; derives the key.</param>
/// <param name="Shape">Global logical shape; fans come from it.</param>
/// <param name="Init">Resolved distribution.</param>
/// <param name="ZeroRows">Indices on axis 0 whose elements are zero (padding rows), ascending.</param>
/// <param name="Rule">The recipe rule that matched, for people: for instance <c>hf@1: Linear|Embedding</c>.</param>
public sealed record LogicalTensor(string Name, Shape Shape, Distribution Init, ImmutableArray<long> ZeroRows, string Rule)
{
    /// <summary>The tensor's own seed, in place of the plan's; null where it has none.</summary>
    public ulong? Seed { get; init; }
}

/// <summary>One tensor as it stands in a checkpoint.</summary>
/// <param name="Name">Stored name.</param>
/// <param name="DType">Element type in the file.</param>
/// <param name="Shape">Stored shape, row-major.</param>
/// <param name="Kind">Module class where known (<c>Linear</c>, <c>Embedding</c> ...), for people and recipes; null otherwise.</param>
/// <param name="IsBuffer">A persistent buffer: stored, but no parameter.</param>
/// <param name="Group">Which layer group's file holds it.</param>
/// <param name="Parts">Boxes of logical tensors that make up this one, in ascending order of destination; together they cover it exactly once.</param>
public sealed record StoredTensor(string Name, DType DType, Shape Shape, string? Kind, bool IsBuffer, LayerGroup Group, ImmutableArray<Part> Parts)
{
    public long ByteLength => checked(Shape.ElementCount * DType.ByteSize());
}

/// <summary>
/// A box of one logical tensor at a box of a stored one. <paramref name="Source"/>[axis] selects indices of logical axis <c>axis</c>; stored axis
/// <c>d</c> runs along logical axis <paramref name="Permutation"/>[d], or along none where that is -1 (one index; an expert's place in a fused tensor); the result lands at <paramref name="Destination"/> (one range per stored axis, step 1 or more).
/// </summary>
/// <param name="Logical">Index into <see cref="Plan.Logical"/>.</param>
public sealed record Part(int Logical, ImmutableArray<AxisRange> Source, ImmutableArray<int> Permutation, ImmutableArray<AxisRange> Destination)
{
    /// <summary>The whole of a logical tensor as it is.</summary>
    public static Part Whole(int logical, Shape shape)
    {
        ImmutableArray<AxisRange> all = [.. shape.Dims.Select(dim => new AxisRange(0, dim, 1))];
        return new Part(logical, all, [.. Enumerable.Range(0, shape.Rank)], all);
    }

    public bool IsWhole(Shape logicalShape, Shape storedShape) =>
        logicalShape.Equals(storedShape) && Permutation.Select((axis, position) => axis == position).All(same => same)
        && Source.Select((range, axis) => range == new AxisRange(0, logicalShape[axis], 1)).All(same => same)
        && Destination.AsSpan().SequenceEqual(Source.AsSpan());
}

/// <summary>Indices Start, Start+Step, ... below End (half-open). Step ≥ 1.</summary>
public readonly record struct AxisRange(long Start, long End, long Step)
{
    public long Count => End <= Start ? 0 : ((End - Start - 1) / Step) + 1;
}

/// <summary>Which part of the model a file holds: loaded layer by layer in this order.</summary>
public enum GroupKind { Embedding, Layer, Head }

/// <summary>A layer group. <paramref name="Layer"/> is the global layer number for <see cref="GroupKind.Layer"/>, else 0.</summary>
public readonly record struct LayerGroup(GroupKind Kind, int Layer) : IComparable<LayerGroup>
{
    public static readonly LayerGroup Embedding = new(GroupKind.Embedding, 0);
    public static readonly LayerGroup Head = new(GroupKind.Head, 0);
    public static LayerGroup OfLayer(int layer) => new(GroupKind.Layer, layer);

    public int CompareTo(LayerGroup other) => Kind != other.Kind ? Kind.CompareTo(other.Kind) : Layer.CompareTo(other.Layer);

    /// <summary><c>embedding</c>, <c>layer 12</c>, <c>head</c>.</summary>
    public override string ToString() => Kind switch { GroupKind.Embedding => "embedding", GroupKind.Head => "head", _ => $"layer {Layer}" };
}

/// <summary>A contiguous row-major slab of one stored tensor: one record batch, at most 1 GiB of values.</summary>
/// <param name="Tensor">Index into <see cref="Plan.Tensors"/>.</param>
/// <param name="Start">First index on each stored axis.</param>
/// <param name="Shape">Size on each stored axis.</param>
/// <param name="FirstElement">Row-major index, in the stored tensor, of the tile's first element; its elements are consecutive.</param>
public sealed record Tile(int Tensor, ImmutableArray<long> Start, ImmutableArray<long> Shape, long FirstElement, long ElementCount);

/// <summary>One output file.</summary>
/// <param name="Name">File name inside the directory, no separators: for instance <c>L00012.g0.arrow</c>.</param>
public sealed record ShardFile(string Name, LayerGroup Group, ImmutableArray<Tile> Tiles);
