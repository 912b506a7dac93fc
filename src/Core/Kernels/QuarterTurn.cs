using System.Runtime.CompilerServices;
using ShardInit.Lanes;

namespace ShardInit.Kernels;

/// <summary>Sine and cosine of f quarter turns, |f| ≤ ½. The same steps at every lane width, so the same bits; errors: docs/determinism.md.</summary>
internal readonly unsafe struct QuarterTurn<TReals, TBits>
    where TReals : struct, IReals<TReals, TBits>
    where TBits : struct, IBits<TBits>
{
    private readonly float* _sin;
    private readonly TReals _s0;
    private readonly TReals _s1;
    private readonly TReals _s2;
    private readonly TReals _s3;
    private readonly float* _cos;
    private readonly TReals _c0;
    private readonly TReals _c1;
    private readonly TReals _c2;
    private readonly TReals _c3;

    /// <param name="sin"><see cref="Coefficients.Sin"/>.</param>
    /// <param name="cos"><see cref="Coefficients.Cos"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public QuarterTurn(float* sin, float* cos)
    {
        _sin = sin;
        _cos = cos;
        if (!TBits.HasManyRegisters) return;
        _s0 = TReals.Load(sin);
        _s1 = TReals.Load(sin + (1 * Coefficients.Copies));
        _s2 = TReals.Load(sin + (2 * Coefficients.Copies));
        _s3 = TReals.Load(sin + (3 * Coefficients.Copies));
        _c0 = TReals.Load(cos);
        _c1 = TReals.Load(cos + (1 * Coefficients.Copies));
        _c2 = TReals.Load(cos + (2 * Coefficients.Copies));
        _c3 = TReals.Load(cos + (3 * Coefficients.Copies));
    }

    private TReals S0 { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => TBits.HasManyRegisters ? _s0 : TReals.Load(_sin); }
    private TReals S1 { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => TBits.HasManyRegisters ? _s1 : TReals.Load(_sin + (1 * Coefficients.Copies)); }
    private TReals S2 { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => TBits.HasManyRegisters ? _s2 : TReals.Load(_sin + (2 * Coefficients.Copies)); }
    private TReals S3 { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => TBits.HasManyRegisters ? _s3 : TReals.Load(_sin + (3 * Coefficients.Copies)); }
    private TReals C0 { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => TBits.HasManyRegisters ? _c0 : TReals.Load(_cos); }
    private TReals C1 { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => TBits.HasManyRegisters ? _c1 : TReals.Load(_cos + (1 * Coefficients.Copies)); }
    private TReals C2 { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => TBits.HasManyRegisters ? _c2 : TReals.Load(_cos + (2 * Coefficients.Copies)); }
    private TReals C3 { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => TBits.HasManyRegisters ? _c3 : TReals.Load(_cos + (3 * Coefficients.Copies)); }

    /// <summary>sin(π f / 2), from f and f².</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TReals Sin(TReals f, TReals square)
    {
        TReals p = TReals.Fma(S3, square, S2);
        p = TReals.Fma(p, square, S1);
        p = TReals.Fma(p, square, S0);
        return p * f;
    }

    /// <summary>cos(π f / 2), from f².</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TReals Cos(TReals square)
    {
        TReals p = TReals.Fma(C3, square, C2);
        p = TReals.Fma(p, square, C1);
        return TReals.Fma(p, square, C0);
    }
}
