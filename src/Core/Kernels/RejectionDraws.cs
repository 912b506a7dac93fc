using System.Runtime.CompilerServices;
using ShardInit.Lanes;

namespace ShardInit.Kernels;

/// <summary>
/// N(mean, std²) conditioned on a narrow interval, where the density changes by less than a factor e: a uniform proposal, accepted with the ratio of its
/// density to the largest one.
///
///   value = uniform draw of the proposal word (<see cref="UniformDraw"/>)
///   e = (value - Anchor) / std, d = AnchorDistance: z² - d² = e (e + 2d)
///   accepted where -2 ln u > e (e + 2d), u = (n + ½) / 2^23 with the upper 23 bits n of the acceptance word
/// </summary>
internal readonly struct UniformRejectionDraw : IRejection
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static unsafe bool Attempt<TReals, TBits>(
        in DrawConstants constants, ref readonly byte proposal, ref readonly byte acceptance, ref byte values, ref byte pending, int blockCount)
        where TReals : struct, IReals<TReals, TBits>
        where TBits : struct, IBits<TBits>
    {
        MinusTwoLog<TReals, TBits> log = new(Coefficients.Log);
        TReals anchor = TReals.Splat(constants.Anchor);
        TReals std = TReals.Splat(constants.Std);
        TReals distanceTwice = TReals.Splat(2f * constants.AnchorDistance);
        TBits any = TBits.Splat(0);
        for (nint offset = 0; offset < 256 * blockCount; offset += 4 * TBits.Count)
        {
            TBits waiting = TBits.Load(in Unsafe.Add(ref pending, offset));
            if (!TBits.Any(waiting)) continue;
            TBits word = TBits.Load(in Unsafe.Add(ref Unsafe.AsRef(in proposal), offset));
            TReals value = TReals.Fma(TReals.FromInt24(word >>> 8), TReals.Splat(constants.Scale), TReals.Splat(constants.Low));
            value = TReals.Lesser(value, TReals.Splat(constants.High));

            TReals e = (value - anchor) / std;
            TReals u = TReals.OfBits((TBits.Load(in Unsafe.Add(ref Unsafe.AsRef(in acceptance), offset)) >>> 9) | TBits.Splat(0x3F800000)) - TReals.Splat(0.99999994f);
            TBits accepted = TReals.Less(e * (e + distanceTwice), log.Of(u));
            TBits stored = TBits.Load(in Unsafe.Add(ref values, offset));
            TBits.Store(TBits.Select(waiting, TReals.BitsOf(value), stored), ref Unsafe.Add(ref values, offset));
            waiting = TBits.Select(accepted, TBits.Splat(0), waiting);
            TBits.Store(waiting, ref Unsafe.Add(ref pending, offset));
            any |= waiting;
        }
        return TBits.Any(any);
    }
}

/// <summary>
/// N(mean, std²) conditioned on an interval far from the mean, a ≥ 4 std away: with z = √(a² + 2E) the density of E is e^-E / z, so an exponential proposal is
/// accepted with probability a / z. Source: G. Marsaglia, "Generating a variable from the tail of the normal distribution", Technometrics 6 (1964).
///
///   v = (n + ½) / 2^41: the proposal word, then the lower 9 bits of the acceptance word
///   2E = -2 ln fma(v, ExpSpan, ExpEnd), d = 2E / (a + √(a² + 2E)), value = fma(d, ± std, Anchor), held within the bounds
///   accepted where u (a + d) &lt; a, u as in <see cref="UniformRejectionDraw"/>
/// </summary>
internal readonly struct ExponentialRejectionDraw : IRejection
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static unsafe bool Attempt<TReals, TBits>(
        in DrawConstants constants, ref readonly byte proposal, ref readonly byte acceptance, ref byte values, ref byte pending, int blockCount)
        where TReals : struct, IReals<TReals, TBits>
        where TBits : struct, IBits<TBits>
    {
        MinusTwoLog<TReals, TBits> log = new(Coefficients.Log);
        TReals a = TReals.Splat(constants.AnchorDistance);
        TReals square = a * a;
        TReals std = TReals.OfBits(TReals.BitsOf(TReals.Splat(constants.Std)) ^ TBits.Splat(constants.Mirror));
        TBits any = TBits.Splat(0);
        for (nint offset = 0; offset < 256 * blockCount; offset += 4 * TBits.Count)
        {
            TBits waiting = TBits.Load(in Unsafe.Add(ref pending, offset));
            if (!TBits.Any(waiting)) continue;
            TBits word = TBits.Load(in Unsafe.Add(ref Unsafe.AsRef(in proposal), offset));
            TBits second = TBits.Load(in Unsafe.Add(ref Unsafe.AsRef(in acceptance), offset));
            TReals high = TReals.OfBits((word >>> 9) | TBits.Splat(0x3F800000)) - TReals.Splat(1.00000012f);
            TBits lowBits = TBits.AndOr(second << 5, TBits.Splat(0x00003FE0), TBits.AndOr(word << 14, TBits.Splat(0x007FC000), TBits.Splat(0x34000010)));
            TReals v = high + TReals.OfBits(lowBits);

            TReals twiceE = log.Of(TReals.Fma(v, TReals.Splat(constants.ExpSpan), TReals.Splat(constants.ExpEnd)));
            TReals d = twiceE / (a + TReals.Sqrt(square + twiceE));
            TReals value = TReals.Fma(d, std, TReals.Splat(constants.Anchor));
            value = TReals.Greater(TReals.Lesser(value, TReals.Splat(constants.High)), TReals.Splat(constants.Low));

            TReals u = TReals.OfBits((second >>> 9) | TBits.Splat(0x3F800000)) - TReals.Splat(0.99999994f);
            TBits accepted = TReals.Less(u * (a + d), a);
            TBits stored = TBits.Load(in Unsafe.Add(ref values, offset));
            TBits.Store(TBits.Select(waiting, TReals.BitsOf(value), stored), ref Unsafe.Add(ref values, offset));
            waiting = TBits.Select(accepted, TBits.Splat(0), waiting);
            TBits.Store(waiting, ref Unsafe.Add(ref pending, offset));
            any |= waiting;
        }
        return TBits.Any(any);
    }
}
