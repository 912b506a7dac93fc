using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ShardInit.Storage;

/// <summary>
/// CRC-32 by carry-less multiplication. Source of the method: V. Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ
/// Instruction", Intel 2009. A 128-bit block that stands D bits before another adds to it
/// <c>low · x^(D+32) mod P  xor  high · x^(D-32) mod P</c> (low = its first eight bytes; the 32 is the width of the reflected remainder, and the shift by one below comes from the
/// product of two reflected 64-bit values having 127 bits). Four accumulators run in parallel to hide the multiplier's latency; at the end they are folded into one block whose
/// CRC the tables compute. All constants are computed from P; a test compares those for D = 128 and 512 with the paper's.
/// </summary>
public static partial class Crc32
{
    /// <summary>Below this many bytes the tables are as fast.</summary>
    private const int FoldMinimum = 64;

    // Their own type, so that they are computed after the tables of Crc32.cs whatever the order of the files.
    private static class Distance
    {
        internal static readonly Vector128<ulong> Bits128 = FoldBy(128);
        internal static readonly Vector128<ulong> Bits256 = FoldBy(256);
        internal static readonly Vector128<ulong> Bits512 = FoldBy(512);
        internal static readonly Vector128<ulong> Bits1024 = FoldBy(1024);
        internal static readonly Vector128<ulong> Bits2048 = FoldBy(2048);
    }

    internal static Vector128<ulong> FoldBy(int bits) =>
        Vector128.Create((ulong)PowerOfX((ulong)bits + 32) << 1, (ulong)PowerOfX((ulong)bits - 32) << 1);

    /// <summary>Widest vector that multiplies without carries here, in bits; 0 for none.</summary>
    internal static int FoldWidth => Pclmulqdq.V512.IsSupported ? 512 : Pclmulqdq.V256.IsSupported ? 256 : Pclmulqdq.IsSupported ? 128 : 0;

    /// <summary>Consumes all but the last 0..15 bytes; at least <see cref="FoldMinimum"/> must be there.</summary>
    internal static uint Fold(uint state, ref ReadOnlySpan<byte> bytes, int width)
    {
        Vector128<ulong> block;
        int done;
        if (width == 512 && bytes.Length >= 512) block = Fold512(state, bytes, out done);
        else if (width >= 256 && bytes.Length >= 256) block = Fold256(state, bytes, out done);
        else block = Fold128(state, bytes, out done);

        ref byte start = ref MemoryMarshal.GetReference(bytes);
        for (; done + 16 <= bytes.Length; done += 16) block = Step(block, Distance.Bits128, Load(ref start, done));
        bytes = bytes[done..];

        Span<byte> last = stackalloc byte[16];
        block.AsByte().CopyTo(last);
        return AppendTable(0, last);
    }

    private static Vector128<ulong> Fold128(uint state, ReadOnlySpan<byte> bytes, out int done)
    {
        ref byte start = ref MemoryMarshal.GetReference(bytes);
        Vector128<ulong> a = Load(ref start, 0) ^ Vector128.CreateScalar((ulong)state);
        Vector128<ulong> b = Load(ref start, 16);
        Vector128<ulong> c = Load(ref start, 32);
        Vector128<ulong> d = Load(ref start, 48);
        Vector128<ulong> constants = Distance.Bits512;
        for (done = 64; done + 64 <= bytes.Length; done += 64)
        {
            a = Step(a, constants, Load(ref start, done));
            b = Step(b, constants, Load(ref start, done + 16));
            c = Step(c, constants, Load(ref start, done + 32));
            d = Step(d, constants, Load(ref start, done + 48));
        }
        return Step(Step(Step(a, Distance.Bits128, b), Distance.Bits128, c), Distance.Bits128, d);
    }

