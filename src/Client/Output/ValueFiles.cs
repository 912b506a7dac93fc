using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using ShardInit.Model;

namespace ShardInit.Client.Output;

/// <summary>The file formats of <c>read</c>: what stands before the values, and how a value is written.</summary>
internal static class ValueFiles
{
    private const int NpyAlignment = 64;

    /// <summary>True where NumPy has no such type, so the values are widened to float32 (exactly).</summary>
    public static bool Widens(string format, DType dtype) => format == "npy" && dtype is (DType.BF16 or DType.F8_E4M3 or DType.F8_E5M2);

    public static byte[] Header(string format, string name, DType dtype, Shape shape) => format switch
    {
        "npy" => Npy(dtype, shape),
        "safetensors" => Safetensors(name, dtype, shape),
        _ => [],
    };

    /// <summary>NumPy format 1.0.</summary>
    private static byte[] Npy(DType dtype, Shape shape)
    {
        string type = dtype switch
        {
            DType.F64 => "<f8",
            DType.F16 => "<f2",
            DType.I64 => "<i8",
            DType.I32 => "<i4",
            DType.U8 => "|u1",
            DType.BOOL => "|b1",
            _ => "<f4",
        };
        string dims = shape.Rank == 1 ? $"({shape[0]},)" : $"({string.Join(", ", shape.Dims)})";
        string text = $"{{'descr': '{type}', 'fortran_order': False, 'shape': {dims}, }}";
        int length = (10 + text.Length + 1 + NpyAlignment - 1) / NpyAlignment * NpyAlignment;
        byte[] header = new byte[length];
        ReadOnlySpan<byte> magic = [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0];
        magic.CopyTo(header);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(8), (ushort)(length - 10));
        header.AsSpan(10).Fill((byte)' ');
        Encoding.ASCII.GetBytes(text, header.AsSpan(10));
        header[^1] = (byte)'\n';
        return header;
    }

    private static byte[] Safetensors(string name, DType dtype, Shape shape)
    {
        using MemoryStream text = new();
        using (Utf8JsonWriter json = new(text))
        {
            json.WriteStartObject();
            json.WriteStartObject(name);
            json.WriteString("dtype", dtype.Name());
            json.WriteStartArray("shape");
            foreach (long dim in shape.Dims) json.WriteNumberValue(dim);
            json.WriteEndArray();
            json.WriteStartArray("data_offsets");
            json.WriteNumberValue(0);
            json.WriteNumberValue(checked(shape.ElementCount * dtype.ByteSize()));
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndObject();
        }
        int length = ((int)text.Length + 7) / 8 * 8;
        byte[] header = new byte[8 + length];
        BinaryPrimitives.WriteInt64LittleEndian(header, length);
        header.AsSpan(8).Fill((byte)' ');
        text.ToArray().CopyTo(header.AsSpan(8));
        return header;
    }

    /// <summary>Float32 of each BF16 or F8 element: exact.</summary>
    public static void Widen(DType dtype, ReadOnlySpan<byte> source, Span<byte> target)
    {
        if (dtype == DType.BF16)
        {
            for (int i = 0; i < source.Length / 2; i++) BinaryPrimitives.WriteUInt32LittleEndian(target[(4 * i)..], (uint)BinaryPrimitives.ReadUInt16LittleEndian(source[(2 * i)..]) << 16);
            return;
        }
        ImmutableArray<float> table = dtype == DType.F8_E4M3 ? s_e4m3 : s_e5m2;
        for (int i = 0; i < source.Length; i++) BinaryPrimitives.WriteSingleLittleEndian(target[(4 * i)..], table[source[i]]);
    }

    // E5M2 is the upper half of an IEEE binary16.
    private static readonly ImmutableArray<float> s_e5m2 = [.. Enumerable.Range(0, 256).Select(code => (float)BitConverter.UInt16BitsToHalf((ushort)(code << 8)))];

    // OCP FP8 E4M3: exponent bias 7, no infinity, all ones is NaN.
    private static readonly ImmutableArray<float> s_e4m3 = [.. Enumerable.Range(0, 256).Select(E4M3)];

    private static float E4M3(int code)
    {
        (int exponent, int fraction) = ((code >> 3) & 15, code & 7);
        float magnitude = exponent == 0
            ? fraction * (1f / 512)
            : exponent == 15 && fraction == 7
                ? float.NaN
                : BitConverter.UInt32BitsToSingle((uint)((exponent - 7 + 127) << 23 | fraction << 20));
        return (code & 0x80) == 0 ? magnitude : -magnitude;
    }
}
