namespace ShardInit.Kernels;

/// <summary>
/// Lanes of binary64, for linear algebra. Every operation is the IEEE 754 one on each lane alone. A kernel keeps one output element in one lane and adds
/// its terms in the order of the text, so it gives the same bits at every width.
/// </summary>
internal unsafe interface IDoubles<T> where T : struct, IDoubles<T>
{
    /// <summary>Number of lanes: 1, 2, 4 or 8.</summary>
    static abstract int Count { get; }

    /// <summary>Whether a tile of sixteen accumulators stays in registers; otherwise eight are used.</summary>
    static abstract bool ManyRegisters { get; }

    static abstract T Splat(double value);
    static abstract T Load(double* source);
    static abstract void Store(T value, double* destination);

    /// <summary>a × b + c, rounded once.</summary>
    static abstract T Fma(T a, T b, T c);
    static abstract T operator *(T a, T b);

    /// <summary>Per lane: mask ? whenSet : whenClear. A mask has all bits of a lane set or none.</summary>
    static abstract T Select(T mask, T whenSet, T whenClear);
}