    private static Vector128<ulong> Fold256(uint state, ReadOnlySpan<byte> bytes, out int done)
    {
        ref byte start = ref MemoryMarshal.GetReference(bytes);
        Vector256<ulong> a = Load256(ref start, 0) ^ Vector256.CreateScalar((ulong)state);
        Vector256<ulong> b = Load256(ref start, 32);
        Vector256<ulong> c = Load256(ref start, 64);
        Vector256<ulong> d = Load256(ref start, 96);
        Vector256<ulong> constants = Vector256.Create(Distance.Bits1024, Distance.Bits1024);
        for (done = 128; done + 128 <= bytes.Length; done += 128)
        {
            a = Step(a, constants, Load256(ref start, done));
            b = Step(b, constants, Load256(ref start, done + 32));
            c = Step(c, constants, Load256(ref start, done + 64));
            d = Step(d, constants, Load256(ref start, done + 96));
        }
        Vector256<ulong> one = Vector256.Create(Distance.Bits256, Distance.Bits256);
        Vector256<ulong> sum = Step(Step(Step(a, one, b), one, c), one, d);
        return Step(sum.GetLower(), Distance.Bits128, sum.GetUpper());
    }

    private static Vector128<ulong> Fold512(uint state, ReadOnlySpan<byte> bytes, out int done)
    {
        ref byte start = ref MemoryMarshal.GetReference(bytes);
        Vector512<ulong> a = Load512(ref start, 0) ^ Vector512.CreateScalar((ulong)state);
        Vector512<ulong> b = Load512(ref start, 64);
        Vector512<ulong> c = Load512(ref start, 128);
        Vector512<ulong> d = Load512(ref start, 192);
        Vector512<ulong> constants = Broadcast(Distance.Bits2048);
        for (done = 256; done + 256 <= bytes.Length; done += 256)
        {
            a = Step(a, constants, Load512(ref start, done));
            b = Step(b, constants, Load512(ref start, done + 64));
            c = Step(c, constants, Load512(ref start, done + 128));
            d = Step(d, constants, Load512(ref start, done + 192));
        }
        Vector512<ulong> one = Broadcast(Distance.Bits512);
        Vector512<ulong> sum = Step(Step(Step(a, one, b), one, c), one, d);
        for (; done + 64 <= bytes.Length; done += 64) sum = Step(sum, one, Load512(ref start, done));
        Vector256<ulong> half = Vector256.Create(Distance.Bits256, Distance.Bits256);
        Vector256<ulong> pair = Step(sum.GetLower(), half, sum.GetUpper());
        return Step(pair.GetLower(), Distance.Bits128, pair.GetUpper());
    }

    private static Vector512<ulong> Broadcast(Vector128<ulong> value)
    {
        Vector256<ulong> pair = Vector256.Create(value, value);
        return Vector512.Create(pair, pair);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Step(Vector128<ulong> sum, Vector128<ulong> constants, Vector128<ulong> next) =>
        Pclmulqdq.CarrylessMultiply(sum, constants, 0x00) ^ Pclmulqdq.CarrylessMultiply(sum, constants, 0x11) ^ next;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> Step(Vector256<ulong> sum, Vector256<ulong> constants, Vector256<ulong> next) => Pclmulqdq.V256.IsSupported
        ? Pclmulqdq.V256.CarrylessMultiply(sum, constants, 0x00) ^ Pclmulqdq.V256.CarrylessMultiply(sum, constants, 0x11) ^ next
        : Vector256.Create(
            Step(sum.GetLower(), constants.GetLower(), next.GetLower()),
            Step(sum.GetUpper(), constants.GetUpper(), next.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> Step(Vector512<ulong> sum, Vector512<ulong> constants, Vector512<ulong> next) =>
        Pclmulqdq.V512.CarrylessMultiply(sum, constants, 0x00) ^ Pclmulqdq.V512.CarrylessMultiply(sum, constants, 0x11) ^ next;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Load(ref byte start, int offset) => Vector128.LoadUnsafe(ref start, (nuint)offset).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> Load256(ref byte start, int offset) => Vector256.LoadUnsafe(ref start, (nuint)offset).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> Load512(ref byte start, int offset) => Vector512.LoadUnsafe(ref start, (nuint)offset).AsUInt64();
}
