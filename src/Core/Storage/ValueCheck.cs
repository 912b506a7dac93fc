using ShardInit.Model;

namespace ShardInit.Storage;

/// <summary>Reads the values of one tile chunk by chunk, sums them, and compares them with generated ones where there is a generator.</summary>
internal readonly struct ValueCheck(ValueFile file, ShardLayout layout, int tile, string digest, ValueCheck.Generator? generate)
{
    /// <summary>Writes the values from byte <paramref name="offset"/> of the tile on.</summary>
    internal delegate void Generator(long offset, Span<byte> destination);

    private const int PieceLength = 256 << 10;

    public Defect? Run(TileBuffer buffer, CancellationToken cancel, Action<long>? progress)
    {
        using TileHasher hasher = new(layout.DigestKind);
        // Half of the buffer for what is there, half for what should be.
        Span<byte> bytes = buffer.Bytes;
        Span<byte> read = generate is null ? bytes : bytes[..(bytes.Length / 2)];
        Span<byte> wanted = generate is null ? [] : bytes[(bytes.Length / 2)..];
        long length = layout.ValueLength(tile);
        long different = -1;
        for (long done = 0; done < length;)
        {
            cancel.ThrowIfCancellationRequested();
            Span<byte> chunk = read[..(int)Math.Min(length - done, read.Length)];
            file.Read(chunk, layout.ValueOffset(tile) + done);
            hasher.Append(chunk);
            if (generate is not null && different < 0) different = FirstDifference(chunk, wanted, done);
            done += chunk.Length;
            progress?.Invoke(chunk.Length);
        }
        string found = hasher.Finish();
        string where = different < 0 ? "" : $"; element {layout.Tile(tile).FirstElement + (different / layout.Tile(tile).DType.ByteSize())} is the first that differs from the plan";
        if (found != digest) return Defect(DefectKinds.DigestMismatch, $"expected {digest}, found {found}{where}");
        return different < 0 ? null : Defect(DefectKinds.ValueMismatch, $"the values have their digest but are not those of the plan{where}");
    }

    private long FirstDifference(ReadOnlySpan<byte> chunk, Span<byte> wanted, long offset)
    {
        for (int done = 0; done < chunk.Length;)
        {
            Span<byte> piece = wanted.Slice(0, Math.Min(chunk.Length - done, Math.Min(PieceLength, wanted.Length)));
            generate!(offset + done, piece);
            int same = chunk.Slice(done, piece.Length).CommonPrefixLength(piece);
            if (same < piece.Length) return offset + done + same;
            done += piece.Length;
        }
        return -1;
    }

    private Defect Defect(string kind, string message) => new(layout.FileName, tile, layout.Tile(tile).Tensor, kind, message);
}
