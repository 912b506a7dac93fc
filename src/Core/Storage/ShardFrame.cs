using System.Buffers.Binary;
using ShardInit.Errors;

namespace ShardInit.Storage;

/// <summary>Checks the frame of an untrusted file: magic at both ends, footer, schema, and that record batches follow one another without overlap.</summary>
internal static class ShardFrame
{
    /// <summary>Both magics, the footer's length and the smallest flatbuffer.</summary>
    public const int MinLength = ArrowFraming.OpeningLength + 8 + ArrowFraming.TrailerLength;

    /// <summary>A footer lists at most this many bytes: 24 per tile, more than ten million tiles.</summary>
    public const int MaxFooterLength = 256 << 20;

    public static (ShardSchema Schema, ShardBlock[] Blocks) Read(string path, long length, ByteRange bytes)
    {
        if (!bytes(0, 6).SequenceEqual(ArrowFraming.Magic)) throw new ShardFormatException(ShardFormatCode.BadMagic, path, "does not start with ARROW1: not an Arrow file");
        if (!bytes(length - 6, 6).SequenceEqual(ArrowFraming.Magic))
        {
            throw new ShardFormatException(ShardFormatCode.Truncated, path, "starts as an Arrow file but does not end as one: cut off or overwritten at the end");
        }
        int footerLength = BinaryPrimitives.ReadInt32LittleEndian(bytes(length - ArrowFraming.TrailerLength, 4));
        if (footerLength > MaxFooterLength) throw new ShardFormatException(ShardFormatCode.TooLarge, path, $"a footer of {footerLength} bytes, at most {MaxFooterLength} are taken");
        long footerStart = length - ArrowFraming.TrailerLength - footerLength;
        if (footerLength < 8 || footerStart < ArrowFraming.OpeningLength)
        {
            throw new ShardFormatException(ShardFormatCode.BadFooter, path, $"a footer of {footerLength} bytes in a file of {length}");
        }
        try
        {
            FlatReader footer = FlatReader.Root(bytes(footerStart, footerLength));
            if (footer.Int16(0) != ArrowSchema.MetadataV5) throw new FlatException($"metadata version {footer.Int16(0)}, expected {ArrowSchema.MetadataV5} (V5)");
            if (footer.Count(2, 24, "dictionaries") != 0) throw new FlatException("dictionaries, which shards do not have");
            ShardSchema schema = ShardSchema.Read(footer.Table(1, "schema"), path);
            ShardBlock[] blocks = ReadBlocks(footer.Structs(3, 24, "recordBatches"), footerStart, path);
            schema.CheckTileCount(blocks.Length, path);
            return (schema, blocks);
        }
        catch (FlatException error)
        {
            throw new ShardFormatException(ShardFormatCode.BadFooter, path, error.Message);
        }
    }

    private static ShardBlock[] ReadBlocks(ReadOnlySpan<byte> structs, long end, string path)
    {
        ShardBlock[] blocks = new ShardBlock[structs.Length / 24];
        long previous = ArrowFraming.OpeningLength;
        for (int tile = 0; tile < blocks.Length; tile++)
        {
            ReadOnlySpan<byte> entry = structs.Slice(24 * tile, 24);
            ShardBlock block = new(
                BinaryPrimitives.ReadInt64LittleEndian(entry), BinaryPrimitives.ReadInt32LittleEndian(entry[8..]), BinaryPrimitives.ReadInt64LittleEndian(entry[16..]));
            if (block.Offset < previous || block.Offset % 8 != 0 || block.MetadataLength < ArrowFraming.PrefixLength + 8 || block.BodyLength < 0
                || block.Offset > end - block.MetadataLength || block.BodyLength > end - block.Offset - block.MetadataLength)
            {
                throw new ShardFormatException(ShardFormatCode.BadOffset, path,
                    $"tile {tile}: {block.MetadataLength} + {block.BodyLength} bytes at offset {block.Offset} do not fit between {previous} and {end}");
            }
            previous = block.Offset + block.MetadataLength + block.BodyLength;
            blocks[tile] = block;
        }
        return blocks;
    }
}
