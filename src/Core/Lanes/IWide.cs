namespace ShardInit.Lanes;

/// <summary>
/// As many 64-bit lanes as <typeparamref name="TBits"/> has 32-bit ones: the form in which Philox runs, because every instruction set multiplies
/// 32 × 32 → 64 bits in place. Only the low 32 bits of a lane are meant; the high half may hold anything, and no operation here lets it reach the low half
/// except <see cref="High"/>, <see cref="NarrowHigh"/> and <see cref="Mix"/>, whose product has all 64 bits.
/// </summary>
internal interface IWide<TWide, TBits>
    where TWide : struct, IWide<TWide, TBits>
    where TBits : struct, IBits<TBits>
{
    static abstract TWide Widen(TBits value);
    static abstract TBits Narrow(TWide value);
    /// <summary>The high halves of a product: Narrow(High(<paramref name="product"/>)), in fewer steps.</summary>
    static abstract TBits NarrowHigh(TWide product);
    static abstract TWide Splat(uint value);
    /// <summary>The word of a row in every lane, all 64 bits.</summary>
    static abstract TWide Load(ref readonly ulong row);
    /// <summary>Full 64-bit product of the low halves with <paramref name="factor"/>.</summary>
    static abstract TWide Multiply(TWide value, uint factor);
    /// <summary>The high half of a product, moved to the low half.</summary>
    static abstract TWide High(TWide product);
    static abstract TWide operator ^(TWide a, TWide b);
    /// <summary>Sum of two products, all 64 bits.</summary>
    static abstract TWide operator +(TWide a, TWide b);
    /// <summary>High(<paramref name="product"/>) ^ <paramref name="word"/> ^ the round key: one half of a Philox round.</summary>
    /// <param name="keyRow">The key word as a <see cref="Row"/>.</param>
    static abstract TWide Mix(TWide product, TWide word, ref readonly ulong keyRow);
}
