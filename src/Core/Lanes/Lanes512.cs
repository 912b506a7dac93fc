using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ShardInit.Lanes;

/// <summary>16 lanes of 32 bits in one Vector512.</summary>
internal readonly struct Bits512(Vector512<uint> value) : IBits<Bits512>
{
    internal readonly Vector512<uint> Value = value;
    public static int Count => 16;
    public static bool HasManyRegisters { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => Avx512F.IsSupported; }
    public static Bits512 Iota { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => new(Vector512<uint>.Indices); }
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits512 Splat(uint value) => new(Vector512.Create(value));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits512 operator +(Bits512 a, Bits512 b) => new(a.Value + b.Value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits512 operator -(Bits512 a, Bits512 b) => new(a.Value - b.Value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits512 operator ^(Bits512 a, Bits512 b) => new(a.Value ^ b.Value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Bits512 Xor3(Bits512 a, Bits512 b, Bits512 c) =>
        new(Avx512F.IsSupported ? Avx512F.TernaryLogic(a.Value, b.Value, c.Value, TruthTable.Xor3) : a.Value ^ b.Value ^ c.Value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits512 operator &(Bits512 a, Bits512 b) => new(a.Value & b.Value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits512 operator |(Bits512 a, Bits512 b) => new(a.Value | b.Value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits512 operator <<(Bits512 a, int count) => new(a.Value << count);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits512 operator >>>(Bits512 a, int count) => new(a.Value >>> count);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits512 operator >>(Bits512 a, int count) => new((a.Value.AsInt32() >> count).AsUInt32());
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits512 Select(Bits512 mask, Bits512 whenSet, Bits512 whenClear) => new(Vector512.ConditionalSelect(mask.Value, whenSet.Value, whenClear.Value));
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Bits512 AndOr(Bits512 value, Bits512 mask, Bits512 set) =>
        new(Avx512F.IsSupported ? Avx512F.TernaryLogic(value.Value, mask.Value, set.Value, TruthTable.AndOr) : (value.Value & mask.Value) | set.Value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits512 LessSigned(Bits512 a, Bits512 b) => new(Vector512.LessThan(a.Value.AsInt32(), b.Value.AsInt32()).AsUInt32());
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreLow8(Bits512 value, ref byte destination)
    {
        if (Avx512F.IsSupported) { Avx512F.ConvertToVector128Byte(value.Value).StoreUnsafe(ref destination); return; }
        Vector256<ushort> words = Vector256.Narrow(value.Value.GetLower(), value.Value.GetUpper());
        Vector128.Narrow(words.GetLower(), words.GetUpper()).StoreUnsafe(ref destination);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreHigh16(Bits512 first, Bits512 second, ref byte destination)
    {
        Vector512<ushort> words = Avx512BW.IsSupported
            ? Avx512BW.PermuteVar32x16x2(first.Value.AsUInt16(), (Vector512<ushort>.Indices << 1) + Vector512<ushort>.One, second.Value.AsUInt16())
            : Vector512.Narrow(first.Value >>> 16, second.Value >>> 16);
        words.AsByte().StoreUnsafe(ref destination);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreLow16(Bits512 value, ref byte destination)
    {
        if (Avx512F.IsSupported) { Avx512F.ConvertToVector256UInt16(value.Value).AsByte().StoreUnsafe(ref destination); return; }
        Vector256.Narrow(value.Value.GetLower(), value.Value.GetUpper()).AsByte().StoreUnsafe(ref destination);
    }
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static bool Any(Bits512 mask) => mask.Value != Vector512<uint>.Zero;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits512 Load(ref readonly byte source) => new(Vector512.LoadUnsafe(in source).AsUInt32());
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static void Store(Bits512 value, ref byte destination) => value.Value.AsByte().StoreUnsafe(ref destination);
}

internal readonly struct Reals512(Vector512<float> value) : IReals<Reals512, Bits512>
{
    internal readonly Vector512<float> Value = value;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Reals512 Splat(float value) => new(Vector512.Create(value));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static unsafe Reals512 Load(float* row) => new(Vector512.Load(row));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Reals512 FromInt24(Bits512 value) => new(Vector512.ConvertToSingle(value.Value.AsInt32()));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Reals512 OfBits(Bits512 bits) => new(bits.Value.AsSingle());
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits512 BitsOf(Reals512 value) => new(value.Value.AsUInt32());
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Reals512 operator +(Reals512 a, Reals512 b) => new(a.Value + b.Value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Reals512 operator -(Reals512 a, Reals512 b) => new(a.Value - b.Value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Reals512 operator *(Reals512 a, Reals512 b) => new(a.Value * b.Value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Reals512 operator /(Reals512 a, Reals512 b) => new(a.Value / b.Value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Reals512 Fma(Reals512 a, Reals512 b, Reals512 c) => new(Vector512.FusedMultiplyAdd(a.Value, b.Value, c.Value));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Reals512 Sqrt(Reals512 value) => new(Vector512.Sqrt(value.Value));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits512 Less(Reals512 a, Reals512 b) => new(Vector512.LessThan(a.Value, b.Value).AsUInt32());
    // x86's minimum and maximum are these selections exactly (they return the second operand where the comparison fails).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Reals512 Lesser(Reals512 a, Reals512 b) =>
        new(Avx512F.IsSupported ? Avx512F.Min(a.Value, b.Value) : Vector512.ConditionalSelect(Vector512.LessThan(a.Value, b.Value), a.Value, b.Value));
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Reals512 Greater(Reals512 a, Reals512 b) =>
        new(Avx512F.IsSupported ? Avx512F.Max(a.Value, b.Value) : Vector512.ConditionalSelect(Vector512.GreaterThan(a.Value, b.Value), a.Value, b.Value));
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Reals512 SelectBySign(Bits512 sign, Reals512 whenSet, Reals512 whenClear) => new(Avx512F.IsSupported
        ? Avx512F.BlendVariable(whenClear.Value, whenSet.Value, sign.Value.AsSingle())
        : Vector512.ConditionalSelect((sign.Value.AsInt32() >> 31).AsSingle(), whenSet.Value, whenClear.Value));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Reals512 Select(Bits512 mask, Reals512 whenSet, Reals512 whenClear) => new(Vector512.ConditionalSelect(mask.Value.AsSingle(), whenSet.Value, whenClear.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreWidened(Reals512 value, ref byte destination)
    {
        (Vector512<double> lower, Vector512<double> upper) = Vector512.Widen(value.Value);
        lower.AsByte().StoreUnsafe(ref destination);
        upper.AsByte().StoreUnsafe(ref destination, 64);
    }
}

/// <summary>Even lanes stand in one vector of 64-bit lanes, odd lanes in another: widening is a shift, narrowing a blend (one permutation here).</summary>
internal readonly struct Wide512(Vector512<ulong> even, Vector512<ulong> odd) : IWide<Wide512, Bits512>
{
    private readonly Vector512<ulong> _even = even;
    private readonly Vector512<ulong> _odd = odd;

    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Wide512 Widen(Bits512 value) => new(value.Value.AsUInt64(), value.Value.AsUInt64() >>> 32);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Wide512 Splat(uint value) => new(Vector512.Create((ulong)value), Vector512.Create((ulong)value));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Wide512 Load(ref readonly ulong row) => new(Vector512.LoadUnsafe(in row), Vector512.LoadUnsafe(in row));
    // Calls in calls count against what the compiler inlines into one method, so Multiply and Mix are written out.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Wide512 Multiply(Wide512 value, uint factor) => Avx512F.IsSupported
        ? new(Avx512F.Multiply(value._even.AsUInt32(), Vector512.Create(factor)), Avx512F.Multiply(value._odd.AsUInt32(), Vector512.Create(factor)))
        : new(MultiplyLow(value._even, factor), MultiplyLow(value._odd, factor));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Wide512 High(Wide512 product) => new(product._even >>> 32, product._odd >>> 32);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Wide512 operator ^(Wide512 a, Wide512 b) => new(a._even ^ b._even, a._odd ^ b._odd);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Wide512 operator +(Wide512 a, Wide512 b) => new(a._even + b._even, a._odd + b._odd);
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Wide512 Mix(Wide512 product, Wide512 word, ref readonly ulong keyRow)
    {
        // Both shifts before both combinations: a local that is used in the very next statement is folded into it, and then the compiler makes the old word the
        // destination of the three-way operation, not the shifted product, which runs 6 % slower (Zen 4).
        Vector512<ulong> even = product._even >>> 32;
        Vector512<ulong> odd = product._odd >>> 32;
        Vector512<ulong> key = Vector512.LoadUnsafe(in keyRow);
        return Avx512F.IsSupported
            ? new(Avx512F.TernaryLogic(even, word._even, key, TruthTable.Xor3), Avx512F.TernaryLogic(odd, word._odd, key, TruthTable.Xor3))
            : new(even ^ word._even ^ key, odd ^ word._odd ^ key);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Bits512 Narrow(Wide512 value) => new(Avx512F.IsSupported
        ? Avx512F.PermuteVar16x32x2(value._even.AsUInt32(), LowLanes, value._odd.AsUInt32())
        : Vector512.ConditionalSelect(Vector512.Create(0x00000000FFFFFFFFul), value._even, value._odd << 32).AsUInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Bits512 NarrowHigh(Wide512 product) => new(Avx512F.IsSupported
        ? Avx512F.PermuteVar16x32x2(product._even.AsUInt32(), HighLanes, product._odd.AsUInt32())
        : Vector512.ConditionalSelect(Vector512.Create(0x00000000FFFFFFFFul), product._even >>> 32, product._odd).AsUInt32());

    // Which lanes of even (0 to 15) and odd (16 to 31) stand where.
    private static Vector512<uint> LowLanes { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => Vector512.Create(0u, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30); }
    private static Vector512<uint> HighLanes { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => Vector512.Create(1u, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31); }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> MultiplyLow(Vector512<ulong> value, uint factor)
    {
        if (Avx2.IsSupported) return Vector512.Create(Avx2.Multiply(value.GetLower().AsUInt32(), Vector256.Create(factor)), Avx2.Multiply(value.GetUpper().AsUInt32(), Vector256.Create(factor)));
        return (value & Vector512.Create(0x00000000FFFFFFFFul)) * Vector512.Create((ulong)factor);
    }
}
