using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using ShardInit.Errors;
using ShardInit.Model;
using ShardInit.Planning;

namespace ShardInit.Storage;

/// <summary>The schema of an untrusted file: its columns must be exactly those of docs/format.md.</summary>
internal sealed record ShardSchema(ImmutableArray<DType> ValueColumns, FrozenDictionary<string, string> Metadata)
{
    private const int MaxMetadataPairs = 1000;

    /// <exception cref="ShardFormatException">BadSchema, BadMetadata, UnsupportedFormat, UnsupportedSpec.</exception>
    public static ShardSchema Read(FlatReader schema, string path)
    {
        FrozenDictionary<string, string> metadata;
        try
        {
            metadata = ReadPairs(schema, field: 2);
        }
        catch (FlatException error)
        {
            throw new ShardFormatException(ShardFormatCode.BadMetadata, path, error.Message);
        }
        CheckVersion(metadata, "format", Versions.Format, ShardFormatCode.UnsupportedFormat, path);
        CheckVersion(metadata, "spec", Versions.Spec, ShardFormatCode.UnsupportedSpec, path);
        try
        {
            return new ShardSchema(ReadColumns(schema), metadata);
        }
        catch (FlatException error)
        {
            throw new ShardFormatException(ShardFormatCode.BadSchema, path, error.Message);
        }
    }

    /// <summary>Custom metadata as a dictionary; a key given twice is refused.</summary>
    public static FrozenDictionary<string, string> ReadPairs(FlatReader owner, int field)
    {
        int count = owner.Count(field, 4, "custom_metadata");
        if (count > MaxMetadataPairs) throw new FlatException($"{count} metadata pairs, at most {MaxMetadataPairs} are taken");
        Dictionary<string, string> pairs = new(StringComparer.Ordinal);
        for (int index = 0; index < count; index++)
        {
            FlatReader pair = owner.Item(field, index, "custom_metadata");
            string key = pair.Text(0, "key");
            if (!pairs.TryAdd(key, pair.Has(1) ? pair.Text(1, "value") : "")) throw new FlatException($"the metadata key '{CheckpointFiles.Quote(key)}' stands twice");
        }
        return pairs.ToFrozenDictionary(StringComparer.Ordinal);
    }

    /// <summary>The metadata's tile count, where given, is that of the footer.</summary>
    public void CheckTileCount(int found, string path)
    {
        if (Metadata.TryGetValue("tiles", out string? text) && text != found.ToString(CultureInfo.InvariantCulture))
        {
            throw new ShardFormatException(ShardFormatCode.BadMetadata, path, $"expected {CheckpointFiles.Quote(text)} tiles by the metadata, found {found} in the footer");
        }
    }

    private static void CheckVersion(FrozenDictionary<string, string> metadata, string key, int newest, ShardFormatCode unsupported, string path)
    {
        if (!metadata.TryGetValue(key, out string? text)) return;
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int version) || version < 1)
        {
            throw new ShardFormatException(ShardFormatCode.BadMetadata, path, $"{key} '{CheckpointFiles.Quote(text)}' is no version");
        }
        if (version > newest) throw new ShardFormatException(unsupported, path, $"{key} {version}; this build reads 1 to {newest}, a newer one may read it");
    }

    private static ImmutableArray<DType> ReadColumns(FlatReader schema)
    {
        if (schema.Int16(0) != 0) throw new FlatException("big-endian values");
        int count = schema.Count(1, 4, "fields");
        if (count is < 6 or > 16) throw new FlatException($"{count} columns, a shard has 6 to 16");
        Expect(schema.Item(1, 0, "fields"), ArrowSchema.TensorColumn, ArrowSchema.TypeUtf8);
        Expect(schema.Item(1, 1, "fields"), ArrowSchema.DTypeColumn, ArrowSchema.TypeUtf8);
        ExpectInt64List(schema.Item(1, 2, "fields"), ArrowSchema.GlobalShapeColumn);
        ExpectInt64List(schema.Item(1, 3, "fields"), ArrowSchema.StartColumn);
        ExpectInt64List(schema.Item(1, 4, "fields"), ArrowSchema.ShapeColumn);
        Expect(schema.Item(1, count - 1, "fields"), ArrowSchema.DigestColumn, ArrowSchema.TypeUtf8);
        ImmutableArray<DType>.Builder columns = ImmutableArray.CreateBuilder<DType>();
        for (int index = 5; index < count - 1; index++)
        {
            DType dtype = ReadValueColumn(schema.Item(1, index, "fields"));
            if (columns.Count > 0 && columns[^1] >= dtype) throw new FlatException($"the value column '{ArrowSchema.ValueColumn(dtype)}' is out of order");
            columns.Add(dtype);
        }
        return columns.ToImmutable();
    }

    private static DType ReadValueColumn(FlatReader field)
    {
        string name = field.Text(0, "name");
        if (name != name.ToLowerInvariant() || !DTypes.TryParse(name.ToUpperInvariant(), out DType dtype)) throw new FlatException($"the column '{CheckpointFiles.Quote(name)}' is unknown");
        Expect(field, name, ArrowSchema.TypeList);
        FlatReader item = OnlyChild(field, name);
        bool isFloat = dtype is DType.F64 or DType.F32 or DType.F16;
        if (item.Byte(2) != (isFloat ? ArrowSchema.TypeFloat : ArrowSchema.TypeInt)) throw new FlatException($"the column '{name}' has items of type {item.Byte(2)}");
        FlatReader type = item.Table(3, "type");
        if (isFloat)
        {
            short precision = dtype switch { DType.F16 => 0, DType.F32 => 1, _ => 2 };
            if (type.Int16(0) != precision) throw new FlatException($"the column '{name}' has precision {type.Int16(0)}, expected {precision}");
        }
        else if (type.Int32(0) != 8 * dtype.ByteSize() || type.Byte(1) != (dtype is DType.I64 or DType.I32 ? 1 : 0))
        {
            throw new FlatException($"the column '{name}' has integers of {type.Int32(0)} bits, signed {type.Byte(1)}");
        }
        return dtype;
    }

    private static void ExpectInt64List(FlatReader field, string name)
    {
        Expect(field, name, ArrowSchema.TypeList);
        FlatReader item = OnlyChild(field, name);
        if (item.Byte(2) != ArrowSchema.TypeInt) throw new FlatException($"the column '{name}' is no list of int64");
        FlatReader type = item.Table(3, "type");
        if (type.Int32(0) != 64 || type.Byte(1) != 1) throw new FlatException($"the column '{name}' is no list of int64");
    }

    private static FlatReader OnlyChild(FlatReader field, string name)
    {
        int count = field.Count(5, 4, "children");
        return count == 1 ? field.Item(5, 0, "children") : throw new FlatException($"the column '{name}' has {count} children, a list has 1");
    }

    private static void Expect(FlatReader field, string name, byte type)
    {
        string found = field.Text(0, "name");
        if (found != name || field.Byte(2) != type) throw new FlatException($"expected a column '{name}' of type {type}, found '{CheckpointFiles.Quote(found)}' of type {field.Byte(2)}");
        if (field.Has(4)) throw new FlatException($"the column '{name}' is dictionary-encoded");
    }
}
