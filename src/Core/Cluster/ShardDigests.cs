using ShardInit.Engine;
using ShardInit.Model;
using ShardInit.Planning;
using ShardInit.Storage;

namespace ShardInit.Cluster;

/// <summary>The digests that a shard file must have, computed without writing it.</summary>
internal static class ShardDigests
{
    private const int PieceLength = 256 << 10;

    /// <summary>Generates one tile and returns the digest of its values.</summary>
    public static string OfTile(ShardLayout layout, Tile tile, int number, ITileSource source, TileBuffer buffer)
    {
        int size = layout.Tile(number).DType.ByteSize();
        using TileHasher hasher = new(layout.DigestKind);
        long length = layout.ValueLength(number);
        for (long done = 0; done < length;)
        {
            Span<byte> piece = buffer.Bytes[..(int)Math.Min(length - done, Math.Min(buffer.Bytes.Length, PieceLength))];
            source.Fill(tile.Tensor, tile.FirstElement + (done / size), piece.Length / size, piece);
            hasher.Append(piece);
            done += piece.Length;
        }
        return hasher.Finish();
    }

    /// <summary>The digests of the file whose tiles have these.</summary>
    public static FileDigests OfFile(ShardLayout layout, IReadOnlyList<string> tiles)
    {
        using FileHasher hasher = new(layout.DigestKind);
        for (int gap = 0; gap <= layout.TileCount; gap++)
        {
            string? digest = gap > 0 ? tiles[gap - 1] : null;
            if (digest is not null) hasher.AppendValues(digest, layout.ValueLength(gap - 1));
            hasher.AppendOutside(layout.Gap(gap, digest));
        }
        return FileDigests.Of(layout.DigestKind, hasher.Finish(), tiles);
    }
}
