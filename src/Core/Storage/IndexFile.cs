using System.Collections.Immutable;
using System.Globalization;
using ShardInit.Model;
using ShardInit.Planning;
using ShardInit.Random;

namespace ShardInit.Storage;

/// <summary>
/// index.arrow: an Arrow IPC file with one row per logical part of each tile, for SQL and data frames. Its bytes are a function of the plan
/// and the tile digests, produced front to back in batches of <see cref="RowsPerBatch"/> rows, so memory does not grow with the plan.
/// </summary>
internal sealed class IndexFile
{
    public const int RowsPerBatch = 4096;

    private readonly Plan _plan;
    private readonly Action<byte[]> _sink;
    private readonly FlatTable _schema;
    private readonly List<long> _blocks = [];
    private readonly IndexBatch _batch = new();
    private readonly StreamKey?[] _keys;
    private long _length;

    /// <param name="sink">Takes the file's bytes piece by piece, in order.</param>
    public IndexFile(Plan plan, Action<byte[]> sink)
    {
        _plan = plan;
        _sink = sink;
        _keys = new StreamKey?[plan.Logical.Length];
        _schema = ArrowSchema.Schema(IndexBatch.Fields,
        [
            new("format", plan.Format.ToString(CultureInfo.InvariantCulture)),
            new("plan_id", plan.PlanId),
            new("spec", plan.Spec.ToString(CultureInfo.InvariantCulture)),
            new("values_id", plan.ValuesId),
        ]);
        Emit(ArrowFraming.Opening(_schema));
    }

    /// <summary>Adds the tiles of the next file of the plan.</summary>
    public void AddFile(int file, ShardLayout layout, string[] tileDigests)
    {
        ImmutableArray<Tile> tiles = _plan.Files[file].Tiles;
        for (int tile = 0; tile < tiles.Length; tile++)
        {
            foreach (IndexRow row in RowsOf(tiles[tile]))
            {
                _batch.Add(_plan, _plan.Files[file].Name, tile, layout, tileDigests[tile], row);
                if (_batch.RowCount == RowsPerBatch) Flush();
            }
        }
    }

    public void Finish()
    {
        if (_batch.RowCount > 0) Flush();
        Emit(ArrowFraming.Closing(_schema, [.. _blocks]));
    }

    private IEnumerable<IndexRow> RowsOf(Tile tile)
    {
        StoredTensor tensor = _plan.Tensors[tile.Tensor];
        foreach (Part part in tensor.Parts)
        {
            if (PartOfTile.Of(tile, tensor, part, _plan.Logical[part.Logical].Shape) is not { } piece) continue;
            LogicalTensor logical = _plan.Logical[part.Logical];
            StreamKey key = _keys[part.Logical] ??= _plan.KeyOf(logical);
            yield return new IndexRow(tensor, piece, logical.Name, key, StreamKey.BlockOf((ulong)piece.FirstLogicalElement));
        }
    }

    private void Flush()
    {
        (byte[] message, byte[] body) = _batch.Encode();
        int metadataLength = ArrowFraming.PaddedLength(message.Length, _length, ShardLayout.BufferAlignment);
        byte[] framed = new byte[metadataLength];
        ArrowFraming.WriteMessage(message, metadataLength, framed);
        _blocks.AddRange([_length, metadataLength, body.Length]);
        Emit(framed);
        Emit(body);
        _batch.Clear();
    }

    private void Emit(byte[] bytes)
    {
        _length = checked(_length + bytes.Length);
        _sink(bytes);
    }
}

/// <summary>One row: where a piece of a logical tensor lies.</summary>
internal readonly record struct IndexRow(StoredTensor Tensor, PartOfTile Piece, string Logical, StreamKey Key, ulong FirstCounter);

/// <summary>The share of one part in one tile.</summary>
/// <param name="Start">First index on each stored axis.</param>
/// <param name="Shape">Number of indices on each stored axis.</param>
/// <param name="FirstLogicalElement">Row-major index, in the logical tensor, of the element at <paramref name="Start"/>.</param>
internal sealed record PartOfTile(ImmutableArray<long> Start, ImmutableArray<long> Shape, long FirstLogicalElement)
{
    /// <summary>Null when the part has no element in the tile. A tile without elements belongs to every part of its tensor.</summary>
    public static PartOfTile? Of(Tile tile, StoredTensor tensor, Part part, Shape logicalShape)
    {
        if (tile.ElementCount == 0) return new PartOfTile(tile.Start, tile.Shape, 0);
        int rank = tensor.Shape.Rank;
        // Parts of a fused tensor are many and lie one behind the other: most are elsewhere.
        if (rank > 0 && (part.Destination[0].Start >= tile.Start[0] + tile.Shape[0] || part.Destination[0].End <= tile.Start[0])) return null;
        long[] start = new long[rank], shape = new long[rank], ordinal = new long[rank];
        for (int axis = 0; axis < rank; axis++)
        {
            AxisRange range = part.Destination[axis];
            long end = Math.Min(range.End, tile.Start[axis] + tile.Shape[axis]);
            long skipped = tile.Start[axis] <= range.Start ? 0 : (tile.Start[axis] - range.Start + range.Step - 1) / range.Step;
            ordinal[axis] = skipped;
            start[axis] = range.Start + (skipped * range.Step);
            shape[axis] = new AxisRange(start[axis], end, range.Step).Count;
            if (shape[axis] == 0) return null;
        }
        // Stored axis d runs along logical axis Permutation[d], or, where that is -1, along none: an expert's place.
        long[] logical = [.. part.Source.Select(range => range.Start)];
        for (int axis = 0; axis < part.Permutation.Length; axis++)
        {
            int along = part.Permutation[axis];
            if (along < 0) continue;
            logical[along] += ordinal[axis] * part.Source[along].Step;
        }
        long index = 0;
        for (int axis = 0; axis < logical.Length; axis++) index = checked((index * logicalShape[axis]) + logical[axis]);
        return new PartOfTile([.. start], [.. shape], index);
    }
}
