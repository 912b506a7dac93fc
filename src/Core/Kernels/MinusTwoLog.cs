using System.Runtime.CompilerServices;
using ShardInit.Lanes;

namespace ShardInit.Kernels;

/// <summary>
/// -2 ln x for x in [2^-126, 1]; -0 at 1, positive below. From fused multiply-add, multiply and bit operations alone, the same steps at every lane
/// width, so the same bits; Horner's rule. Errors against the exact function: docs/determinism.md.
/// </summary>
internal readonly unsafe struct MinusTwoLog<TReals, TBits>
    where TReals : struct, IReals<TReals, TBits>
    where TBits : struct, IBits<TBits>
{
    /// <summary>Bits of √½ rounded down: the mantissa range of the logarithm is [√½, √2).</summary>
    private const uint HalfRootBits = 0x3F3504F3;

    /// <summary>-2 ln 2.</summary>
    private const float PerExponent = -1.38629436f;

    private readonly float* _log;
    private readonly TReals _p0;
    private readonly TReals _p1;
    private readonly TReals _p2;
    private readonly TReals _p3;
    private readonly TReals _p4;
    private readonly TReals _p5;
    private readonly TReals _p6;
    private readonly TReals _p7;

    /// <param name="log"><see cref="Coefficients.Log"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public MinusTwoLog(float* log)
    {
        _log = log;
        if (!TBits.HasManyRegisters) return;
        _p0 = TReals.Load(log);
        _p1 = TReals.Load(log + (1 * Coefficients.Copies));
        _p2 = TReals.Load(log + (2 * Coefficients.Copies));
        _p3 = TReals.Load(log + (3 * Coefficients.Copies));
        _p4 = TReals.Load(log + (4 * Coefficients.Copies));
        _p5 = TReals.Load(log + (5 * Coefficients.Copies));
        _p6 = TReals.Load(log + (6 * Coefficients.Copies));
        _p7 = TReals.Load(log + (7 * Coefficients.Copies));
    }

    private TReals P0 { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => TBits.HasManyRegisters ? _p0 : TReals.Load(_log); }
    private TReals P1 { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => TBits.HasManyRegisters ? _p1 : TReals.Load(_log + (1 * Coefficients.Copies)); }
    private TReals P2 { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => TBits.HasManyRegisters ? _p2 : TReals.Load(_log + (2 * Coefficients.Copies)); }
    private TReals P3 { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => TBits.HasManyRegisters ? _p3 : TReals.Load(_log + (3 * Coefficients.Copies)); }
    private TReals P4 { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => TBits.HasManyRegisters ? _p4 : TReals.Load(_log + (4 * Coefficients.Copies)); }
    private TReals P5 { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => TBits.HasManyRegisters ? _p5 : TReals.Load(_log + (5 * Coefficients.Copies)); }
    private TReals P6 { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => TBits.HasManyRegisters ? _p6 : TReals.Load(_log + (6 * Coefficients.Copies)); }
    private TReals P7 { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => TBits.HasManyRegisters ? _p7 : TReals.Load(_log + (7 * Coefficients.Copies)); }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TReals Of(TReals x)
    {
        TBits shifted = TReals.BitsOf(x) - TBits.Splat(HalfRootBits);
        TReals exponent = TReals.FromInt24(shifted >> 23);
        TReals t = TReals.OfBits((shifted & TBits.Splat(0x007FFFFF)) + TBits.Splat(HalfRootBits)) - TReals.Splat(1f);
        TReals p = TReals.Fma(P7, t, P6);
        p = TReals.Fma(p, t, P5);
        p = TReals.Fma(p, t, P4);
        p = TReals.Fma(p, t, P3);
        p = TReals.Fma(p, t, P2);
        p = TReals.Fma(p, t, P1);
        p = TReals.Fma(p, t, P0);
        return TReals.Fma(exponent, TReals.Splat(PerExponent), t * p);
    }
}
