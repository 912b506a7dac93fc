using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text.Json;
using ShardInit.Errors;

namespace ShardInit.Model;

/// <summary>One tensor of a <c>.safetensors</c> header.</summary>
internal sealed record HeaderTensor(string Name, DType DType, long[] Shape, long Start, long End);

/// <summary>
/// Reads the header of a <c>.safetensors</c> file and nothing else, by the strict rules of that format: at most 100,000,000 bytes of JSON that begin
/// with <c>{</c>, no name twice, data without holes or overlaps from the first to the last byte of the file, sizes that fit the shapes.
/// The text is streamed: no tree of a hostile header is built.
/// </summary>
internal static class SafetensorsHeader
{
    public const int MaxHeaderBytes = 100_000_000;
    public const int MaxTensors = 2_000_000;

    /// <summary>Tensors in the order of the header, none where a problem was added to <paramref name="problems"/>.</summary>
    public static List<HeaderTensor> Read(string path, Problems problems)
    {
        using FileStream file = File.OpenRead(path);
        Span<byte> lengthBytes = stackalloc byte[8];
        if (file.ReadAtLeast(lengthBytes, 8, throwOnEndOfStream: false) < 8)
        {
            problems.Add($"{path}: expected a .safetensors file, found only {file.Length} bytes");
            return [];
        }
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(lengthBytes);
        if (length > MaxHeaderBytes) { problems.Add($"{path}: expected a .safetensors header of at most {MaxHeaderBytes} bytes, found {length}; neither JSON nor a .safetensors file?"); return []; }
        if (length < 2 || (long)length > file.Length - 8) { problems.Add($"{path}: expected a header of {length} bytes, found {file.Length - 8} bytes after its length"); return []; }
        byte[] header = new byte[length];
        file.ReadExactly(header);
        try
        {
            long before = problems.Count;
            List<HeaderTensor> tensors = Parse(header, path, problems);
            if (problems.Count == before) CheckOffsets(tensors, file.Length - 8 - (long)length, path, problems);
            return problems.Count == before ? tensors : [];
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException)
        {
            problems.Add($"{path}: bad header: {(error is JsonException ? JsonProblems.Of(error) : error.Message)}");
            return [];
        }
    }

    private static List<HeaderTensor> Parse(byte[] header, string path, Problems problems)
    {
        if (header[0] != '{') throw new FormatException("expected '{' as its first byte");
        Utf8JsonReader reader = new(header, new JsonReaderOptions { MaxDepth = 8 });
        List<HeaderTensor> tensors = [];
        HashSet<string> names = new(StringComparer.Ordinal);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            if (!names.Add(name)) throw new FormatException($"the name {Problems.Quote(name)} stands twice");
            if (names.Count > MaxTensors) throw new FormatException($"more than {MaxTensors} tensors");
            reader.Read();
            if (name == "__metadata__") ReadMetadata(ref reader);
            else if (ReadTensor(ref reader, name, path, problems) is HeaderTensor tensor) tensors.Add(tensor);
        }
        if (reader.Read()) throw new FormatException("something stands after its end");
        return tensors;
    }

    private static void ReadMetadata(ref Utf8JsonReader reader)
    {
        Expect(reader.TokenType == JsonTokenType.StartObject, $"__metadata__: expected an object");
        HashSet<string> keys = new(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = reader.GetString()!;
            Expect(keys.Add(key), $"__metadata__: the name {Problems.Quote(key)} stands twice");
            reader.Read();
            Expect(reader.TokenType == JsonTokenType.String, $"__metadata__: expected texts only");
        }
    }

    private static HeaderTensor? ReadTensor(ref Utf8JsonReader reader, string name, string path, Problems problems)
    {
        Expect(reader.TokenType == JsonTokenType.StartObject, $"{Problems.Quote(name)}: expected an object");
        (string? dtype, long[]? shape, long[]? offsets) = (null, null, null);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = reader.GetString()!;
            reader.Read();
            switch (key)
            {
                case "dtype":
                    Expect(dtype is null && reader.TokenType == JsonTokenType.String, $"{Problems.Quote(name)}: expected one dtype, a text");
                    dtype = reader.GetString();
                    break;
                case "shape":
                    Expect(shape is null, $"{Problems.Quote(name)}: shape stands twice");
                    shape = ReadLongs(ref reader, name, "shape", ModelBuilder.MaxRank);
                    break;
                case "data_offsets":
                    Expect(offsets is null, $"{Problems.Quote(name)}: data_offsets stands twice");
                    offsets = ReadLongs(ref reader, name, "data_offsets", 2);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
        Expect(dtype is not null && shape is not null && offsets is { Length: 2 }, $"{Problems.Quote(name)}: expected dtype, shape and two data_offsets");
        if (!DTypes.TryParse(dtype!, out DType known))
        {
            problems.Add($"{path}: tensor {Problems.Quote(name)}: dtype: {DTypes.Refusal(dtype!)}");
            return null;
        }
        return new HeaderTensor(name, known, shape!, offsets![0], offsets[1]);
    }

    private static long[] ReadLongs(ref Utf8JsonReader reader, string name, string key, int limit)
    {
        Expect(reader.TokenType == JsonTokenType.StartArray, $"{Problems.Quote(name)}: {key}: expected a list");
        List<long> values = [];
        while (reader.Read() && reader.TokenType == JsonTokenType.Number)
        {
            Expect(reader.TryGetInt64(out long value) && value >= 0, $"{Problems.Quote(name)}: {key}: expected whole numbers from 0, below 2^63");
            Expect(values.Count < limit, $"{Problems.Quote(name)}: {key}: more than {limit} numbers");
            values.Add(value);
        }
        Expect(reader.TokenType == JsonTokenType.EndArray, $"{Problems.Quote(name)}: {key}: expected numbers only");
        return [.. values];
    }

    private static void CheckOffsets(List<HeaderTensor> tensors, long dataBytes, string path, Problems problems)
    {
        long expected = 0;
        foreach (HeaderTensor tensor in tensors.OrderBy(tensor => tensor.Start).ThenBy(tensor => tensor.End))
        {
            Place where = new(path, 0, tensor.Name);
            if (!Shape.TryCount(tensor.Shape, out long count, out string? reason)) { problems.Add($"{where}: {reason}"); return; }
            Int128 bytes = (Int128)count * tensor.DType.ByteSize();
            if (tensor.End < tensor.Start || tensor.End - tensor.Start != bytes)
            {
                problems.Add($"{where}: expected {bytes} bytes for shape [{string.Join(", ", tensor.Shape)}] of {tensor.DType}, found data_offsets [{tensor.Start}, {tensor.End}]");
                return;
            }
            if (tensor.Start != expected)
            {
                problems.Add($"{where}: expected its data at offset {expected}, found {tensor.Start} ({(tensor.Start < expected ? "overlap" : "hole")})");
                return;
            }
            expected = tensor.End;
        }
        if (expected != dataBytes) problems.Add($"{path}: expected {expected} bytes of data after the header, found {dataBytes}");
    }

    private static void Expect(bool condition, [InterpolatedStringHandlerArgument(nameof(condition))] ref Unless message)
    {
        if (!condition) throw new FormatException(message.ToString());
    }
}
