using System.Buffers.Binary;
using System.Runtime.InteropServices;
using ShardInit.Kernels;
using ShardInit.Lanes;
using ShardInit.Model;

namespace ShardInit.Engine;

/// <summary>Tensors whose elements are all one number: that number rounded to float32 and then to the dtype; F64 takes it in full.</summary>
internal static class ConstantFill
{
    /// <exception cref="ArgumentException">A number that an integer dtype cannot hold exactly.</exception>
    public static void Fill(double value, DType dtype, Span<byte> destination)
    {
        switch (dtype.ByteSize())
        {
            case 1: destination.Fill((byte)Code(value, dtype)); break;
            case 2: MemoryMarshal.Cast<byte, ushort>(destination).Fill((ushort)Code(value, dtype)); break;
            case 4: MemoryMarshal.Cast<byte, uint>(destination).Fill((uint)Code(value, dtype)); break;
            default: MemoryMarshal.Cast<byte, ulong>(destination).Fill(Code(value, dtype)); break;
        }
    }

    /// <summary>The little-endian code of the number in the low bytes.</summary>
    private static ulong Code(double value, DType dtype)
    {
        Span<byte> code = stackalloc byte[8];
        code.Clear();
        Reals1 single = new((float)value);
        switch (dtype)
        {
            case DType.F64: return BitConverter.DoubleToUInt64Bits(value);
            case DType.F32: EncodeF32.Store<Reals1, Bits1>(single, ref code[0]); break;
            case DType.F16: EncodeF16.Store<Reals1, Bits1>(single, ref code[0]); break;
            case DType.BF16: EncodeBF16.Store<Reals1, Bits1>(single, ref code[0]); break;
            case DType.F8_E4M3: EncodeE4M3.Store<Reals1, Bits1>(single, ref code[0]); break;
            case DType.F8_E5M2: EncodeE5M2.Store<Reals1, Bits1>(single, ref code[0]); break;
            case DType.I64: return (ulong)Whole(value, dtype, long.MinValue, long.MaxValue);
            case DType.I32: return (uint)Whole(value, dtype, int.MinValue, int.MaxValue);
            case DType.U8: return (ulong)Whole(value, dtype, 0, byte.MaxValue);
            case DType.BOOL: return (ulong)Whole(value, dtype, 0, 1);
            default: throw new ArgumentOutOfRangeException(nameof(dtype), dtype, "unknown dtype");
        }
        return BinaryPrimitives.ReadUInt64LittleEndian(code);
    }

    private static long Whole(double value, DType dtype, long least, long most)
    {
        // 2^63 itself is a double and no long: the comparison below is against the largest double under it.
        if (Math.Floor(value) != value || value < least || value > most || value >= 9223372036854775808.0)
            throw new ArgumentException($"expected a whole number from {least} to {most} for {dtype.Name()}, found {value:R}", nameof(value));
        return (long)value;
    }
}
