using System.Buffers.Binary;
using System.Runtime.InteropServices;
using ShardInit.Engine;
using ShardInit.Initializers;
using ShardInit.Model;
using ShardInit.Random;

namespace ShardInit.Core.Tests.Kernels;

/// <summary>
/// The roundings to narrow types against an exact reference: the table of all values of the format from its definition, and the nearest of them, ties to the even code.
/// Every quantity in it (values, midpoints) is exact in binary64.
/// </summary>
public sealed class EncodingTests
{
    /// <summary>A format by its definition: value = mantissa × 2^(max(exponent, 1) - bias - mantissa bits), hidden bit where the exponent is not 0.</summary>
    private sealed class Format
    {
        public static readonly Format F16 = new(DType.F16, 5, 10, 15, lastFinite: 0x7BFF, beyond: 0x7C00);
        public static readonly Format BF16 = new(DType.BF16, 8, 7, 127, lastFinite: 0x7F7F, beyond: 0x7F80);
        /// <summary>OCP 8-bit floating point specification 1.0: bias 7, largest 448 = 0x7E, 0x7F is NaN, no infinity.</summary>
        public static readonly Format E4M3 = new(DType.F8_E4M3, 4, 3, 7, lastFinite: 0x7E, beyond: 0x7F);
        /// <summary>The same, E5M2: bias 15, largest 57344 = 0x7B, infinity 0x7C.</summary>
        public static readonly Format E5M2 = new(DType.F8_E5M2, 5, 2, 15, lastFinite: 0x7B, beyond: 0x7C);

        private Format(DType dtype, int exponentBits, int mantissaBits, int bias, int lastFinite, int beyond)
        {
            (DType, Beyond) = (dtype, beyond);
            // One entry more than is finite: where the next value would stand, the code of what lies beyond takes its place.
            Values = [.. Enumerable.Range(0, lastFinite + 2).Select(code =>
            {
                int exponent = code >> mantissaBits;
                int mantissa = (code & ((1 << mantissaBits) - 1)) | (exponent > 0 ? 1 << mantissaBits : 0);
                return Math.ScaleB(mantissa, Math.Max(exponent, 1) - bias - mantissaBits);
            })];
            Assert.Equal(lastFinite + 1, beyond);
            SignBit = 1 << (exponentBits + mantissaBits);
        }

        public DType DType { get; }
        public double[] Values { get; }
        public int SignBit { get; }
        private int Beyond { get; }
        public double Largest => Values[^2];

        public int Code(float value)
        {
            double magnitude = Math.Abs((double)value);
            int sign = float.IsNegative(value) ? SignBit : 0;
            if (magnitude >= Values[^1]) return sign | Beyond;
            int below = Array.BinarySearch(Values, magnitude);
            if (below >= 0) return sign | below;
            below = ~below - 1;
            double middle = (Values[below] + Values[below + 1]) / 2;
            return sign | (magnitude < middle || (magnitude == middle && below % 2 == 0) ? below : below + 1);
        }
    }

    private static readonly Format[] s_formats = [Format.F16, Format.BF16, Format.E4M3, Format.E5M2];

    public static TheoryData<string> Widths => LaneWidth.Names;

    /// <summary>All 65536 upper halves with lower halves at the borders of every rounding place: 13 (F16), 16 (BF16), and just beside.</summary>
    [Theory]
    [MemberData(nameof(Widths))]
    public void Every_upper_half_is_rounded_as_by_definition(string width)
    {
        uint[] lows = [0, 1, 0x0FFF, 0x1000, 0x1001, 0x2FFF, 0x3000, 0x3001, 0x7FFF, 0x8000, 0x8001, 0xFFFF];
        float[] values = [.. lows.SelectMany(low => Enumerable.Range(0, 65536).Select(high => BitConverter.UInt32BitsToSingle(((uint)high << 16) | low))).Select(value => float.IsFinite(value) ? value : 0)];
        foreach (Format format in s_formats) Compare(width, format, values);
    }

