using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using ArmCrc32 = System.Runtime.Intrinsics.Arm.Crc32;

namespace ShardInit.Storage;

/// <summary>
/// zlib's CRC-32: polynomial 0x04C11DB7, reflected, initial value and final xor 0xFFFFFFFF; the CRC of "123456789" is cbf43926.
/// Chosen because most languages have it in their standard libraries and because the CRC of a whole follows from those of its parts
/// (<see cref="Combine"/>), so that a file written in pieces by several threads needs no second pass.
/// <para>
/// Elements of GF(2)[x]/P are kept in zlib's bit order: bit 31 of a word is the coefficient of x^0, bit 0 that of x^31.
/// </para>
/// </summary>
public static partial class Crc32
{
    /// <summary>P without its x^32 term, reflected.</summary>
    private const uint ReflectedPolynomial = 0xEDB88320;

    /// <summary>CRC-32 of <paramref name="bytes"/>.</summary>
    public static uint Compute(ReadOnlySpan<byte> bytes) => Append(0, bytes);

    /// <summary>CRC-32 of a text whose beginning has CRC <paramref name="crc"/> (0 for nothing) and that goes on with <paramref name="bytes"/>.</summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        uint state = ~crc;
        if (Pclmulqdq.IsSupported && bytes.Length >= FoldMinimum) state = Fold(state, ref bytes, FoldWidth);
        else if (ArmCrc32.Arm64.IsSupported) state = AppendArm(state, ref bytes);
        return ~AppendTable(state, bytes);
    }

    /// <summary>CRC-32 of the concatenation of a first part with CRC <paramref name="first"/> and a second of <paramref name="secondLength"/> bytes, in O(log length).</summary>
    public static uint Combine(uint first, uint second, long secondLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(secondLength);
        // Appending n bytes multiplies the remainder of what stands before by x^(8n); the initial values and final xors cancel.
        return Multiply(PowerOfX(8UL * (ulong)secondLength), first) ^ second;
    }

    /// <summary>x^exponent mod P, by squaring. Exponents need no reduction: the table of x^(2^k) repeats with the order of x, 2^32 - 1.</summary>
    internal static uint PowerOfX(ulong exponent)
    {
        uint result = 1u << 31;
        for (int k = 0; exponent != 0; k++, exponent >>= 1)
        {
            if ((exponent & 1) != 0) result = Multiply(s_squares[k & 31], result);
        }
        return result;
    }

    /// <summary>Product mod P of two elements in reflected order.</summary>
    private static uint Multiply(uint a, uint b)
    {
        uint product = 0;
        for (int bit = 31; bit >= 0; bit--)
        {
            if (((a >> bit) & 1) != 0) product ^= b;
            b = (b & 1) != 0 ? (b >> 1) ^ ReflectedPolynomial : b >> 1;
        }
        return product;
    }

    /// <summary>x^(2^k) mod P for k = 0..31. x^(2^32) = x, since x^(2^32 - 1) = 1.</summary>
    private static readonly uint[] s_squares = Squares();

    private static uint[] Squares()
    {
        uint[] squares = new uint[32];
        squares[0] = 1u << 30;
        for (int k = 1; k < squares.Length; k++) squares[k] = Multiply(squares[k - 1], squares[k - 1]);
        return squares;
    }

    /// <summary>Table t, entry b: the remainder of byte b followed by t zero bytes. Eight tables take eight bytes a step.</summary>
    private static readonly uint[] s_tables = Tables();

    private static uint[] Tables()
    {
        uint[] tables = new uint[8 * 256];
        for (uint value = 0; value < 256; value++)
        {
            uint remainder = value;
            for (int bit = 0; bit < 8; bit++) remainder = (remainder & 1) != 0 ? (remainder >> 1) ^ ReflectedPolynomial : remainder >> 1;
            tables[value] = remainder;
        }
        for (int entry = 256; entry < tables.Length; entry++)
        {
            uint previous = tables[entry - 256];
            tables[entry] = (previous >> 8) ^ tables[previous & 0xFF];
        }
        return tables;
    }

    internal static uint AppendTable(uint state, ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<uint> tables = s_tables;
        while (bytes.Length >= 8)
        {
            uint low = BinaryPrimitives.ReadUInt32LittleEndian(bytes) ^ state;
            uint high = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
            state = tables[(7 * 256) + (int)(low & 0xFF)] ^ tables[(6 * 256) + (int)((low >> 8) & 0xFF)]
                ^ tables[(5 * 256) + (int)((low >> 16) & 0xFF)] ^ tables[(4 * 256) + (int)(low >> 24)]
                ^ tables[(3 * 256) + (int)(high & 0xFF)] ^ tables[(2 * 256) + (int)((high >> 8) & 0xFF)]
                ^ tables[256 + (int)((high >> 16) & 0xFF)] ^ tables[(int)(high >> 24)];
            bytes = bytes[8..];
        }
        foreach (byte value in bytes) state = (state >> 8) ^ tables[(int)((state ^ value) & 0xFF)];
        return state;
    }

    private static uint AppendArm(uint state, ref ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (ulong word in words) state = ArmCrc32.Arm64.ComputeCrc32(state, word);
        bytes = bytes[(words.Length * sizeof(ulong))..];
        return state;
    }
}
