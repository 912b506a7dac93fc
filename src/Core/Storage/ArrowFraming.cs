using System.Buffers.Binary;

namespace ShardInit.Storage;

/// <summary>The frame of an Arrow IPC file around its record batches: magic, encapsulated messages, end of stream, footer.</summary>
internal static class ArrowFraming
{
    public static ReadOnlySpan<byte> Magic => "ARROW1"u8;

    /// <summary>Bytes before the first message: the magic padded to 8.</summary>
    public const int OpeningLength = 8;
    /// <summary>0xFFFFFFFF and the metadata length, before each message's flatbuffer.</summary>
    public const int PrefixLength = 8;
    /// <summary>Footer length and magic, at the very end.</summary>
    public const int TrailerLength = 4 + 6;
    public const uint Continuation = 0xFFFFFFFF;

    /// <summary>Magic and schema message, padded so that the next message starts at a multiple of <see cref="ShardLayout.BufferAlignment"/>.</summary>
    public static byte[] Opening(FlatTable schema)
    {
        byte[] message = ArrowSchema.Message(ArrowSchema.HeaderSchema, schema, bodyLength: 0, []);
        int length = PaddedLength(message.Length, OpeningLength, ShardLayout.BufferAlignment);
        byte[] bytes = new byte[OpeningLength + length];
        Magic.CopyTo(bytes);
        WriteMessage(message, length, bytes.AsSpan(OpeningLength));
        return bytes;
    }

    /// <summary>Length of prefix, flatbuffer and padding when a message at file offset <paramref name="start"/> shall have its body at a multiple of <paramref name="alignment"/>.</summary>
    public static int PaddedLength(int flatLength, long start, int alignment)
    {
        long body = checked(start + PrefixLength + flatLength + alignment - 1) / alignment * alignment;
        return checked((int)(body - start));
    }

    public static void WriteMessage(byte[] flat, int paddedLength, Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(destination, Continuation);
        BinaryPrimitives.WriteInt32LittleEndian(destination[4..], paddedLength - PrefixLength);
        flat.CopyTo(destination[PrefixLength..]);
    }

    /// <summary>End of stream, footer, its length, magic.</summary>
    public static byte[] Closing(FlatTable schema, long[] blocks)
    {
        byte[] footer = ArrowSchema.Footer(schema, blocks);
        byte[] bytes = new byte[PrefixLength + footer.Length + TrailerLength];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Continuation);
        footer.CopyTo(bytes, PrefixLength);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(PrefixLength + footer.Length), footer.Length);
        Magic.CopyTo(bytes.AsSpan(bytes.Length - Magic.Length));
        return bytes;
    }
}
