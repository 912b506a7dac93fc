using System.Runtime.CompilerServices;
using ShardInit.Lanes;

namespace ShardInit.Kernels;

/// <summary>
/// N(mean, std²) conditioned on an interval, by its quantile function: value = fma(z, std, mean), held within the bounds; z from the
/// <typeparamref name="TPoint"/> of the element's words. The tail form is needed by few elements: vectors that hold one are listed and done again.
/// </summary>
internal readonly struct QuantileDraw<TPoint> : IDraw
    where TPoint : struct, IQuantilePoint
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    public static unsafe void Fill<TReals, TBits>(in DrawConstants constants, ref readonly byte words, ref readonly byte more, ref byte values, int blockCount)
        where TReals : struct, IReals<TReals, TBits>
        where TBits : struct, IBits<TBits>
    {
        float* log = Coefficients.Log, center = Coefficients.QuantileCenter;
        NormalQuantile<TReals, TBits> quantile = new(log, center);
        int* again = stackalloc int[(64 * blockCount / TBits.Count) + 1];
        int count = 0;
        bool wide = constants.Wide;
        TBits extension = TBits.Splat(TPoint.OneWordExtension);
        for (int offset = 0; offset < 256 * blockCount; offset += 4 * TBits.Count)
        {
            TBits word = TBits.Load(in Unsafe.Add(ref Unsafe.AsRef(in words), offset));
            if (wide) extension = TPoint.Extension(TBits.Load(in Unsafe.Add(ref Unsafe.AsRef(in more), offset)));
            TPoint.Point(in constants, word, extension, out TReals t, out TReals x, out TBits sign);
            TReals z = quantile.Center(t, x, out TBits tail);
            Store<TReals, TBits>(in constants, z, sign, ref Unsafe.Add(ref values, offset));
            again[count] = offset;
            if (TBits.Any(tail)) count++;
        }
        for (int k = 0; k < count; k++) Again<TReals, TBits>(in constants, in words, in more, ref values, again[k]);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe void Again<TReals, TBits>(in DrawConstants constants, ref readonly byte words, ref readonly byte more, ref byte values, int offset)
        where TReals : struct, IReals<TReals, TBits>
        where TBits : struct, IBits<TBits>
    {
        TBits word = TBits.Load(in Unsafe.Add(ref Unsafe.AsRef(in words), offset));
        TBits extension = TBits.Splat(TPoint.OneWordExtension);
        if (constants.Wide) extension = TPoint.Extension(TBits.Load(in Unsafe.Add(ref Unsafe.AsRef(in more), offset)));
        TPoint.Point(in constants, word, extension, out TReals t, out TReals x, out TBits sign);
        NormalQuantile<TReals, TBits> quantile = new(Coefficients.Log, Coefficients.QuantileCenter);
        TReals center = quantile.Center(t, x, out TBits tail);
        TReals z = TReals.Select(tail, quantile.Tail(Coefficients.QuantileTail, t, x), center);
        Store<TReals, TBits>(in constants, z, sign, ref Unsafe.Add(ref values, offset));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<TReals, TBits>(in DrawConstants constants, TReals z, TBits sign, ref byte target)
        where TReals : struct, IReals<TReals, TBits>
        where TBits : struct, IBits<TBits>
    {
        TReals value = TReals.Fma(TReals.OfBits(TReals.BitsOf(z) ^ sign), TReals.Splat(constants.Std), TReals.Splat(constants.Mean));
        value = TReals.Greater(TReals.Lesser(value, TReals.Splat(constants.High)), TReals.Splat(constants.Low));
        TBits.Store(TReals.BitsOf(value), ref target);
    }
}
