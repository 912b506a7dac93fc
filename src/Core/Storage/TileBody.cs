using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;
using ShardInit.Model;

namespace ShardInit.Storage;

/// <summary>
/// The body of one tile's record batch: where each Arrow buffer of the single row stands, relative to the body. Every buffer is at a multiple of
/// <see cref="ShardLayout.BufferAlignment"/>, the values at a multiple of the tile's own alignment; what is not written is zero.
/// </summary>
internal sealed class TileBody
{
    private readonly TileHeader _tile;
    private readonly List<long> _nodes = [];
    private readonly List<long> _buffers = [];
    private readonly List<(long Offset, byte[] Bytes)> _before = [];
    private long _digestOffsets;

    /// <summary>(length, null count) per column and child, depth first.</summary>
    public long[] Nodes => [.. _nodes];
    /// <summary>(offset, length) per buffer in column order.</summary>
    public long[] Buffers => [.. _buffers];
    public long Length { get; private set; }
    public long Values { get; private set; }
    public long DigestText { get; private set; }

    private TileBody(TileHeader tile) => _tile = tile;

    public static TileBody Of(TileHeader tile, ImmutableArray<DType> columns, int digestLength, int valueAlignment)
    {
        TileBody body = new(tile);
        body.AddText(tile.Tensor);
        body.AddText(tile.DType.Name());
        body.AddNumbers(tile.GlobalShape);
        body.AddNumbers(tile.Start);
        body.AddNumbers(tile.Shape);
        foreach (DType column in columns)
        {
            if (column == tile.DType) body.AddValues(valueAlignment);
            else body.AddNull();
        }
        body.AddDigest(digestLength);
        body.Length = Up(body.Length, ShardLayout.BufferAlignment);
        return body;
    }

    /// <summary>Writes the small buffers before the values (<paramref name="digest"/> null) or those behind them.</summary>
    /// <param name="origin">Position of the body in <paramref name="destination"/>; negative when it begins before it.</param>
    public void Write(Span<byte> destination, long origin, string? digest)
    {
        if (digest is null)
        {
            foreach ((long offset, byte[] bytes) in _before) bytes.CopyTo(destination[(int)(origin + offset)..]);
            return;
        }
        // Columns behind the values are null: their validity and offsets are zero bytes already.
        BinaryPrimitives.WriteInt32LittleEndian(destination[(int)(origin + _digestOffsets + 4)..], digest.Length);
        Encoding.ASCII.GetBytes(digest, destination[(int)(origin + DigestText)..]);
    }

    private void AddText(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        AddNode(1, nullCount: 0);
        AddBuffer(0);
        _before.Add((AddBuffer(8), Offsets(bytes.Length)));
        _before.Add((AddBuffer(bytes.Length), bytes));
    }

    private void AddNumbers(ImmutableArray<long> numbers)
    {
        byte[] bytes = new byte[8 * numbers.Length];
        for (int index = 0; index < numbers.Length; index++) BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8 * index), numbers[index]);
        AddNode(1, nullCount: 0);
        AddBuffer(0);
        _before.Add((AddBuffer(8), Offsets(numbers.Length)));
        AddNode(numbers.Length, nullCount: 0);
        AddBuffer(0);
        _before.Add((AddBuffer(bytes.Length), bytes));
    }

    private void AddValues(int alignment)
    {
        AddNode(1, nullCount: 0);
        AddBuffer(0);
        _before.Add((AddBuffer(8), Offsets(checked((int)_tile.ElementCount))));
        AddNode(_tile.ElementCount, nullCount: 0);
        AddBuffer(0);
        Values = AddBuffer(_tile.ValueLength, alignment);
    }

    // One row that is null: 8 bytes of validity with bit 0 clear, offsets 0 and 0, no items.
    private void AddNull()
    {
        AddNode(1, nullCount: 1);
        AddBuffer(8);
        AddBuffer(8);
        AddNode(0, nullCount: 0);
        AddBuffer(0);
        AddBuffer(0);
    }

    private void AddDigest(int length)
    {
        AddNode(1, nullCount: 0);
        AddBuffer(0);
        _digestOffsets = AddBuffer(8);
        DigestText = AddBuffer(length);
    }

    private void AddNode(long length, long nullCount)
    {
        _nodes.Add(length);
        _nodes.Add(nullCount);
    }

    private long AddBuffer(long length, int alignment = ShardLayout.BufferAlignment)
    {
        long offset = Up(Length, alignment);
        _buffers.Add(offset);
        _buffers.Add(length);
        Length = checked(offset + length);
        return offset;
    }

    private static byte[] Offsets(int end)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), end);
        return bytes;
    }

    private static long Up(long value, int multiple) => checked(value + multiple - 1) / multiple * multiple;
}
