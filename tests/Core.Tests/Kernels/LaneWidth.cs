using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ShardInit.Engine;
using ShardInit.Kernels;
using ShardInit.Lanes;
using ShardInit.Model;
using ShardInit.Random;

namespace ShardInit.Core.Tests.Kernels;

/// <summary>The generic kernels of one lane width behind plain arrays, so that a test names a width by a value.</summary>
public abstract class LaneWidth
{
    internal static readonly LaneWidth[] All =
    [
        new LaneWidth<Wide1, Reals1, Bits1>(LaneChoice.Scalar),
        new LaneWidth<Wide128, Reals128, Bits128>(LaneChoice.Bits128),
        new LaneWidth<Wide256, Reals256, Bits256>(LaneChoice.Bits256),
        new LaneWidth<Wide512, Reals512, Bits512>(LaneChoice.Bits512),
    ];

    /// <summary>Widest that the hardware has: for tests of values, which are the same at each width (proved elsewhere).</summary>
    internal static LaneWidth Fast => All.Single(width => LaneDispatch.Of(width.Choice) == LaneDispatch.Of(LaneChoice.Auto));

    internal static LaneWidth Of(LaneChoice choice) => All.Single(width => width.Choice == choice);

    internal abstract LaneChoice Choice { get; }

    internal Backend Backend => LaneDispatch.Of(Choice);

    /// <summary>Philox words in the kernels' order: word q of Philox block firstCounter + 16 b + j at 64 b + 16 q + j.</summary>
    internal abstract uint[] Words(uint firstCounter, uint c1, uint c2, uint c3, uint key0, uint key1, int blocks);

    /// <summary>The words of one Philox block c0, c1, c2, c3, k0, k1, drawn among the 32 counters that the widest vectors take in a turn: none of those wraps.</summary>
    internal uint[] Block(uint[] input)
    {
        uint[] words = Words(input[0] & ~31u, input[1], input[2], input[3], input[4], input[5], 2);
        int lane = (int)(input[0] & 31);
        int at = (64 * (lane / 16)) + (lane % 16);
        return [words[at], words[at + 16], words[at + 32], words[at + 48]];
    }

    /// <summary>One call of a draw with a fixed number of words.</summary>
    internal abstract void Draw(DrawKind kind, in DrawConstants constants, ReadOnlySpan<uint> words, ReadOnlySpan<uint> more, Span<float> values);

    internal abstract void Encode(DType dtype, ReadOnlySpan<float> values, Span<byte> codes);
    internal abstract void MinusTwoLog(ReadOnlySpan<float> x, Span<float> result);
    internal abstract void SinQuarter(ReadOnlySpan<float> f, Span<float> result);
    internal abstract void CosQuarter(ReadOnlySpan<float> f, Span<float> result);
    internal abstract void Quantile(ReadOnlySpan<float> t, ReadOnlySpan<float> x, Span<float> result);

    /// <summary>The widths as theory data.</summary>
    public static TheoryData<string> Names => [.. All.Select(width => width.Backend.Name)];

    internal static LaneWidth Named(string name) => All.Single(width => width.Backend.Name == name);
}

