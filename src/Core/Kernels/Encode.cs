using System.Runtime.CompilerServices;
using ShardInit.Lanes;

namespace ShardInit.Kernels;

/// <summary>The loop of every encoding.</summary>
internal static class Encode<TEncoding>
    where TEncoding : struct, IEncoding<TEncoding>
{
    /// <param name="values">64 × blockCount values.</param>
    /// <param name="destination">64 × blockCount elements.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Blocks<TReals, TBits>(ref readonly byte values, ref byte destination, int blockCount)
        where TReals : struct, IReals<TReals, TBits>
        where TBits : struct, IBits<TBits>
    {
        ref byte source = ref Unsafe.AsRef(in values);
        for (nint element = 0; element < 64 * blockCount; element += 2 * TBits.Count)
        {
            TReals first = TReals.OfBits(TBits.Load(in Unsafe.Add(ref source, 4 * element)));
            TReals second = TReals.OfBits(TBits.Load(in Unsafe.Add(ref source, 4 * (element + TBits.Count))));
            TEncoding.StorePair<TReals, TBits>(first, second, ref Unsafe.Add(ref destination, TEncoding.Size * element));
        }
    }
}
