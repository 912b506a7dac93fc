using System.Buffers.Binary;
using System.Text;
using ShardInit.Client.Output;
using ShardInit.Model;

namespace ShardInit.Client.Tests;

public sealed class ValueFilesTests
{
    /// <summary>Bytes of <c>numpy.save</c> (numpy 1.24) for a float32 array of shape (3, 4): magic, version, length 118, text, padding.</summary>
    [Fact]
    public void Npy_header_is_what_numpy_writes()
    {
        byte[] header = ValueFiles.Header("npy", "w", DType.BF16, new Shape([3, 4]));
        string text = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }";
        byte[] expected = [0x93, .. "NUMPY"u8, 1, 0, 118, 0, .. Encoding.ASCII.GetBytes(text.PadRight(117)), (byte)'\n'];
        Assert.Equal(expected, header);
    }

    [Theory]
    [InlineData(DType.F64, new long[] { 5 }, "'<f8', 'fortran_order': False, 'shape': (5,), }")]
    [InlineData(DType.F16, new long[0], "'<f2', 'fortran_order': False, 'shape': (), }")]
    [InlineData(DType.F8_E4M3, new long[] { 1, 2, 3 }, "'<f4', 'fortran_order': False, 'shape': (1, 2, 3), }")]
    [InlineData(DType.BOOL, new long[] { 0, 2 }, "'|b1', 'fortran_order': False, 'shape': (0, 2), }")]
    public void Npy_header_names_type_and_shape(DType dtype, long[] dims, string text)
    {
        byte[] header = ValueFiles.Header("npy", "w", dtype, new Shape(dims));
        Assert.Contains(text, Encoding.ASCII.GetString(header));
        Assert.Equal(0, header.Length % 64);
    }

    [Fact]
    public void Safetensors_header_has_its_length_in_front_and_is_padded_to_eight()
    {
        byte[] header = ValueFiles.Header("safetensors", "a.b", DType.BF16, new Shape([2, 3]));
        Assert.Equal(header.Length - 8, BinaryPrimitives.ReadInt64LittleEndian(header));
        Assert.Equal(0, header.Length % 8);
        Assert.Equal("{\"a.b\":{\"dtype\":\"BF16\",\"shape\":[2,3],\"data_offsets\":[0,12]}}", Encoding.UTF8.GetString(header.AsSpan(8)).TrimEnd(' '));
    }

    /// <summary>Codes and values from the tables of OCP "8-bit Floating Point Specification (OFP8)" revision 1.0, table 1.</summary>
    [Theory]
    [InlineData(DType.F8_E4M3, 0x7E, 448f)]
    [InlineData(DType.F8_E4M3, 0x08, 0.015625f)]
    [InlineData(DType.F8_E4M3, 0x07, 0.013671875f)]
    [InlineData(DType.F8_E4M3, 0x01, 0.001953125f)]
    [InlineData(DType.F8_E4M3, 0xB8, -1f)]
    [InlineData(DType.F8_E4M3, 0x7F, float.NaN)]
    [InlineData(DType.F8_E4M3, 0x78, 256f)]
    [InlineData(DType.F8_E5M2, 0x7B, 57344f)]
    [InlineData(DType.F8_E5M2, 0x04, 6.103515625e-05f)]
    [InlineData(DType.F8_E5M2, 0x01, 1.52587890625e-05f)]
    [InlineData(DType.F8_E5M2, 0xFC, float.NegativeInfinity)]
    public void Eight_bit_floats_widen_to_the_numbers_of_their_standard(DType dtype, int code, float value)
    {
        byte[] target = new byte[4];
        ValueFiles.Widen(dtype, [(byte)code], target);
        Assert.Equal(value, BinaryPrimitives.ReadSingleLittleEndian(target));
    }

    [Fact]
    public void Brain_floats_widen_by_appending_zeros()
    {
        byte[] target = new byte[8];
        ValueFiles.Widen(DType.BF16, [0x80, 0x3F, 0x01, 0x80], target);
        Assert.Equal([0, 0, 0x80, 0x3F, 0, 0, 0x01, 0x80], target);
    }
}
