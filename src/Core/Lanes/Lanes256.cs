using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ShardInit.Lanes;

/// <summary>8 lanes of 32 bits in one Vector256.</summary>
internal readonly struct Bits256(Vector256<uint> value) : IBits<Bits256>
{
    internal readonly Vector256<uint> Value = value;
    public static int Count => 8;
    public static bool HasManyRegisters { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => Avx512F.VL.IsSupported; }
    public static Bits256 Iota { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => new(Vector256<uint>.Indices); }
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits256 Splat(uint value) => new(Vector256.Create(value));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits256 operator +(Bits256 a, Bits256 b) => new(a.Value + b.Value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits256 operator -(Bits256 a, Bits256 b) => new(a.Value - b.Value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits256 operator ^(Bits256 a, Bits256 b) => new(a.Value ^ b.Value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Bits256 Xor3(Bits256 a, Bits256 b, Bits256 c) =>
        new(Avx512F.VL.IsSupported ? Avx512F.VL.TernaryLogic(a.Value, b.Value, c.Value, TruthTable.Xor3) : a.Value ^ b.Value ^ c.Value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits256 operator &(Bits256 a, Bits256 b) => new(a.Value & b.Value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits256 operator |(Bits256 a, Bits256 b) => new(a.Value | b.Value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits256 operator <<(Bits256 a, int count) => new(a.Value << count);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits256 operator >>>(Bits256 a, int count) => new(a.Value >>> count);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits256 operator >>(Bits256 a, int count) => new((a.Value.AsInt32() >> count).AsUInt32());
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits256 Select(Bits256 mask, Bits256 whenSet, Bits256 whenClear) => new(Vector256.ConditionalSelect(mask.Value, whenSet.Value, whenClear.Value));
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Bits256 AndOr(Bits256 value, Bits256 mask, Bits256 set) =>
        new(Avx512F.VL.IsSupported ? Avx512F.VL.TernaryLogic(value.Value, mask.Value, set.Value, TruthTable.AndOr) : (value.Value & mask.Value) | set.Value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits256 LessSigned(Bits256 a, Bits256 b) => new(Vector256.LessThan(a.Value.AsInt32(), b.Value.AsInt32()).AsUInt32());
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreLow8(Bits256 value, ref byte destination) =>
        Unsafe.WriteUnaligned(ref destination, Vector128.Narrow(Vector128.Narrow(value.Value.GetLower(), value.Value.GetUpper()), Vector128<ushort>.Zero).AsUInt64().ToScalar());
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static void StoreHigh16(Bits256 first, Bits256 second, ref byte destination) => Vector256.Narrow(first.Value >>> 16, second.Value >>> 16).AsByte().StoreUnsafe(ref destination);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static void StoreLow16(Bits256 value, ref byte destination) => Vector128.Narrow(value.Value.GetLower(), value.Value.GetUpper()).AsByte().StoreUnsafe(ref destination);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static bool Any(Bits256 mask) => mask.Value != Vector256<uint>.Zero;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits256 Load(ref readonly byte source) => new(Vector256.LoadUnsafe(in source).AsUInt32());
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static void Store(Bits256 value, ref byte destination) => value.Value.AsByte().StoreUnsafe(ref destination);
}

internal readonly struct Reals256(Vector256<float> value) : IReals<Reals256, Bits256>
{
    internal readonly Vector256<float> Value = value;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Reals256 Splat(float value) => new(Vector256.Create(value));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static unsafe Reals256 Load(float* row) => new(Vector256.Load(row));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Reals256 FromInt24(Bits256 value) => new(Vector256.ConvertToSingle(value.Value.AsInt32()));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Reals256 OfBits(Bits256 bits) => new(bits.Value.AsSingle());
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits256 BitsOf(Reals256 value) => new(value.Value.AsUInt32());
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Reals256 operator +(Reals256 a, Reals256 b) => new(a.Value + b.Value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Reals256 operator -(Reals256 a, Reals256 b) => new(a.Value - b.Value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Reals256 operator *(Reals256 a, Reals256 b) => new(a.Value * b.Value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Reals256 operator /(Reals256 a, Reals256 b) => new(a.Value / b.Value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Reals256 Fma(Reals256 a, Reals256 b, Reals256 c) => new(Vector256.FusedMultiplyAdd(a.Value, b.Value, c.Value));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Reals256 Sqrt(Reals256 value) => new(Vector256.Sqrt(value.Value));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits256 Less(Reals256 a, Reals256 b) => new(Vector256.LessThan(a.Value, b.Value).AsUInt32());
    // x86's minimum and maximum are these selections exactly (they return the second operand where the comparison fails).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Reals256 Lesser(Reals256 a, Reals256 b) =>
        new(Avx.IsSupported ? Avx.Min(a.Value, b.Value) : Vector256.ConditionalSelect(Vector256.LessThan(a.Value, b.Value), a.Value, b.Value));
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Reals256 Greater(Reals256 a, Reals256 b) =>
        new(Avx.IsSupported ? Avx.Max(a.Value, b.Value) : Vector256.ConditionalSelect(Vector256.GreaterThan(a.Value, b.Value), a.Value, b.Value));
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Reals256 SelectBySign(Bits256 sign, Reals256 whenSet, Reals256 whenClear) => new(Avx.IsSupported
        ? Avx.BlendVariable(whenClear.Value, whenSet.Value, sign.Value.AsSingle())
        : Vector256.ConditionalSelect((sign.Value.AsInt32() >> 31).AsSingle(), whenSet.Value, whenClear.Value));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Reals256 Select(Bits256 mask, Reals256 whenSet, Reals256 whenClear) => new(Vector256.ConditionalSelect(mask.Value.AsSingle(), whenSet.Value, whenClear.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreWidened(Reals256 value, ref byte destination)
    {
        (Vector256<double> lower, Vector256<double> upper) = Vector256.Widen(value.Value);
        lower.AsByte().StoreUnsafe(ref destination);
        upper.AsByte().StoreUnsafe(ref destination, 32);
    }
}

/// <summary>Even lanes stand in one vector of 64-bit lanes, odd lanes in another: widening is a shift, narrowing a blend.</summary>
internal readonly struct Wide256(Vector256<ulong> even, Vector256<ulong> odd) : IWide<Wide256, Bits256>
{
    private readonly Vector256<ulong> _even = even;
    private readonly Vector256<ulong> _odd = odd;

    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Wide256 Widen(Bits256 value) => new(value.Value.AsUInt64(), value.Value.AsUInt64() >>> 32);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Wide256 Splat(uint value) => new(Vector256.Create((ulong)value), Vector256.Create((ulong)value));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Wide256 Load(ref readonly ulong row) => new(Vector256.LoadUnsafe(in row), Vector256.LoadUnsafe(in row));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Wide256 Multiply(Wide256 value, uint factor) => new(MultiplyLow(value._even, factor), MultiplyLow(value._odd, factor));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Wide256 High(Wide256 product) => new(product._even >>> 32, product._odd >>> 32);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Wide256 operator ^(Wide256 a, Wide256 b) => new(a._even ^ b._even, a._odd ^ b._odd);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Wide256 operator +(Wide256 a, Wide256 b) => new(a._even + b._even, a._odd + b._odd);
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Wide256 Mix(Wide256 product, Wide256 word, ref readonly ulong keyRow)
    {
        Vector256<ulong> even = product._even >>> 32;
        Vector256<ulong> odd = product._odd >>> 32;
        Vector256<ulong> key = Vector256.LoadUnsafe(in keyRow);
        return Avx512F.VL.IsSupported
            ? new(Avx512F.VL.TernaryLogic(even, word._even, key, TruthTable.Xor3), Avx512F.VL.TernaryLogic(odd, word._odd, key, TruthTable.Xor3))
            : new(even ^ word._even ^ key, odd ^ word._odd ^ key);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Bits256 Narrow(Wide256 value) => Avx2.IsSupported
        ? new(Avx2.Blend(value._even.AsUInt32(), (value._odd << 32).AsUInt32(), 0b10101010))
        : new(Vector256.ConditionalSelect(Vector256.Create(0x00000000FFFFFFFFul), value._even, value._odd << 32).AsUInt32());
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Bits256 NarrowHigh(Wide256 product) => Avx2.IsSupported
        ? new(Avx2.Blend((product._even >>> 32).AsUInt32(), product._odd.AsUInt32(), 0b10101010))
        : new(Vector256.ConditionalSelect(Vector256.Create(0x00000000FFFFFFFFul), product._even >>> 32, product._odd).AsUInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> MultiplyLow(Vector256<ulong> value, uint factor)
    {
        if (Avx2.IsSupported) return Avx2.Multiply(value.AsUInt32(), Vector256.Create(factor));
        return (value & Vector256.Create(0x00000000FFFFFFFFul)) * Vector256.Create((ulong)factor);
    }
}
