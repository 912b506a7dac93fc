using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace ShardInit.Lanes;

/// <summary>4 lanes of 32 bits in one Vector128.</summary>
internal readonly struct Bits128(Vector128<uint> value) : IBits<Bits128>
{
    internal readonly Vector128<uint> Value = value;
    public static int Count => 4;
    public static bool HasManyRegisters { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => Avx512F.VL.IsSupported || AdvSimd.IsSupported; }
    public static Bits128 Iota { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => new(Vector128<uint>.Indices); }
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits128 Splat(uint value) => new(Vector128.Create(value));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits128 operator +(Bits128 a, Bits128 b) => new(a.Value + b.Value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits128 operator -(Bits128 a, Bits128 b) => new(a.Value - b.Value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits128 operator ^(Bits128 a, Bits128 b) => new(a.Value ^ b.Value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Bits128 Xor3(Bits128 a, Bits128 b, Bits128 c) =>
        new(Avx512F.VL.IsSupported ? Avx512F.VL.TernaryLogic(a.Value, b.Value, c.Value, TruthTable.Xor3) : a.Value ^ b.Value ^ c.Value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits128 operator &(Bits128 a, Bits128 b) => new(a.Value & b.Value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits128 operator |(Bits128 a, Bits128 b) => new(a.Value | b.Value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits128 operator <<(Bits128 a, int count) => new(a.Value << count);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits128 operator >>>(Bits128 a, int count) => new(a.Value >>> count);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits128 operator >>(Bits128 a, int count) => new((a.Value.AsInt32() >> count).AsUInt32());
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits128 Select(Bits128 mask, Bits128 whenSet, Bits128 whenClear) => new(Vector128.ConditionalSelect(mask.Value, whenSet.Value, whenClear.Value));
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Bits128 AndOr(Bits128 value, Bits128 mask, Bits128 set) =>
        new(Avx512F.VL.IsSupported ? Avx512F.VL.TernaryLogic(value.Value, mask.Value, set.Value, TruthTable.AndOr) : (value.Value & mask.Value) | set.Value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits128 LessSigned(Bits128 a, Bits128 b) => new(Vector128.LessThan(a.Value.AsInt32(), b.Value.AsInt32()).AsUInt32());
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreLow8(Bits128 value, ref byte destination) =>
        Unsafe.WriteUnaligned(ref destination, Vector128.Narrow(Vector128.Narrow(value.Value, value.Value), Vector128<ushort>.Zero).AsUInt32().ToScalar());
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static void StoreHigh16(Bits128 first, Bits128 second, ref byte destination) => Vector128.Narrow(first.Value >>> 16, second.Value >>> 16).AsByte().StoreUnsafe(ref destination);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static void StoreLow16(Bits128 value, ref byte destination) => Unsafe.WriteUnaligned(ref destination, Vector128.Narrow(value.Value, value.Value).AsUInt64().ToScalar());
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static bool Any(Bits128 mask) => mask.Value != Vector128<uint>.Zero;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits128 Load(ref readonly byte source) => new(Vector128.LoadUnsafe(in source).AsUInt32());
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static void Store(Bits128 value, ref byte destination) => value.Value.AsByte().StoreUnsafe(ref destination);
}

internal readonly struct Reals128(Vector128<float> value) : IReals<Reals128, Bits128>
{
    internal readonly Vector128<float> Value = value;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Reals128 Splat(float value) => new(Vector128.Create(value));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static unsafe Reals128 Load(float* row) => new(Vector128.Load(row));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Reals128 FromInt24(Bits128 value) => new(Vector128.ConvertToSingle(value.Value.AsInt32()));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Reals128 OfBits(Bits128 bits) => new(bits.Value.AsSingle());
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits128 BitsOf(Reals128 value) => new(value.Value.AsUInt32());
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Reals128 operator +(Reals128 a, Reals128 b) => new(a.Value + b.Value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Reals128 operator -(Reals128 a, Reals128 b) => new(a.Value - b.Value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Reals128 operator *(Reals128 a, Reals128 b) => new(a.Value * b.Value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Reals128 operator /(Reals128 a, Reals128 b) => new(a.Value / b.Value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Reals128 Fma(Reals128 a, Reals128 b, Reals128 c) => new(Vector128.FusedMultiplyAdd(a.Value, b.Value, c.Value));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Reals128 Sqrt(Reals128 value) => new(Vector128.Sqrt(value.Value));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits128 Less(Reals128 a, Reals128 b) => new(Vector128.LessThan(a.Value, b.Value).AsUInt32());
    // x86's minimum and maximum are these selections exactly (they return the second operand where the comparison fails).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Reals128 Lesser(Reals128 a, Reals128 b) =>
        new(Sse.IsSupported ? Sse.Min(a.Value, b.Value) : Vector128.ConditionalSelect(Vector128.LessThan(a.Value, b.Value), a.Value, b.Value));
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Reals128 Greater(Reals128 a, Reals128 b) =>
        new(Sse.IsSupported ? Sse.Max(a.Value, b.Value) : Vector128.ConditionalSelect(Vector128.GreaterThan(a.Value, b.Value), a.Value, b.Value));
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Reals128 SelectBySign(Bits128 sign, Reals128 whenSet, Reals128 whenClear) => new(Sse41.IsSupported
        ? Sse41.BlendVariable(whenClear.Value, whenSet.Value, sign.Value.AsSingle())
        : Vector128.ConditionalSelect((sign.Value.AsInt32() >> 31).AsSingle(), whenSet.Value, whenClear.Value));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Reals128 Select(Bits128 mask, Reals128 whenSet, Reals128 whenClear) => new(Vector128.ConditionalSelect(mask.Value.AsSingle(), whenSet.Value, whenClear.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreWidened(Reals128 value, ref byte destination)
    {
        (Vector128<double> lower, Vector128<double> upper) = Vector128.Widen(value.Value);
        lower.AsByte().StoreUnsafe(ref destination);
        upper.AsByte().StoreUnsafe(ref destination, 16);
    }
}

/// <summary>Even lanes stand in one vector of 64-bit lanes, odd lanes in another: widening is a shift, narrowing a blend.</summary>
internal readonly struct Wide128(Vector128<ulong> even, Vector128<ulong> odd) : IWide<Wide128, Bits128>
{
    private readonly Vector128<ulong> _even = even;
    private readonly Vector128<ulong> _odd = odd;

    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Wide128 Widen(Bits128 value) => new(value.Value.AsUInt64(), value.Value.AsUInt64() >>> 32);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Wide128 Splat(uint value) => new(Vector128.Create((ulong)value), Vector128.Create((ulong)value));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Wide128 Load(ref readonly ulong row) => new(Vector128.LoadUnsafe(in row), Vector128.LoadUnsafe(in row));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Wide128 Multiply(Wide128 value, uint factor) => new(MultiplyLow(value._even, factor), MultiplyLow(value._odd, factor));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Wide128 High(Wide128 product) => new(product._even >>> 32, product._odd >>> 32);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Wide128 operator ^(Wide128 a, Wide128 b) => new(a._even ^ b._even, a._odd ^ b._odd);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Wide128 operator +(Wide128 a, Wide128 b) => new(a._even + b._even, a._odd + b._odd);
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Wide128 Mix(Wide128 product, Wide128 word, ref readonly ulong keyRow)
    {
        Vector128<ulong> even = product._even >>> 32;
        Vector128<ulong> odd = product._odd >>> 32;
        Vector128<ulong> key = Vector128.LoadUnsafe(in keyRow);
        return Avx512F.VL.IsSupported
            ? new(Avx512F.VL.TernaryLogic(even, word._even, key, TruthTable.Xor3), Avx512F.VL.TernaryLogic(odd, word._odd, key, TruthTable.Xor3))
            : new(even ^ word._even ^ key, odd ^ word._odd ^ key);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Bits128 Narrow(Wide128 value) =>
        new(Vector128.ConditionalSelect(Vector128.Create(0x00000000FFFFFFFFul), value._even, value._odd << 32).AsUInt32());
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Bits128 NarrowHigh(Wide128 product) =>
        new(Vector128.ConditionalSelect(Vector128.Create(0x00000000FFFFFFFFul), product._even >>> 32, product._odd).AsUInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> MultiplyLow(Vector128<ulong> value, uint factor)
    {
        if (Sse2.IsSupported) return Sse2.Multiply(value.AsUInt32(), Vector128.Create(factor));
        if (AdvSimd.IsSupported) return AdvSimd.MultiplyWideningLower(AdvSimd.ExtractNarrowingLower(value), Vector64.Create(factor));
        return (value & Vector128.Create(0x00000000FFFFFFFFul)) * Vector128.Create((ulong)factor);
    }
}
