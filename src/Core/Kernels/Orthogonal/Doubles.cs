using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace ShardInit.Kernels;

/// <summary>One lane: the specification.</summary>
internal readonly unsafe struct Doubles1(double value) : IDoubles<Doubles1>
{
    private readonly double _value = value;
    public static int Count => 1;
    public static bool ManyRegisters => false;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Doubles1 Splat(double value) => new(value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Doubles1 Load(double* source) => new(*source);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static void Store(Doubles1 value, double* destination) => *destination = value._value;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Doubles1 Fma(Doubles1 a, Doubles1 b, Doubles1 c) => new(Math.FusedMultiplyAdd(a._value, b._value, c._value));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Doubles1 operator *(Doubles1 a, Doubles1 b) => new(a._value * b._value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Doubles1 Select(Doubles1 mask, Doubles1 whenSet, Doubles1 whenClear) => BitConverter.DoubleToInt64Bits(mask._value) != 0 ? whenSet : whenClear;
}

/// <summary>2 lanes.</summary>
internal readonly unsafe struct Doubles128(Vector128<double> value) : IDoubles<Doubles128>
{
    private readonly Vector128<double> _value = value;
    public static int Count => 2;
    public static bool ManyRegisters => Avx512F.VL.IsSupported || AdvSimd.IsSupported;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Doubles128 Splat(double value) => new(Vector128.Create(value));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Doubles128 Load(double* source) => new(Vector128.Load(source));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static void Store(Doubles128 value, double* destination) => value._value.Store(destination);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Doubles128 Fma(Doubles128 a, Doubles128 b, Doubles128 c) => new(Vector128.FusedMultiplyAdd(a._value, b._value, c._value));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Doubles128 operator *(Doubles128 a, Doubles128 b) => new(a._value * b._value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Doubles128 Select(Doubles128 mask, Doubles128 whenSet, Doubles128 whenClear) => new(Vector128.ConditionalSelect(mask._value, whenSet._value, whenClear._value));
}

/// <summary>4 lanes.</summary>
internal readonly unsafe struct Doubles256(Vector256<double> value) : IDoubles<Doubles256>
{
    private readonly Vector256<double> _value = value;
    public static int Count => 4;
    public static bool ManyRegisters => Avx512F.VL.IsSupported;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Doubles256 Splat(double value) => new(Vector256.Create(value));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Doubles256 Load(double* source) => new(Vector256.Load(source));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static void Store(Doubles256 value, double* destination) => value._value.Store(destination);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Doubles256 Fma(Doubles256 a, Doubles256 b, Doubles256 c) => new(Vector256.FusedMultiplyAdd(a._value, b._value, c._value));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Doubles256 operator *(Doubles256 a, Doubles256 b) => new(a._value * b._value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Doubles256 Select(Doubles256 mask, Doubles256 whenSet, Doubles256 whenClear) => new(Vector256.ConditionalSelect(mask._value, whenSet._value, whenClear._value));
}

/// <summary>8 lanes.</summary>
internal readonly unsafe struct Doubles512(Vector512<double> value) : IDoubles<Doubles512>
{
    private readonly Vector512<double> _value = value;
    public static int Count => 8;
    public static bool ManyRegisters => Vector512.IsHardwareAccelerated;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Doubles512 Splat(double value) => new(Vector512.Create(value));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Doubles512 Load(double* source) => new(Vector512.Load(source));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static void Store(Doubles512 value, double* destination) => value._value.Store(destination);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Doubles512 Fma(Doubles512 a, Doubles512 b, Doubles512 c) => new(Vector512.FusedMultiplyAdd(a._value, b._value, c._value));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Doubles512 operator *(Doubles512 a, Doubles512 b) => new(a._value * b._value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Doubles512 Select(Doubles512 mask, Doubles512 whenSet, Doubles512 whenClear) => new(Vector512.ConditionalSelect(mask._value, whenSet._value, whenClear._value));
}
