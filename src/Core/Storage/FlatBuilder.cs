using System.Buffers.Binary;
using System.Text;

namespace ShardInit.Storage;

/// <summary>An object of a flatbuffer: a table, a text or a vector. Built as a tree, then laid out once by <see cref="FlatBuilder"/>.</summary>
internal abstract record FlatObject;

/// <summary>A table: its fields in id order; null is an absent field.</summary>
internal sealed record FlatTable(params FlatField?[] Fields) : FlatObject;

internal sealed record FlatText(string Value) : FlatObject;

/// <summary>A vector of references.</summary>
internal sealed record FlatVector(params FlatObject[] Items) : FlatObject;

/// <summary>A vector of structs whose members are 64-bit words (an int32 takes a whole word, padded with zero): Arrow's FieldNode, Buffer and Block.</summary>
internal sealed record FlatStructs(int WordsPerStruct, params long[] Words) : FlatObject;

/// <summary>A scalar of 1, 2, 4 or 8 bytes, or (size 0) a reference.</summary>
internal readonly record struct FlatField(int Size, long Value, FlatObject? Target)
{
    public static FlatField Byte(byte value) => new(1, value, null);
    public static FlatField Bool(bool value) => new(1, value ? 1 : 0, null);
    public static FlatField Int16(short value) => new(2, value, null);
    public static FlatField Int32(int value) => new(4, value, null);
    public static FlatField Int64(long value) => new(8, value, null);
    public static implicit operator FlatField(FlatObject target) => new(0, 0, target);
    public int ByteSize => Size == 0 ? 4 : Size;
}

/// <summary>
/// Lays a tree of flatbuffer objects out front to back, so that the bytes are a simple function of the tree (docs/format.md, "Flatbuffers"): the root
/// offset, then each object before its children, children in field order. A table stands at a multiple of 8 with its own vtable directly before it;
/// fields stand in id order, each at the next multiple of its size. Nothing is shared and no default is left out.
/// </summary>
internal sealed class FlatBuilder
{
    private byte[] _bytes = new byte[2048];
    private int _length;

    /// <summary>The flatbuffer with root <paramref name="root"/>, padded with zeros to a multiple of 8.</summary>
    public static byte[] Build(FlatTable root)
    {
        FlatBuilder builder = new();
        int slot = builder.Take(4);
        builder.Place(root, slot);
        builder.Align(8);
        return builder._bytes[..builder._length];
    }

    private void Place(FlatObject item, int slot)
    {
        switch (item)
        {
            case FlatTable table: PlaceTable(table, slot); break;
            case FlatText text: PlaceText(text, slot); break;
            case FlatVector vector: PlaceVector(vector, slot); break;
            case FlatStructs structs: PlaceStructs(structs, slot); break;
            default: throw new InvalidOperationException($"unknown flatbuffer object {item.GetType().Name}");
        }
    }

    private void PlaceTable(FlatTable table, int slot)
    {
        FlatField?[] fields = table.Fields;
        int vtableLength = 4 + (2 * fields.Length);
        int start = Up(_length + vtableLength, 8);
        Take(start - vtableLength - _length);
        int vtable = Take(vtableLength);
        Take(4);
        BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(start), vtableLength);
        Span<int> slots = fields.Length <= 16 ? stackalloc int[fields.Length] : new int[fields.Length];
        for (int id = 0; id < fields.Length; id++)
        {
            if (fields[id] is not { } field) continue;
            Align(field.ByteSize);
            slots[id] = Take(field.ByteSize);
            WriteScalar(slots[id], field);
            BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(vtable + 4 + (2 * id)), checked((ushort)(slots[id] - start)));
        }
        BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(vtable), checked((ushort)vtableLength));
        BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(vtable + 2), checked((ushort)(_length - start)));
        Point(slot, start);
        for (int id = 0; id < fields.Length; id++)
        {
            if (fields[id] is { Target: { } target }) Place(target, slots[id]);
        }
    }

    private void WriteScalar(int offset, FlatField field)
    {
        Span<byte> destination = _bytes.AsSpan(offset);
        switch (field.Size)
        {
            case 1: destination[0] = (byte)field.Value; break;
            case 2: BinaryPrimitives.WriteInt16LittleEndian(destination, (short)field.Value); break;
            case 4: BinaryPrimitives.WriteInt32LittleEndian(destination, (int)field.Value); break;
            case 8: BinaryPrimitives.WriteInt64LittleEndian(destination, field.Value); break;
        }
    }

    private void PlaceText(FlatText text, int slot)
    {
        Align(4);
        int byteCount = Encoding.UTF8.GetByteCount(text.Value);
        int start = Take(4 + byteCount + 1);
        BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(start), byteCount);
        Encoding.UTF8.GetBytes(text.Value, _bytes.AsSpan(start + 4));
        Point(slot, start);
    }

    private void PlaceVector(FlatVector vector, int slot)
    {
        Align(4);
        int start = Take(4 + (4 * vector.Items.Length));
        BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(start), vector.Items.Length);
        Point(slot, start);
        for (int index = 0; index < vector.Items.Length; index++) Place(vector.Items[index], start + 4 + (4 * index));
    }

    private void PlaceStructs(FlatStructs structs, int slot)
    {
        int start = Up(_length + 4, 8) - 4;
        Take(start - _length);
        Take(4 + (8 * structs.Words.Length));
        BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(start), structs.Words.Length / structs.WordsPerStruct);
        for (int index = 0; index < structs.Words.Length; index++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(_bytes.AsSpan(start + 4 + (8 * index)), structs.Words[index]);
        }
        Point(slot, start);
    }

    private void Point(int slot, int target) => BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(slot), target - slot);

    private void Align(int multiple) => Take(Up(_length, multiple) - _length);

    /// <summary>Appends zero bytes and returns where they start.</summary>
    private int Take(int count)
    {
        int start = _length;
        int needed = checked(_length + count);
        if (needed > _bytes.Length) Array.Resize(ref _bytes, Math.Max(needed, checked(_bytes.Length * 2)));
        _length = needed;
        return start;
    }

    private static int Up(int value, int multiple) => checked(value + multiple - 1) / multiple * multiple;
}
