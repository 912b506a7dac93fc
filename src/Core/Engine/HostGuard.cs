using System.Runtime.CompilerServices;

namespace ShardInit.Engine;

/// <summary>
/// What a host must be for the values to be the promised ones: little-endian, and denormal floats neither flushed to zero nor read as zero.
/// A library loaded into the process can switch flushing on for its thread; so the check runs at every entry, not once.
/// </summary>
public static class HostGuard
{
    /// <summary>Why nothing may run here; null when all is well.</summary>
    public static string? Problem()
    {
        if (!BitConverter.IsLittleEndian) return "expected a little-endian machine, found a big-endian one; values would be written in the wrong byte order";
        if (FlushesDenormals(BitConverter.UInt32BitsToSingle(0x00800000), 0.5f, BitConverter.UInt32BitsToSingle(0x00000001)))
        {
            return "expected IEEE 754 denormal numbers, found them flushed to zero (FTZ or DAZ is set in this process, often by a library built with -ffast-math); "
                + "values would differ from those of other machines; run without that library";
        }
        return null;
    }

    /// <summary>Results that denormals decide; the numbers come as parameters so that nothing is folded at compile time.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool FlushesDenormals(float leastNormal, float half, float leastDenormal) =>
        BitConverter.SingleToUInt32Bits(leastNormal * half) != 0x00400000        // a normal operand with a denormal result: FTZ
        || BitConverter.SingleToUInt32Bits(leastDenormal + leastDenormal) != 2;  // denormal operands: DAZ
}