    /// <summary>Every value of a format, every midpoint, and the binary32 numbers on both sides of each; both signs.</summary>
    [Theory]
    [MemberData(nameof(Widths))]
    public void Every_midpoint_goes_to_the_even_code(string width)
    {
        foreach (Format format in s_formats)
        {
            List<float> values = [];
            for (int code = 0; code + 1 < format.Values.Length; code++)
            {
                foreach (double exact in (double[])[format.Values[code], (format.Values[code] + format.Values[code + 1]) / 2])
                {
                    float value = (float)exact;
                    Assert.Equal(exact, value);
                    values.AddRange([value, -value, MathF.BitIncrement(value), -MathF.BitIncrement(value), MathF.BitDecrement(value), -MathF.BitDecrement(value)]);
                }
            }
            values.AddRange([float.Epsilon, -float.Epsilon, float.MaxValue, -float.MaxValue, 0, -0f, 1.17549435e-38f, 1.17549421e-38f]);
            while (values.Count % 64 != 0) values.Add(1);
            Compare(width, format, [.. values.Select(value => float.IsFinite(value) ? value : 0)]);
        }
    }

    private static void Compare(string width, Format format, float[] values)
    {
        int size = format.DType.ByteSize();
        byte[] codes = new byte[values.Length * size];
        LaneWidth.Named(width).Encode(format.DType, values, codes);
        for (int k = 0; k < values.Length; k++)
        {
            int found = size == 1 ? codes[k] : BinaryPrimitives.ReadUInt16LittleEndian(codes.AsSpan(2 * k));
            int expected = format.Code(values[k]);
            if (found != expected) Assert.Fail($"{format.DType}: {values[k]:R} ({BitConverter.SingleToUInt32Bits(values[k]):x8}) became {found:x}, expected {expected:x}");
        }
    }

    /// <summary>The platform's half conversions agree too: a second opinion for F16 over a stride of all finite floats.</summary>
    [Fact]
    public void F16_is_the_platforms_rounding()
    {
        float[] values = new float[64 * 20000];
        for (int k = 0; k < values.Length; k++) values[k] = BitConverter.UInt32BitsToSingle((uint)k * 3343u);
        for (int k = 0; k < values.Length; k++) if (!float.IsFinite(values[k])) values[k] = 0;
        byte[] codes = new byte[2 * values.Length];
        LaneWidth.Fast.Encode(DType.F16, values, codes);
        for (int k = 0; k < values.Length; k++)
            Assert.Equal(BitConverter.HalfToUInt16Bits((Half)values[k]), BinaryPrimitives.ReadUInt16LittleEndian(codes.AsSpan(2 * k)));
    }

    /// <summary>Published corner values: OCP 8-bit specification 1.0, table 1; IEEE 754 binary16; and what lies just beyond.</summary>
    [Theory]
    [InlineData(DType.F8_E4M3, 448f, 0x7E)]
    [InlineData(DType.F8_E4M3, 464f, 0x7E)]
    [InlineData(DType.F8_E4M3, 464.00003f, 0x7F)]
    [InlineData(DType.F8_E4M3, -1e30f, 0xFF)]
    [InlineData(DType.F8_E4M3, 0.015625f, 0x08)]
    [InlineData(DType.F8_E4M3, 0.013671875f, 0x07)]
    [InlineData(DType.F8_E4M3, 0.001953125f, 0x01)]
    [InlineData(DType.F8_E4M3, 0.0009765625f, 0x00)]
    [InlineData(DType.F8_E4M3, 1f, 0x38)]
    [InlineData(DType.F8_E5M2, 57344f, 0x7B)]
    [InlineData(DType.F8_E5M2, 61439.996f, 0x7B)]
    [InlineData(DType.F8_E5M2, 61440f, 0x7C)]
    [InlineData(DType.F8_E5M2, 6.1035156e-05f, 0x04)]
    [InlineData(DType.F8_E5M2, 1.52587890625e-05f, 0x01)]
    [InlineData(DType.F8_E5M2, -1f, 0xBC)]
    [InlineData(DType.F16, 65504f, 0x7BFF)]
    [InlineData(DType.F16, 65519.996f, 0x7BFF)]
    [InlineData(DType.F16, 65520f, 0x7C00)]
    [InlineData(DType.F16, 5.9604644775390625e-08f, 0x0001)]
    [InlineData(DType.F16, 1f, 0x3C00)]
    [InlineData(DType.BF16, 3.3895314e38f, 0x7F7F)]
    [InlineData(DType.BF16, 3.4028235e38f, 0x7F80)]
    [InlineData(DType.BF16, 1f, 0x3F80)]
    [InlineData(DType.BF16, -0f, 0x8000)]
    public void Corner_values_have_their_published_codes(DType dtype, float value, int code)
    {
        float[] values = new float[64];
        Array.Fill(values, value);
        byte[] codes = new byte[64 * dtype.ByteSize()];
        foreach (LaneWidth width in LaneWidth.All)
        {
            width.Encode(dtype, values, codes);
            for (int k = 0; k < 64; k++) Assert.Equal(code, dtype.ByteSize() == 1 ? codes[k] : BinaryPrimitives.ReadUInt16LittleEndian(codes.AsSpan(2 * k)));
        }
        // A constant takes the same road.
        byte[] constant = new byte[dtype.ByteSize()];
        ConstantFill.Fill(value, dtype, constant);
        Assert.Equal(codes[..dtype.ByteSize()], constant);
        // And the facts that plans are checked with are those of the tables.
        Format format = s_formats.Single(entry => entry.DType == dtype);
        Assert.Equal((format.Largest, format.Values[1]), (dtype.MaxFinite(), dtype.SmallestSubnormal()));
    }