internal sealed class LaneWidth<TWide, TReals, TBits>(LaneChoice choice) : LaneWidth
    where TWide : struct, IWide<TWide, TBits>
    where TReals : struct, IReals<TReals, TBits>
    where TBits : struct, IBits<TBits>
{
    internal override LaneChoice Choice => choice;

    internal override uint[] Words(uint firstCounter, uint c1, uint c2, uint c3, uint key0, uint key1, int blocks)
    {
        ulong[] schedule = new ulong[Philox4x32.ScheduleLength];
        Philox4x32.ExpandKey(key0, key1, schedule);
        const uint untouched = 0xDEADBEEF;
        uint[] words = new uint[64 * (blocks + 2)];
        Array.Fill(words, untouched);
        Philox4x32.Words<TWide, TBits>(new Philox4x32.Uniform(c1, c2, c3, key0, key1), in schedule[0], firstCounter, blocks, ref Bytes(words)[0]);
        Assert.All(words[(64 * blocks)..], word => Assert.Equal(untouched, word));
        return words[..(64 * blocks)];
    }

    internal override void Draw(DrawKind kind, in DrawConstants constants, ReadOnlySpan<uint> words, ReadOnlySpan<uint> more, Span<float> values)
    {
        Assert.True(values.Length % 64 == 0 && words.Length == values.Length && (!constants.Wide || more.Length == values.Length));
        // A quantile draw keeps a list on the stack: no more blocks a call than the backends use.
        for (int from = 0; from < values.Length; from += 2048)
        {
            int count = Math.Min(2048, values.Length - from);
            ref readonly byte first = ref MemoryMarshal.AsBytes(words[from..])[0];
            ref readonly byte second = ref MemoryMarshal.AsBytes(constants.Wide ? more[from..] : words[from..])[0];
            ref byte target = ref MemoryMarshal.AsBytes(values[from..])[0];
            switch (kind)
            {
                case DrawKind.Uniform: UniformDraw.Fill<TReals, TBits>(in constants, in first, in second, ref target, count / 64); break;
                case DrawKind.Normal: NormalDraw.Fill<TReals, TBits>(in constants, in first, in second, ref target, count / 64); break;
                case DrawKind.FoldedQuantile: QuantileDraw<FoldedPoint>.Fill<TReals, TBits>(in constants, in first, in second, ref target, count / 64); break;
                case DrawKind.OneSidedQuantile: QuantileDraw<OneSidedPoint>.Fill<TReals, TBits>(in constants, in first, in second, ref target, count / 64); break;
                default: throw new ArgumentOutOfRangeException(nameof(kind), kind, "takes no fixed number of words");
            }
        }
    }

    internal override void Encode(DType dtype, ReadOnlySpan<float> values, Span<byte> codes)
    {
        Assert.True(values.Length % 64 == 0 && codes.Length == values.Length * dtype.ByteSize());
        ref readonly byte source = ref MemoryMarshal.AsBytes(values)[0];
        switch (dtype)
        {
            case DType.F64: Encode<EncodeF64>.Blocks<TReals, TBits>(in source, ref codes[0], values.Length / 64); break;
            case DType.F32: Encode<EncodeF32>.Blocks<TReals, TBits>(in source, ref codes[0], values.Length / 64); break;
            case DType.BF16: Encode<EncodeBF16>.Blocks<TReals, TBits>(in source, ref codes[0], values.Length / 64); break;
            case DType.F16: Encode<EncodeF16>.Blocks<TReals, TBits>(in source, ref codes[0], values.Length / 64); break;
            case DType.F8_E4M3: Encode<EncodeE4M3>.Blocks<TReals, TBits>(in source, ref codes[0], values.Length / 64); break;
            case DType.F8_E5M2: Encode<EncodeE5M2>.Blocks<TReals, TBits>(in source, ref codes[0], values.Length / 64); break;
            default: throw new ArgumentOutOfRangeException(nameof(dtype), dtype, "not a floating type");
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal override unsafe void MinusTwoLog(ReadOnlySpan<float> x, Span<float> result)
    {
        MinusTwoLog<TReals, TBits> log = new(Coefficients.Log);
        for (int k = 0; k < x.Length; k += TBits.Count) Store(log.Of(Load(x, k)), result, k);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal override unsafe void SinQuarter(ReadOnlySpan<float> f, Span<float> result)
    {
        QuarterTurn<TReals, TBits> turn = new(Coefficients.Sin, Coefficients.Cos);
        for (int k = 0; k < f.Length; k += TBits.Count) Store(turn.Sin(Load(f, k), Load(f, k) * Load(f, k)), result, k);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal override unsafe void CosQuarter(ReadOnlySpan<float> f, Span<float> result)
    {
        QuarterTurn<TReals, TBits> turn = new(Coefficients.Sin, Coefficients.Cos);
        for (int k = 0; k < f.Length; k += TBits.Count) Store(turn.Cos(Load(f, k) * Load(f, k)), result, k);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal override unsafe void Quantile(ReadOnlySpan<float> t, ReadOnlySpan<float> x, Span<float> result)
    {
        NormalQuantile<TReals, TBits> quantile = new(Coefficients.Log, Coefficients.QuantileCenter);
        for (int k = 0; k < t.Length; k += TBits.Count)
        {
            TReals center = quantile.Center(Load(t, k), Load(x, k), out TBits tail);
            Store(TReals.Select(tail, quantile.Tail(Coefficients.QuantileTail, Load(t, k), Load(x, k)), center), result, k);
        }
    }

    private static Span<byte> Bytes(uint[] words) => MemoryMarshal.AsBytes(words.AsSpan());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TReals Load(ReadOnlySpan<float> source, int index) => TReals.OfBits(TBits.Load(in MemoryMarshal.AsBytes(source.Slice(index, TBits.Count))[0]));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(TReals value, Span<float> target, int index) => TBits.Store(TReals.BitsOf(value), ref MemoryMarshal.AsBytes(target.Slice(index, TBits.Count))[0]);
}
