using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ShardInit.Lanes;

/// <summary>Copies of one 64-bit word in memory, enough for the widest vector: an operand that costs no register, where a kernel has none to spare.</summary>
internal static class Row
{
    public const int Words = 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Fill(ref ulong row, ulong word) => Vector512.Create(word).StoreUnsafe(ref row);
}
