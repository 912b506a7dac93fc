using System.Buffers.Binary;
using System.Text;

namespace ShardInit.Storage;

/// <summary>A flatbuffer that points outside itself or says something impossible.</summary>
internal sealed class FlatException(string message) : Exception(message);

/// <summary>
/// A table of an untrusted flatbuffer. Every offset is checked against the buffer before it is followed; nothing is followed twice, so hostile input costs at
/// most its own length per call.
/// </summary>
internal readonly ref struct FlatReader
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly int _table;
    private readonly int _vtable;
    private readonly int _vtableLength;
    private readonly int _tableLength;

    private FlatReader(ReadOnlySpan<byte> bytes, int table)
    {
        _bytes = bytes;
        _table = table;
        Need(table, 4);
        long vtable = (long)table - BinaryPrimitives.ReadInt32LittleEndian(bytes[table..]);
        if (vtable < 0 || vtable > bytes.Length - 4) throw new FlatException($"the table at {table} has its vtable outside the metadata");
        _vtable = (int)vtable;
        _vtableLength = BinaryPrimitives.ReadUInt16LittleEndian(bytes[_vtable..]);
        _tableLength = BinaryPrimitives.ReadUInt16LittleEndian(bytes[(_vtable + 2)..]);
        if (_vtableLength < 4) throw new FlatException($"the vtable at {_vtable} is too short");
        Need(_vtable, _vtableLength);
        Need(table, _tableLength);
    }

    public static FlatReader Root(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 8) throw new FlatException($"{bytes.Length} bytes of metadata, at least 8 are needed");
        uint offset = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        if (offset > bytes.Length - 4) throw new FlatException("the root table lies outside the metadata");
        return new FlatReader(bytes, (int)offset);
    }

    public bool Has(int field) => Slot(field, 1) != 0;

    public byte Byte(int field) => Slot(field, 1) is var slot and not 0 ? _bytes[slot] : (byte)0;

    public short Int16(int field) => Slot(field, 2) is var slot and not 0 ? BinaryPrimitives.ReadInt16LittleEndian(_bytes[slot..]) : (short)0;

    public int Int32(int field) => Slot(field, 4) is var slot and not 0 ? BinaryPrimitives.ReadInt32LittleEndian(_bytes[slot..]) : 0;

    public long Int64(int field) => Slot(field, 8) is var slot and not 0 ? BinaryPrimitives.ReadInt64LittleEndian(_bytes[slot..]) : 0;

    /// <exception cref="FlatException">Absent, or outside.</exception>
    public FlatReader Table(int field, string name) => new(_bytes, Follow(Slot(field, 4), name));

    public string Text(int field, string name)
    {
        int start = Follow(Slot(field, 4), name);
        Need(start, 4);
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(_bytes[start..]);
        if (length > _bytes.Length - start - 4) throw new FlatException($"the text '{name}' is longer than the metadata");
        try
        {
            return s_strictUtf8.GetString(_bytes.Slice(start + 4, (int)length));
        }
        catch (DecoderFallbackException)
        {
            throw new FlatException($"the text '{name}' is no UTF-8");
        }
    }

    /// <summary>Number of elements of a vector; 0 when it is absent.</summary>
    public int Count(int field, int elementLength, string name) => Slot(field, 4) is 0 ? 0 : Vector(field, elementLength, name).Count;

    /// <summary>Table number <paramref name="index"/> of a vector of tables.</summary>
    public FlatReader Item(int field, int index, string name)
    {
        (int start, int count) = Vector(field, 4, name);
        if (index >= count) throw new FlatException($"'{name}' has {count} elements, number {index} is wanted");
        return new FlatReader(_bytes, Follow(start + (4 * index), name));
    }

    /// <summary>The elements of a vector of structs.</summary>
    public ReadOnlySpan<byte> Structs(int field, int elementLength, string name)
    {
        if (Slot(field, 4) is 0) return [];
        (int start, int count) = Vector(field, elementLength, name);
        return _bytes.Slice(start, count * elementLength);
    }

    private (int Start, int Count) Vector(int field, int elementLength, string name)
    {
        int start = Follow(Slot(field, 4), name);
        Need(start, 4);
        uint count = BinaryPrimitives.ReadUInt32LittleEndian(_bytes[start..]);
        if ((long)count * elementLength > _bytes.Length - start - 4) throw new FlatException($"'{name}' claims {count} elements, more than the metadata holds");
        return (start + 4, (int)count);
    }

    private int Follow(int slot, string name)
    {
        if (slot == 0) throw new FlatException($"'{name}' is missing");
        Need(slot, 4);
        long target = slot + (long)BinaryPrimitives.ReadUInt32LittleEndian(_bytes[slot..]);
        if (target > _bytes.Length - 4 || target == slot) throw new FlatException($"'{name}' points outside the metadata");
        return (int)target;
    }

    private int Slot(int field, int length)
    {
        int entry = 4 + (2 * field);
        if (entry + 2 > _vtableLength) return 0;
        int offset = BinaryPrimitives.ReadUInt16LittleEndian(_bytes[(_vtable + entry)..]);
        if (offset == 0) return 0;
        if (offset < 4 || offset + length > _tableLength) throw new FlatException($"field {field} of the table at {_table} lies outside it");
        return _table + offset;
    }

    private void Need(int start, int length)
    {
        if (start < 0 || length > _bytes.Length - start) throw new FlatException($"expected {length} bytes at {start} of {_bytes.Length} bytes of metadata");
    }

    private static readonly UTF8Encoding s_strictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
}
