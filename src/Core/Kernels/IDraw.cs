using ShardInit.Lanes;

namespace ShardInit.Kernels;

/// <summary>
/// A distribution that takes a fixed number of words: random words in, binary32 values out, one block of 64 elements after the other. Word q of lane j of
/// a block stands at 16 q + j and belongs to element 16 q + j, so no value crosses lanes (docs/determinism.md).
/// </summary>
internal interface IDraw
{
    /// <param name="words">64 × blockCount words of attempt 0.</param>
    /// <param name="more">64 × blockCount words of attempt 1 where the constants say <see cref="DrawConstants.Wide"/>; else not read.</param>
    /// <param name="values">64 × blockCount values.</param>
    static abstract void Fill<TReals, TBits>(in DrawConstants constants, ref readonly byte words, ref readonly byte more, ref byte values, int blockCount)
        where TReals : struct, IReals<TReals, TBits>
        where TBits : struct, IBits<TBits>;
}

/// <summary>A distribution by rejection: attempt j of an element takes its words of attempts 2j and 2j + 1, whatever its neighbours need.</summary>
internal interface IRejection
{
    /// <summary>Gives each element that is pending a value, and clears its mark where the value is accepted.</summary>
    /// <param name="proposal">64 × blockCount words of attempt 2j.</param>
    /// <param name="acceptance">64 × blockCount words of attempt 2j + 1.</param>
    /// <param name="pending">64 × blockCount masks.</param>
    /// <returns>Whether any element is still pending.</returns>
    static abstract bool Attempt<TReals, TBits>(
        in DrawConstants constants, ref readonly byte proposal, ref readonly byte acceptance, ref byte values, ref byte pending, int blockCount)
        where TReals : struct, IReals<TReals, TBits>
        where TBits : struct, IBits<TBits>;
}
