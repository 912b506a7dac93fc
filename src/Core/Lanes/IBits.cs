namespace ShardInit.Lanes;

/// <summary>
/// Lanes of 32-bit unsigned integers: only what the kernels use. Every operation acts on each lane alone, so a kernel written against this
/// contract gives the same bits at every width. A mask has all bits of a lane set or none.
/// </summary>
internal interface IBits<TBits> where TBits : struct, IBits<TBits>
{
    /// <summary>Number of lanes: 1, 4, 8 or 16.</summary>
    static abstract int Count { get; }
    /// <summary>Whether there are 32 vector registers, not 16: a kernel that wants more than there are is slower than one that reads memory. No value depends on it.</summary>
    static abstract bool HasManyRegisters { get; }
    /// <summary>0, 1, ... Count-1.</summary>
    static abstract TBits Iota { get; }
    static abstract TBits Splat(uint value);
    static abstract TBits operator +(TBits a, TBits b);
    static abstract TBits operator -(TBits a, TBits b);
    static abstract TBits operator ^(TBits a, TBits b);
    /// <summary>a ^ b ^ c.</summary>
    static abstract TBits Xor3(TBits a, TBits b, TBits c);
    static abstract TBits operator &(TBits a, TBits b);
    static abstract TBits operator |(TBits a, TBits b);
    static abstract TBits operator <<(TBits a, int count);
    static abstract TBits operator >>>(TBits a, int count);
    /// <summary>Arithmetic shift: the top bit is copied in.</summary>
    static abstract TBits operator >>(TBits a, int count);
    /// <summary>Per lane: mask ? whenSet : whenClear.</summary>
    static abstract TBits Select(TBits mask, TBits whenSet, TBits whenClear);
    /// <summary>(value &amp; mask) | set.</summary>
    static abstract TBits AndOr(TBits value, TBits mask, TBits set);
    /// <summary>All ones where a &lt; b as signed integers.</summary>
    static abstract TBits LessSigned(TBits a, TBits b);
    /// <summary>Stores the low byte of each lane: Count bytes.</summary>
    static abstract void StoreLow8(TBits value, ref byte destination);
    /// <summary>Stores the low 16 bits of each lane, little-endian: 2 × Count bytes.</summary>
    static abstract void StoreLow16(TBits value, ref byte destination);
    /// <summary>Stores the high 16 bits of each lane of both, little-endian: 4 × Count bytes.</summary>
    static abstract void StoreHigh16(TBits first, TBits second, ref byte destination);
    /// <summary>Whether any lane of a mask is set: it may only decide to skip work whose result no lane would take.</summary>
    static abstract bool Any(TBits mask);
    /// <summary>Loads Count words of 4 bytes, little-endian.</summary>
    static abstract TBits Load(ref readonly byte source);
    /// <summary>Stores whole lanes, little-endian: 4 × Count bytes.</summary>
    static abstract void Store(TBits value, ref byte destination);
}
