namespace ShardInit.Kernels;

/// <summary>The numbers of one distribution as the kernels read them, in binary32. Each draw says which it reads; <see cref="DrawChoice"/> computes them.</summary>
internal struct DrawConstants
{
    public float Mean;
    public float Std;
    /// <summary>Lower bound of the result.</summary>
    public float Low;
    /// <summary>Upper bound of the result: the largest value that may appear.</summary>
    public float High;
    /// <summary>Uniform: (high - low) / 2^24.</summary>
    public float Scale;
    /// <summary>Quantile draws: t = fma(v, Mass, BaseBelow or BaseAbove).</summary>
    public float Mass;
    public float BaseBelow;
    public float BaseAbove;
    /// <summary>Quantile draws: x = fma(v, -MassTwice, CenterBelow or CenterAbove).</summary>
    public float MassTwice;
    public float CenterBelow;
    public float CenterAbove;
    /// <summary>Rejection draws: the point of the interval nearest to the mean, and its distance from it in std, with the sign of the direction away.</summary>
    public float Anchor;
    public float AnchorDistance;
    /// <summary>Exponential rejection: fma(v, ExpSpan, ExpEnd) runs over (e^-Emax, 1).</summary>
    public float ExpSpan;
    public float ExpEnd;
    /// <summary>Bits of a sign to flip: 0x80000000 where the result is mirrored, else 0.</summary>
    public uint Mirror;
    /// <summary>Quantile draws: whether a second word sharpens v.</summary>
    public bool Wide;
}
