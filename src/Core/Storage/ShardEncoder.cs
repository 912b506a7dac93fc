namespace ShardInit.Storage;

/// <summary>Writes a shard front to back from tiles whose values are at hand: for tools and tests that have no plan. Same bytes as <see cref="ShardFileWriter"/>.</summary>
public static class ShardEncoder
{
    /// <param name="values">The value bytes of tile t, little-endian and row-major, exactly <see cref="ShardLayout.ValueLength"/> of them. Asked once per tile, in order.</param>
    /// <returns>The digest of the file.</returns>
    public static string Write(Stream destination, ShardLayout layout, Func<int, ReadOnlyMemory<byte>> values)
    {
        using FileHasher hasher = new(layout.DigestKind);
        string? digest = null;
        for (int gap = 0; gap <= layout.TileCount; gap++)
        {
            byte[] bytes = layout.Gap(gap, digest);
            hasher.AppendOutside(bytes);
            destination.Write(bytes);
            if (gap == layout.TileCount) break;
            ReadOnlyMemory<byte> tile = values(gap);
            if (tile.Length != layout.ValueLength(gap)) throw new ArgumentException($"tile {gap}: expected {layout.ValueLength(gap)} bytes, found {tile.Length}", nameof(values));
            digest = Digests.Compute(layout.DigestKind, tile.Span);
            hasher.AppendValues(digest, tile.Length);
            destination.Write(tile.Span);
        }
        return hasher.Finish();
    }
}
