using System.Runtime.CompilerServices;

namespace ShardInit.Lanes;

/// <summary>One lane: the specification. Plain uint, float and ulong arithmetic.</summary>
internal readonly record struct Bits1(uint Value) : IBits<Bits1>
{
    public static int Count => 1;
    public static bool HasManyRegisters => false;
    public static Bits1 Iota => new(0);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits1 Splat(uint value) => new(value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits1 operator +(Bits1 a, Bits1 b) => new(a.Value + b.Value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits1 operator -(Bits1 a, Bits1 b) => new(a.Value - b.Value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits1 operator ^(Bits1 a, Bits1 b) => new(a.Value ^ b.Value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits1 Xor3(Bits1 a, Bits1 b, Bits1 c) => new(a.Value ^ b.Value ^ c.Value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits1 operator &(Bits1 a, Bits1 b) => new(a.Value & b.Value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits1 operator |(Bits1 a, Bits1 b) => new(a.Value | b.Value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits1 operator <<(Bits1 a, int count) => new(a.Value << count);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits1 operator >>>(Bits1 a, int count) => new(a.Value >> count);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits1 operator >>(Bits1 a, int count) => new((uint)((int)a.Value >> count));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits1 Select(Bits1 mask, Bits1 whenSet, Bits1 whenClear) => new((mask.Value & whenSet.Value) | (~mask.Value & whenClear.Value));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits1 AndOr(Bits1 value, Bits1 mask, Bits1 set) => new((value.Value & mask.Value) | set.Value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits1 LessSigned(Bits1 a, Bits1 b) => new((int)a.Value < (int)b.Value ? uint.MaxValue : 0);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static void StoreLow8(Bits1 value, ref byte destination) => destination = (byte)value.Value;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static void StoreHigh16(Bits1 first, Bits1 second, ref byte destination) => Unsafe.WriteUnaligned(ref destination, (first.Value >> 16) | (second.Value & 0xFFFF0000));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static void StoreLow16(Bits1 value, ref byte destination) => Unsafe.WriteUnaligned(ref destination, (ushort)value.Value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static bool Any(Bits1 mask) => mask.Value != 0;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits1 Load(ref readonly byte source) => new(Unsafe.ReadUnaligned<uint>(in source));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static void Store(Bits1 value, ref byte destination) => Unsafe.WriteUnaligned(ref destination, value.Value);
}

internal readonly record struct Reals1(float Value) : IReals<Reals1, Bits1>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Reals1 Splat(float value) => new(value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static unsafe Reals1 Load(float* row) => new(*row);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Reals1 FromInt24(Bits1 value) => new((int)value.Value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Reals1 OfBits(Bits1 bits) => new(BitConverter.UInt32BitsToSingle(bits.Value));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits1 BitsOf(Reals1 value) => new(BitConverter.SingleToUInt32Bits(value.Value));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Reals1 operator +(Reals1 a, Reals1 b) => new(a.Value + b.Value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Reals1 operator -(Reals1 a, Reals1 b) => new(a.Value - b.Value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Reals1 operator *(Reals1 a, Reals1 b) => new(a.Value * b.Value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Reals1 operator /(Reals1 a, Reals1 b) => new(a.Value / b.Value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Reals1 Fma(Reals1 a, Reals1 b, Reals1 c) => new(MathF.FusedMultiplyAdd(a.Value, b.Value, c.Value));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Reals1 Sqrt(Reals1 value) => new(MathF.Sqrt(value.Value));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits1 Less(Reals1 a, Reals1 b) => new(a.Value < b.Value ? uint.MaxValue : 0);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Reals1 Lesser(Reals1 a, Reals1 b) => a.Value < b.Value ? a : b;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Reals1 Greater(Reals1 a, Reals1 b) => a.Value > b.Value ? a : b;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Reals1 SelectBySign(Bits1 sign, Reals1 whenSet, Reals1 whenClear) => Select(new((uint)((int)sign.Value >> 31)), whenSet, whenClear);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Reals1 Select(Bits1 mask, Reals1 whenSet, Reals1 whenClear) => mask.Value != 0 ? whenSet : whenClear;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static void StoreWidened(Reals1 value, ref byte destination) => Unsafe.WriteUnaligned(ref destination, (double)value.Value);
}

internal readonly record struct Wide1(ulong Value) : IWide<Wide1, Bits1>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Wide1 Widen(Bits1 value) => new(value.Value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits1 Narrow(Wide1 value) => new((uint)value.Value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Bits1 NarrowHigh(Wide1 product) => new((uint)(product.Value >> 32));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Wide1 Splat(uint value) => new(value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Wide1 Load(ref readonly ulong row) => new(row);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Wide1 Multiply(Wide1 value, uint factor) => new((ulong)(uint)value.Value * factor);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Wide1 High(Wide1 product) => new(product.Value >> 32);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Wide1 operator ^(Wide1 a, Wide1 b) => new(a.Value ^ b.Value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Wide1 operator +(Wide1 a, Wide1 b) => new(a.Value + b.Value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Wide1 Mix(Wide1 product, Wide1 word, ref readonly ulong keyRow) => new((product.Value >> 32) ^ word.Value ^ keyRow);
}
