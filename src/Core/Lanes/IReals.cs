namespace ShardInit.Lanes;

/// <summary>
/// Lanes of binary32. Every operation is the IEEE 754 one, rounded once to nearest even: add, subtract, multiply, fused multiply-add, square root,
/// exact conversion, comparison, selection. Nothing else may appear in a kernel (docs/determinism.md).
/// </summary>
internal interface IReals<TReals, TBits>
    where TReals : struct, IReals<TReals, TBits>
    where TBits : struct, IBits<TBits>
{
    static abstract TReals Splat(float value);
    /// <summary>The number of which Count copies stand there.</summary>
    static abstract unsafe TReals Load(float* row);
    /// <summary>Signed integers to binary32; the kernels pass magnitudes up to 2^24 only, so the conversion is exact.</summary>
    static abstract TReals FromInt24(TBits value);
    static abstract TReals OfBits(TBits bits);
    static abstract TBits BitsOf(TReals value);
    static abstract TReals operator +(TReals a, TReals b);
    static abstract TReals operator -(TReals a, TReals b);
    static abstract TReals operator *(TReals a, TReals b);
    /// <summary>a × b + c, rounded once.</summary>
    static abstract TReals Fma(TReals a, TReals b, TReals c);
    static abstract TReals operator /(TReals a, TReals b);
    static abstract TReals Sqrt(TReals value);
    /// <summary>All ones where a &lt; b.</summary>
    static abstract TBits Less(TReals a, TReals b);
    /// <summary>a &lt; b ? a : b: where the two compare equal or unordered, b.</summary>
    static abstract TReals Lesser(TReals a, TReals b);
    /// <summary>a &gt; b ? a : b: where the two compare equal or unordered, b.</summary>
    static abstract TReals Greater(TReals a, TReals b);
    /// <summary>Per lane: bit 31 of <paramref name="sign"/> ? whenSet : whenClear; no other bit counts.</summary>
    static abstract TReals SelectBySign(TBits sign, TReals whenSet, TReals whenClear);
    /// <summary>Per lane: mask ? whenSet : whenClear.</summary>
    static abstract TReals Select(TBits mask, TReals whenSet, TReals whenClear);
    /// <summary>Stores each lane widened to binary64, little-endian: 8 × Count bytes.</summary>
    static abstract void StoreWidened(TReals value, ref byte destination);
}
