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
        // The value grows with k: where the largest k stays within the bound, none has to be held back. (None is -0, so equal means the same bits.)
        float largest = MathF.FusedMultiplyAdd((1 << 24) - 1, constants.Scale, constants.Low);
        if (largest <= constants.High)
        {
            for (nint offset = 0; offset < 256 * blockCount; offset += 4 * TBits.Count)
            {
                TBits word = TBits.Load(in Unsafe.Add(ref source, offset));
                TBits.Store(TReals.BitsOf(Free(word, scale, low)), ref Unsafe.Add(ref values, offset));
            }
            return;
        }
        for (nint offset = 0; offset < 256 * blockCount; offset += 4 * TBits.Count)
        {
            TBits word = TBits.Load(in Unsafe.Add(ref source, offset));
            TBits.Store(TReals.BitsOf(TReals.Lesser(Free(word, scale, low), highest)), ref Unsafe.Add(ref values, offset));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static TReals Free(TBits word, TReals scale, TReals low) => TReals.Fma(TReals.FromInt24(word >>> 8), scale, low);
    }
}
