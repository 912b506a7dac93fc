using System.Collections.Immutable;
using ShardInit.Model;

namespace ShardInit.Storage;

/// <summary>The parts of Arrow's IPC metadata that our files use (format/Schema.fbs, Message.fbs and File.fbs of Apache Arrow, metadata version V5).</summary>
internal static class ArrowSchema
{
    public const short MetadataV5 = 4;
    public const byte HeaderSchema = 1, HeaderRecordBatch = 3;
    public const byte TypeInt = 2, TypeFloat = 3, TypeUtf8 = 5, TypeList = 12;

    public const string TensorColumn = "tensor", DTypeColumn = "dtype", GlobalShapeColumn = "global_shape", StartColumn = "start", ShapeColumn = "shape";
    public const string DigestColumn = "digest";

    /// <summary>Field metadata key that names the element type where Arrow has none.</summary>
    public const string DTypeKey = "tensor.dtype";

    /// <summary>Name of the value column of a dtype: its safetensors name in lower case.</summary>
    public static string ValueColumn(DType dtype) => dtype.Name().ToLowerInvariant();

    /// <summary>The meaning of a value column whose Arrow type does not say it, else null.</summary>
    public static string? DTypeNote(DType dtype) => dtype switch
    {
        DType.BF16 => "bfloat16",
        DType.F8_E4M3 => "float8_e4m3fn",
        DType.F8_E5M2 => "float8_e5m2",
        DType.BOOL => "bool",
        _ => null,
    };

    /// <summary>Schema of a shard: five columns that say what a tile is, the value columns in use in the order of <see cref="DType"/>, the digest.</summary>
    public static FlatTable OfShard(ImmutableArray<DType> valueColumns, IReadOnlyList<KeyValuePair<string, string>> metadata)
    {
        List<FlatTable> fields =
        [
            Utf8(TensorColumn), Utf8(DTypeColumn),
            List(GlobalShapeColumn, Int(64, signed: true)), List(StartColumn, Int(64, signed: true)), List(ShapeColumn, Int(64, signed: true)),
        ];
        foreach (DType dtype in valueColumns) fields.Add(Values(dtype));
        fields.Add(Utf8(DigestColumn));
        return Schema(fields, metadata);
    }

    public static FlatTable Schema(IEnumerable<FlatTable> fields, IReadOnlyList<KeyValuePair<string, string>> metadata) =>
        new(FlatField.Int16(0), new FlatVector([.. fields]), KeyValues(metadata));

    /// <summary>An encapsulated message's flatbuffer.</summary>
    public static byte[] Message(byte headerType, FlatTable header, long bodyLength, IReadOnlyList<KeyValuePair<string, string>> metadata) =>
        FlatBuilder.Build(new FlatTable(
            FlatField.Int16(MetadataV5), FlatField.Byte(headerType), header, FlatField.Int64(bodyLength),
            KeyValues(metadata)));

    /// <param name="nodes">(length, null count) per column and child, depth first.</param>
    /// <param name="buffers">(offset in the body, length) in column order.</param>
    public static FlatTable RecordBatch(long rowCount, long[] nodes, long[] buffers) =>
        new(FlatField.Int64(rowCount), new FlatStructs(2, nodes), new FlatStructs(2, buffers));

    /// <param name="blocks">(file offset, metadata length, body length) per record batch.</param>
    public static byte[] Footer(FlatTable schema, long[] blocks) =>
        FlatBuilder.Build(new FlatTable(FlatField.Int16(MetadataV5), schema, new FlatStructs(3), new FlatStructs(3, blocks)));

    public static FlatTable Utf8(string name) => Field(name, nullable: false, TypeUtf8, new FlatTable(), children: []);

    public static FlatTable Integer(string name, int bitWidth, bool signed) => Field(name, nullable: false, TypeInt, Int(bitWidth, signed), children: []);

    public static FlatTable List(string name, FlatTable int64Type) =>
        Field(name, nullable: false, TypeList, new FlatTable(), [Field("item", nullable: false, TypeInt, int64Type, [])]);

    public static FlatTable Int(int bitWidth, bool signed) => new(FlatField.Int32(bitWidth), FlatField.Bool(signed));

    private static FlatTable Values(DType dtype)
    {
        (byte type, FlatTable details) = ItemType(dtype);
        string? note = DTypeNote(dtype);
        FlatTable item = Field("item", nullable: false, type, details, []);
        return Field(ValueColumn(dtype), nullable: true, TypeList, new FlatTable(), [item], note is null ? [] : [new(DTypeKey, note)]);
    }

    private static (byte Type, FlatTable Details) ItemType(DType dtype) => dtype switch
    {
        DType.F64 => (TypeFloat, new FlatTable(FlatField.Int16(2))),
        DType.F32 => (TypeFloat, new FlatTable(FlatField.Int16(1))),
        DType.F16 => (TypeFloat, new FlatTable(FlatField.Int16(0))),
        DType.I64 => (TypeInt, Int(64, signed: true)),
        DType.I32 => (TypeInt, Int(32, signed: true)),
        DType.BF16 => (TypeInt, Int(16, signed: false)),
        _ => (TypeInt, Int(8, signed: false)),
    };

    private static FlatTable Field(
        string name, bool nullable, byte type, FlatTable details, FlatTable[] children, params KeyValuePair<string, string>[] metadata) => new(
        new FlatText(name), FlatField.Bool(nullable), FlatField.Byte(type), details, null, new FlatVector([.. children]),
        KeyValues(metadata));

    /// <summary>Custom metadata with its keys in ordinal order; an absent field when there is none.</summary>
    private static FlatField? KeyValues(IReadOnlyList<KeyValuePair<string, string>> pairs)
    {
        if (pairs.Count == 0) return null;
        return new FlatVector([.. pairs.OrderBy(pair => pair.Key, StringComparer.Ordinal)
            .Select(pair => new FlatTable(new FlatText(pair.Key), new FlatText(pair.Value)))]);
    }
}
