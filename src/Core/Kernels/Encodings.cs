using System.Runtime.CompilerServices;
using ShardInit.Lanes;

namespace ShardInit.Kernels;

/// <summary>How a binary32 value becomes the bytes of a stored element: one rounding to nearest, ties to even.</summary>
internal interface IEncoding<TEncoding>
    where TEncoding : struct, IEncoding<TEncoding>
{
    static abstract int Size { get; }

    static abstract void Store<TReals, TBits>(TReals value, ref byte destination)
        where TReals : struct, IReals<TReals, TBits>
        where TBits : struct, IBits<TBits>;

    /// <summary>Two vectors that follow one another.</summary>
    static virtual void StorePair<TReals, TBits>(TReals first, TReals second, ref byte destination)
        where TReals : struct, IReals<TReals, TBits>
        where TBits : struct, IBits<TBits>
    {
        TEncoding.Store<TReals, TBits>(first, ref destination);
        TEncoding.Store<TReals, TBits>(second, ref Unsafe.Add(ref destination, TEncoding.Size * TBits.Count));
    }
}

/// <summary>binary32, as it is.</summary>
internal readonly struct EncodeF32 : IEncoding<EncodeF32>
{
    public static int Size => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<TReals, TBits>(TReals value, ref byte destination)
        where TReals : struct, IReals<TReals, TBits>
        where TBits : struct, IBits<TBits> => TBits.Store(TReals.BitsOf(value), ref destination);
}

/// <summary>binary64 holding the binary32 value.</summary>
internal readonly struct EncodeF64 : IEncoding<EncodeF64>
{
    public static int Size => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<TReals, TBits>(TReals value, ref byte destination)
        where TReals : struct, IReals<TReals, TBits>
        where TBits : struct, IBits<TBits> => TReals.StoreWidened(value, ref destination);
}

/// <summary>bfloat16: the upper half of the binary32 pattern after adding just under half a unit of it, or half where the last kept bit is odd.</summary>
internal readonly struct EncodeBF16 : IEncoding<EncodeBF16>
{
    public static int Size => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<TReals, TBits>(TReals value, ref byte destination)
        where TReals : struct, IReals<TReals, TBits>
        where TBits : struct, IBits<TBits> => TBits.StoreLow16(Round<TReals, TBits>(value) >>> 16, ref destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StorePair<TReals, TBits>(TReals first, TReals second, ref byte destination)
        where TReals : struct, IReals<TReals, TBits>
        where TBits : struct, IBits<TBits> => TBits.StoreHigh16(Round<TReals, TBits>(first), Round<TReals, TBits>(second), ref destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TBits Round<TReals, TBits>(TReals value)
        where TReals : struct, IReals<TReals, TBits>
        where TBits : struct, IBits<TBits>
    {
        TBits bits = TReals.BitsOf(value);
        TBits odd = (bits >>> 16) & TBits.Splat(1);
        return bits + odd + TBits.Splat(0x7FFF);
    }
}
