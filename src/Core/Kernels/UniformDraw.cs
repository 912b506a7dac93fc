using System.Runtime.CompilerServices;
using ShardInit.Lanes;

namespace ShardInit.Kernels;

/// <summary>
/// Uniform on [low, high): k = the upper 24 bits of the element's word, x = fma(k, scale, low) with scale = (high - low) / 2^24, and where that rounds up to
/// high or beyond, the largest number below high. Reads Low, Scale and High.
/// </summary>
internal readonly struct UniformDraw : IDraw
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Fill<TReals, TBits>(in DrawConstants constants, ref readonly byte words, ref readonly byte more, ref byte values, int blockCount)
        where TReals : struct, IReals<TReals, TBits>
        where TBits : struct, IBits<TBits>
    {
        TReals low = TReals.Splat(constants.Low);
        TReals scale = TReals.Splat(constants.Scale);
        TReals highest = TReals.Splat(constants.High);
        ref byte source = ref Unsafe.AsRef(in words);
        for (nint offset = 0; offset < 256 * blockCount; offset += 4 * TBits.Count)
        {
            TBits word = TBits.Load(in Unsafe.Add(ref source, offset));
            TReals value = TReals.Lesser(TReals.Fma(TReals.FromInt24(word >>> 8), scale, low), highest);
            TBits.Store(TReals.BitsOf(value), ref Unsafe.Add(ref values, offset));
        }
    }
}
