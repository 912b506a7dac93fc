using System.Runtime.CompilerServices;
using ShardInit.Lanes;

namespace ShardInit.Kernels;

/// <summary>
/// The standard normal quantile z of a point with probability t on one side, t in [2^-126, 1): Φ(-z) = t, so z ≥ 0 where t ≤ ½. Takes t and x = 1 - 2t
/// apart, since either may be known to more digits than the other gives. With W = -2 ln(4 t (1 - t)), z = x G(W) below W = 11 and z = x √W H(1/√W) from
/// there on. Idea: M. Giles, "Approximating the erfinv function", GPU Computing Gems (2011); own polynomials, W to 88.
/// </summary>
internal readonly unsafe struct NormalQuantile<TReals, TBits>
    where TReals : struct, IReals<TReals, TBits>
    where TBits : struct, IBits<TBits>
{
    /// <summary>From this value of W on the quantile takes its tail form: |z| = 3.09.</summary>
    private const float TailFrom = 11f;

    private readonly MinusTwoLog<TReals, TBits> _log;
    private readonly float* _center;
    private readonly TReals _p0;
    private readonly TReals _p1;
    private readonly TReals _p2;
    private readonly TReals _p3;
    private readonly TReals _p4;
    private readonly TReals _p5;
    private readonly TReals _p6;
    private readonly TReals _p7;
    private readonly TReals _p8;
    private readonly TReals _p9;

    /// <param name="log"><see cref="Coefficients.Log"/>.</param>
    /// <param name="center"><see cref="Coefficients.QuantileCenter"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public NormalQuantile(float* log, float* center)
    {
        _log = new(log);
        _center = center;
        if (!TBits.HasManyRegisters) return;
        _p0 = TReals.Load(center);
        _p1 = TReals.Load(center + (1 * Coefficients.Copies));
        _p2 = TReals.Load(center + (2 * Coefficients.Copies));
        _p3 = TReals.Load(center + (3 * Coefficients.Copies));
        _p4 = TReals.Load(center + (4 * Coefficients.Copies));
        _p5 = TReals.Load(center + (5 * Coefficients.Copies));
        _p6 = TReals.Load(center + (6 * Coefficients.Copies));
        _p7 = TReals.Load(center + (7 * Coefficients.Copies));
        _p8 = TReals.Load(center + (8 * Coefficients.Copies));
        _p9 = TReals.Load(center + (9 * Coefficients.Copies));
    }

    private TReals P0 { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => TBits.HasManyRegisters ? _p0 : TReals.Load(_center); }
    private TReals P1 { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => TBits.HasManyRegisters ? _p1 : TReals.Load(_center + (1 * Coefficients.Copies)); }
    private TReals P2 { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => TBits.HasManyRegisters ? _p2 : TReals.Load(_center + (2 * Coefficients.Copies)); }
    private TReals P3 { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => TBits.HasManyRegisters ? _p3 : TReals.Load(_center + (3 * Coefficients.Copies)); }
    private TReals P4 { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => TBits.HasManyRegisters ? _p4 : TReals.Load(_center + (4 * Coefficients.Copies)); }
    private TReals P5 { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => TBits.HasManyRegisters ? _p5 : TReals.Load(_center + (5 * Coefficients.Copies)); }
    private TReals P6 { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => TBits.HasManyRegisters ? _p6 : TReals.Load(_center + (6 * Coefficients.Copies)); }
    private TReals P7 { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => TBits.HasManyRegisters ? _p7 : TReals.Load(_center + (7 * Coefficients.Copies)); }
    private TReals P8 { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => TBits.HasManyRegisters ? _p8 : TReals.Load(_center + (8 * Coefficients.Copies)); }
    private TReals P9 { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => TBits.HasManyRegisters ? _p9 : TReals.Load(_center + (9 * Coefficients.Copies)); }

    /// <param name="tail">Where the result is not valid and <see cref="Tail"/> has it.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TReals Center(TReals t, TReals x, out TBits tail)
    {
        TReals w = Argument(t);
        TReals v = w - TReals.Splat(5.5f);
        TReals p = TReals.Fma(P9, v, P8);
        p = TReals.Fma(p, v, P7);
        p = TReals.Fma(p, v, P6);
        p = TReals.Fma(p, v, P5);
        p = TReals.Fma(p, v, P4);
        p = TReals.Fma(p, v, P3);
        p = TReals.Fma(p, v, P2);
        p = TReals.Fma(p, v, P1);
        p = TReals.Fma(p, v, P0);
        tail = TReals.Less(w, TReals.Splat(TailFrom)) ^ TBits.Splat(uint.MaxValue);
        return x * p;
    }

    /// <summary>The form of few elements: its coefficients (<see cref="Coefficients.QuantileTail"/>) are not held.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TReals Tail(float* coefficients, TReals t, TReals x)
    {
        TReals s = TReals.Sqrt(Argument(t));
        TReals v = (TReals.Splat(1f) / s) - TReals.Splat(0.203909039f);
        TReals p = TReals.Load(coefficients + (9 * Coefficients.Copies));
        for (int k = 8; k >= 0; k--) p = TReals.Fma(p, v, TReals.Load(coefficients + (k * Coefficients.Copies)));
        return x * (s * p);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private TReals Argument(TReals t) => _log.Of((TReals.Splat(4f) * t) * (TReals.Splat(1f) - t));
}