    /// <summary>A narrow tensor is the rounding of the binary32 tensor, element by element, whatever is drawn; a wide one its widening.</summary>
    [Theory]
    [MemberData(nameof(Widths))]
    public void A_dtype_is_only_a_rounding(string width)
    {
        StreamKey key = Cases.Key("dtype");
        foreach ((string name, Distribution distribution, _) in Cases.Distributions)
        {
            const int count = 3000;
            float[] single = MemoryMarshal.Cast<byte, float>(Cases.Fill(LaneWidth.Named(width).Backend, key, distribution, DType.F32, 11, count)).ToArray();
            foreach (Format format in s_formats)
            {
                byte[] codes = Cases.Fill(LaneWidth.Named(width).Backend, key, distribution, format.DType, 11, count);
                for (int k = 0; k < count; k++)
                {
                    int found = format.DType.ByteSize() == 1 ? codes[k] : BinaryPrimitives.ReadUInt16LittleEndian(codes.AsSpan(2 * k));
                    Assert.True(format.Code(single[k]) == found, $"{name} {format.DType}: element {k}, {single[k]:R}");
                }
            }
            double[] wide = MemoryMarshal.Cast<byte, double>(Cases.Fill(LaneWidth.Named(width).Backend, key, distribution, DType.F64, 11, count)).ToArray();
            Assert.Equal(single.Select(value => (double)value), wide);
        }
    }

    [Fact]
    public void Constants_are_stored_in_full_where_the_dtype_allows()
    {
        Assert.Equal(BitConverter.GetBytes(0.1), Constant(0.1, DType.F64));
        Assert.Equal(BitConverter.GetBytes(0.1f), Constant(0.1, DType.F32));
        Assert.Equal(BitConverter.GetBytes(-5L), Constant(-5, DType.I64));
        Assert.Equal(BitConverter.GetBytes(long.MinValue), Constant(-9223372036854775808.0, DType.I64));
        Assert.Equal(BitConverter.GetBytes(int.MaxValue), Constant(int.MaxValue, DType.I32));
        Assert.Equal([(byte)255], Constant(255, DType.U8));
        Assert.Equal([(byte)1], Constant(1, DType.BOOL));
        // Twice rounded, through binary32: 1 + 2^-8 + 2^-40 would be above the midpoint of bf16, its binary32 is the midpoint, whose even code is 1.
        Assert.Equal([0x80, 0x3F], Constant(1 + Math.ScaleB(1, -8) + Math.ScaleB(1, -40), DType.BF16));
        foreach ((double value, DType dtype) in ((double, DType)[])[(0.5, DType.I64), (9223372036854775808.0, DType.I64), (2147483648.0, DType.I32), (-1, DType.U8), (256, DType.U8), (2, DType.BOOL), (double.NaN, DType.I32)])
            Assert.Throws<ArgumentException>(() => Constant(value, dtype));
    }

    private static byte[] Constant(double value, DType dtype)
    {
        byte[] bytes = new byte[3 * dtype.ByteSize()];
        ConstantFill.Fill(value, dtype, bytes);
        Assert.Equal(bytes[..dtype.ByteSize()], bytes[dtype.ByteSize()..(2 * dtype.ByteSize())]);
        return bytes[(2 * dtype.ByteSize())..];
    }
}
