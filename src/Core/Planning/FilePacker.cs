using System.Collections.Immutable;
using System.Globalization;

namespace ShardInit.Planning;

/// <summary>
/// Lays the tiles of a plan into files (docs/plan-format.md, "Files"): groups in the order embedding, layers, head; tensors of a group in name order;
/// a tensor that fits a shard but not the rest of the open one begins the next file, and so does a longer one, which goes on over as many as it needs.
/// </summary>
public static class FilePacker
{
    public static ImmutableArray<ShardFile> Pack(ImmutableArray<StoredTensor> tensors, long shardBytes, long tileBytes)
    {
        ImmutableArray<ShardFile>.Builder files = ImmutableArray.CreateBuilder<ShardFile>();
        foreach (IGrouping<LayerGroup, int> group in Enumerable.Range(0, tensors.Length).GroupBy(index => tensors[index].Group).OrderBy(group => group.Key))
        {
            Open open = new(files, group.Key, shardBytes);
            foreach (int index in group)
            {
                StoredTensor tensor = tensors[index];
                int elementBytes = Model.DTypes.ByteSize(tensor.DType);
                if (tensor.ByteLength > open.Room) open.Close();
                foreach (Tile tile in TileCutter.Tiles(index, tensor.Shape, elementBytes, tileBytes)) open.Add(tile, tile.ElementCount * elementBytes);
            }
            open.Close();
        }
        return files.ToImmutable();
    }

    /// <summary><c>embedding.g0.arrow</c>, <c>L00012.g0.arrow</c>, <c>head.g0.arrow</c>.</summary>
    public static string FileName(LayerGroup group, int part)
    {
        string stem = group.Kind switch
        {
            GroupKind.Embedding => "embedding",
            GroupKind.Head => "head",
            _ => "L" + group.Layer.ToString("D5", CultureInfo.InvariantCulture),
        };
        return string.Create(CultureInfo.InvariantCulture, $"{stem}.g{part}.arrow");
    }

    /// <summary>The file of a group that is being filled.</summary>
    private sealed class Open(ImmutableArray<ShardFile>.Builder files, LayerGroup group, long shardBytes)
    {
        private readonly ImmutableArray<Tile>.Builder _tiles = ImmutableArray.CreateBuilder<Tile>();
        private long _bytes;
        private int _part;

        public long Room => shardBytes - _bytes;

        public void Add(Tile tile, long bytes)
        {
            if (bytes > Room) Close();
            _tiles.Add(tile);
            _bytes += bytes;
        }

        public void Close()
        {
            if (_tiles.Count == 0) return;
            files.Add(new ShardFile(FileName(group, _part++), group, _tiles.ToImmutable()));
            _tiles.Clear();
            _bytes = 0;
        }
    }
}
