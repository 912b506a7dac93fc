namespace ShardInit.Lanes;

/// <summary>
/// As many 64-bit lanes as <typeparamref name="TBits"/> has 32-bit ones: the form in which Philox runs, because every instruction set multiplies
/// 32 × 32 → 64 bits in place. Only the low 32 bits of a lane are meant; the high half may hold anything, and no operation here lets it reach the low half
/// except <see cref="High"/>, whose argument is a fresh product.
/// </summary>
internal interface IWide<TWide, TBits>
    where TWide : struct, IWide<TWide, TBits>
    where TBits : struct, IBits<TBits>
{
    static abstract TWide Widen(TBits value);
    static abstract TBits Narrow(TWide value);
    static abstract TWide Splat(uint value);
    /// <summary>Full 64-bit product of the low halves with <paramref name="factor"/>.</summary>
    static abstract TWide Multiply(TWide value, uint factor);
    /// <summary>The high half of a product, moved to the low half.</summary>
    static abstract TWide High(TWide product);
    static abstract TWide operator ^(TWide a, TWide b);
    /// <summary>High(<paramref name="product"/>) ^ <paramref name="word"/> ^ the round key: one half of a Philox round.</summary>
    /// <param name="keyRow"><see cref="KeyRow.Words"/> copies of the key word: a memory operand costs no register.</param>
    static abstract TWide Mix(TWide product, TWide word, ref readonly ulong keyRow);
}

/// <summary>A round key as the kernels read it: copies of one word, enough for the widest vector.</summary>
internal static class KeyRow
{
    public const int Words = 8;
}
