using System.Buffers.Binary;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using ShardInit.Errors;
using ShardInit.Model;

namespace ShardInit.Storage;

/// <summary>Reads one untrusted record batch: message, then the buffers of the single row column by column, each checked against the body before use.</summary>
internal ref struct TileParser
{
    /// <summary>Stored names and shapes: above any real one, and a bound for what a hostile file can make us allocate.</summary>
    private const int MaxTextLength = 1 << 16, MaxRank = 64, MaxMetadataLength = 64 << 20;

    private readonly string _path;
    private readonly int _tile;
    private readonly long _body;
    private readonly long _bodyLength;
    private readonly ReadOnlySpan<byte> _nodes;
    private readonly ReadOnlySpan<byte> _buffers;
    private readonly ByteRange _bytes;
    private int _node;
    private int _buffer;

    public static ShardTile Parse(string path, int tile, ShardSchema schema, ShardBlock block, ByteRange bytes)
    {
        ReadOnlySpan<byte> prefix = bytes(block.Offset, ArrowFraming.PrefixLength);
        if (BinaryPrimitives.ReadUInt32LittleEndian(prefix) != ArrowFraming.Continuation
            || BinaryPrimitives.ReadInt32LittleEndian(prefix[4..]) != block.MetadataLength - ArrowFraming.PrefixLength)
        {
            throw Bad(ShardFormatCode.BadMessage, path, tile, $"no message of {block.MetadataLength} bytes at offset {block.Offset}");
        }
        if (block.MetadataLength > MaxMetadataLength) throw Bad(ShardFormatCode.TooLarge, path, tile, $"metadata of {block.MetadataLength} bytes, at most {MaxMetadataLength} are taken");
        ReadOnlySpan<byte> flat = bytes(block.Offset + ArrowFraming.PrefixLength, block.MetadataLength - ArrowFraming.PrefixLength);
        try
        {
            FlatReader message = FlatReader.Root(flat);
            if (message.Int16(0) != ArrowSchema.MetadataV5) throw new FlatException($"metadata version {message.Int16(0)}, expected {ArrowSchema.MetadataV5} (V5)");
            if (message.Byte(1) != ArrowSchema.HeaderRecordBatch) throw new FlatException($"a message of kind {message.Byte(1)}, expected a record batch");
            if (message.Int64(3) != block.BodyLength) throw new FlatException($"a body of {message.Int64(3)} bytes, the footer says {block.BodyLength}");
            FlatReader batch = message.Table(2, "header");
            if (batch.Int64(0) != 1) throw new FlatException($"{batch.Int64(0)} rows, expected 1");
            if (batch.Has(3)) throw new FlatException("compressed buffers, which shards do not have");
            TileParser parser = new(path, tile, block, batch.Structs(1, 16, "nodes"), batch.Structs(2, 16, "buffers"), bytes);
            return parser.Parse(schema, ReadMetadata(message, path, tile));
        }
        catch (FlatException error)
        {
            throw Bad(ShardFormatCode.BadMessage, path, tile, error.Message);
        }
    }

    private TileParser(string path, int tile, ShardBlock block, ReadOnlySpan<byte> nodes, ReadOnlySpan<byte> buffers, ByteRange bytes)
    {
        _path = path;
        _tile = tile;
        _body = block.Offset + block.MetadataLength;
        _bodyLength = block.BodyLength;
        _nodes = nodes;
        _buffers = buffers;
        _bytes = bytes;
    }

    private static FrozenDictionary<string, string> ReadMetadata(FlatReader message, string path, int tile)
    {
        try
        {
            return ShardSchema.ReadPairs(message, field: 4);
        }
        catch (FlatException error)
        {
            throw Bad(ShardFormatCode.BadMetadata, path, tile, error.Message);
        }
    }

    private ShardTile Parse(ShardSchema schema, FrozenDictionary<string, string> metadata)
    {
        string tensor = ReadText();
        string dtypeName = ReadText();
        ImmutableArray<long> globalShape = ReadNumbers();
        ImmutableArray<long> start = ReadNumbers();
        ImmutableArray<long> shape = ReadNumbers();
        if (!DTypes.TryParse(dtypeName, out DType dtype) || !schema.ValueColumns.Contains(dtype)) throw BadTile($"the dtype '{CheckpointFiles.Quote(dtypeName)}' has no value column");
        long firstElement = CheckBox(globalShape, start, shape);
        long elementCount = new Shape(shape).ElementCount;
        if (elementCount > TileHeader.MaxValueBytes / dtype.ByteSize()) throw Bad(ShardFormatCode.TooLarge, _path, _tile, $"{elementCount} elements, a tile has at most {TileHeader.MaxValueBytes} bytes");

        long values = 0;
        foreach (DType column in schema.ValueColumns)
        {
            if (column == dtype) values = ReadValues(column, elementCount);
            else ReadNull(column);
        }
        string digest = ReadText();
        if (Digests.KindOf(digest) is null) throw BadTile($"'{CheckpointFiles.Quote(digest)}' is no digest");
        if (_node != _nodes.Length / 16 || _buffer != _buffers.Length / 16)
        {
            throw Bad(ShardFormatCode.BadMessage, _path, _tile, $"expected {_node} nodes and {_buffer} buffers, found {_nodes.Length / 16} and {_buffers.Length / 16}");
        }
        TileHeader header = new(tensor, dtype, globalShape, start, shape, firstElement);
        CheckMetadata(metadata, header);
        return new ShardTile(header, values, digest, metadata);
    }

    /// <summary>The box lies in the tensor and its elements follow one another there; returns the row-major number of the first.</summary>
    private readonly long CheckBox(ImmutableArray<long> globalShape, ImmutableArray<long> start, ImmutableArray<long> shape)
    {
        if (start.Length != globalShape.Length || shape.Length != globalShape.Length) throw BadTile($"shapes of {globalShape.Length}, {start.Length} and {shape.Length} axes");
        if (!Shape.TryCount(globalShape.AsSpan(), out long total, out string? reason) || !Shape.TryCount(shape.AsSpan(), out long count, out reason)) throw BadTile(reason!);
        bool contiguousSoFar = true;
        UInt128 first = 0;
        // A slab of consecutive elements: single indices, then one range, then whole axes.
        for (int axis = 0; axis < shape.Length; axis++)
        {
            if (start[axis] < 0 || start[axis] > globalShape[axis] - shape[axis]) throw BadTile($"axis {axis}: {start[axis]} + {shape[axis]} lies outside {globalShape[axis]}");
            if (!contiguousSoFar && shape[axis] != globalShape[axis] && count > 0) throw BadTile($"axis {axis} is cut, so the elements do not follow one another");
            if (shape[axis] != 1) contiguousSoFar = false;
            first = (first * (ulong)globalShape[axis]) + (ulong)start[axis];
        }
        return total == 0 ? 0 : (long)(ulong)first;
    }

    private readonly void CheckMetadata(FrozenDictionary<string, string> metadata, TileHeader header)
    {
        Check(metadata, "tensor", header.Tensor);
        Check(metadata, "tile", _tile.ToString(CultureInfo.InvariantCulture));
        Check(metadata, "elements", string.Create(CultureInfo.InvariantCulture, $"{header.FirstElement}:{header.FirstElement + header.ElementCount}"));
    }

    private readonly void Check(FrozenDictionary<string, string> metadata, string key, string expected)
    {
        if (metadata.TryGetValue(key, out string? found) && found != expected)
        {
            throw Bad(ShardFormatCode.BadMetadata, _path, _tile, $"metadata '{key}': expected '{CheckpointFiles.Quote(expected)}' by the columns, found '{CheckpointFiles.Quote(found)}'");
        }
    }

    private string ReadText()
    {
        ReadNode(length: 1, nullCount: 0);
        ReadNoNulls();
        int end = ReadOffsets();
        if (end > MaxTextLength) throw Bad(ShardFormatCode.TooLarge, _path, _tile, $"a text of {end} bytes, at most {MaxTextLength} are taken");
        (long offset, long length) = ReadBuffer(end);
        try
        {
            return s_strictUtf8.GetString(_bytes(offset, (int)length)[..end]);
        }
        catch (DecoderFallbackException)
        {
            throw BadTile("a text is no UTF-8");
        }
    }

    private ImmutableArray<long> ReadNumbers()
    {
        ReadNode(length: 1, nullCount: 0);
        ReadNoNulls();
        int count = ReadOffsets();
        if (count > MaxRank) throw Bad(ShardFormatCode.TooLarge, _path, _tile, $"a shape of {count} axes, at most {MaxRank} are taken");
        ReadNode(count, nullCount: 0);
        ReadNoNulls();
        (long offset, _) = ReadBuffer(8L * count);
        ReadOnlySpan<byte> bytes = _bytes(offset, 8 * count);
        ImmutableArray<long>.Builder numbers = ImmutableArray.CreateBuilder<long>(count);
        for (int index = 0; index < count; index++) numbers.Add(BinaryPrimitives.ReadInt64LittleEndian(bytes[(8 * index)..]));
        return numbers.MoveToImmutable();
    }

    private long ReadValues(DType dtype, long elementCount)
    {
        ReadNode(length: 1, nullCount: 0);
        ReadNoNulls();
        int end = ReadOffsets();
        if (end != elementCount) throw BadTile($"{end} values for {elementCount} elements");
        ReadNode(elementCount, nullCount: 0);
        ReadNoNulls();
        (long offset, long length) = ReadBuffer(elementCount * dtype.ByteSize());
        if (length != elementCount * dtype.ByteSize()) throw BadTile($"{length} value bytes, expected {elementCount * dtype.ByteSize()}");
        return offset;
    }

    private void ReadNull(DType column)
    {
        ReadNode(length: 1, nullCount: 1);
        (long offset, long length) = ReadBuffer(1);
        if ((_bytes(offset, 1)[0] & 1) != 0) throw BadTile($"the column '{ArrowSchema.ValueColumn(column)}' is filled beside that of the dtype");
        if (ReadOffsets() != 0) throw BadTile($"the column '{ArrowSchema.ValueColumn(column)}' is null but has values");
        ReadNode(length: 0, nullCount: 0);
        ReadNoNulls();
        ReadBuffer(0);
    }

    /// <summary>The two list offsets of the row, the first of which is 0; returns the second.</summary>
    private int ReadOffsets()
    {
        (long offset, _) = ReadBuffer(8);
        ReadOnlySpan<byte> bytes = _bytes(offset, 8);
        int first = BinaryPrimitives.ReadInt32LittleEndian(bytes);
        int second = BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]);
        if (first != 0 || second < 0) throw Bad(ShardFormatCode.BadOffset, _path, _tile, $"list offsets {first} and {second}, expected 0 and a count");
        return second;
    }

    /// <summary>A validity buffer of a column without nulls: absent, or any length with its first bit set.</summary>
    private void ReadNoNulls() => ReadBuffer(0);

    private void ReadNode(long length, long nullCount)
    {
        if (_node >= _nodes.Length / 16) throw Bad(ShardFormatCode.BadMessage, _path, _tile, $"only {_nodes.Length / 16} nodes");
        ReadOnlySpan<byte> entry = _nodes.Slice(16 * _node++, 16);
        long foundLength = BinaryPrimitives.ReadInt64LittleEndian(entry);
        long foundNulls = BinaryPrimitives.ReadInt64LittleEndian(entry[8..]);
        if (foundLength != length || foundNulls != nullCount)
        {
            throw BadTile($"node {_node - 1}: expected {length} entries with {nullCount} nulls, found {foundLength} with {foundNulls}");
        }
    }

    private (long Offset, long Length) ReadBuffer(long least)
    {
        if (_buffer >= _buffers.Length / 16) throw Bad(ShardFormatCode.BadMessage, _path, _tile, $"only {_buffers.Length / 16} buffers");
        ReadOnlySpan<byte> entry = _buffers.Slice(16 * _buffer++, 16);
        long offset = BinaryPrimitives.ReadInt64LittleEndian(entry);
        long length = BinaryPrimitives.ReadInt64LittleEndian(entry[8..]);
        if (offset < 0 || length < least || length > _bodyLength || offset > _bodyLength - length)
        {
            throw Bad(ShardFormatCode.BadOffset, _path, _tile, $"buffer {_buffer - 1}: {length} bytes at {offset} of a body of {_bodyLength}, at least {least} are needed");
        }
        return (_body + offset, length);
    }

    private readonly ShardFormatException BadTile(string message) => Bad(ShardFormatCode.BadTile, _path, _tile, message);

    private static ShardFormatException Bad(ShardFormatCode code, string path, int tile, string message) => new(code, path, $"tile {tile}: {message}");

    private static readonly UTF8Encoding s_strictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
}
