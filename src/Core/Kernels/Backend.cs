using System.Runtime.CompilerServices;
using ShardInit.Lanes;
using ShardInit.Model;
using ShardInit.Random;

namespace ShardInit.Kernels;

/// <summary>One way to run the kernels: a lane width. All backends give the same bytes.</summary>
internal abstract class Backend
{
    /// <summary>Elements that go through the stages together: small enough that words, values and bytes stay in the first-level cache.</summary>
    protected const int GroupBlocks = 32;

    /// <summary>Elements of a block.</summary>
    public const int BlockElements = 64;

    /// <summary>Element blocks that share the second counter word.</summary>
    private const long BlocksPerCounter1 = 1L << 28;

    /// <summary>Name on the command line: 1, 128, 256, 512.</summary>
    public abstract string Name { get; }

    /// <summary>Writes elements [first, first + count) of the random stream, encoded.</summary>
    /// <param name="destination">count elements of <paramref name="dtype"/>, little-endian.</param>
    public abstract void Fill(StreamKey key, in Draw draw, DType dtype, long first, long count, Span<byte> destination);

    /// <summary>Encodes binary32 values.</summary>
    /// <param name="destination">One element of <paramref name="dtype"/> a value, little-endian.</param>
    public abstract void Encode(ReadOnlySpan<float> values, DType dtype, Span<byte> destination);

    /// <summary>How many blocks from <paramref name="block"/> on may go in one group.</summary>
    protected static int GroupSize(long block, long lastBlock) =>
        (int)Math.Min(Math.Min(GroupBlocks, lastBlock - block + 1), BlocksPerCounter1 - (block & (BlocksPerCounter1 - 1)));
}

/// <inheritdoc/>
internal sealed class Backend<TWide, TReals, TBits>(string name) : Backend
    where TWide : struct, IWide<TWide, TBits>
    where TReals : struct, IReals<TReals, TBits>
    where TBits : struct, IBits<TBits>
{
    private const int GroupWordBytes = 4 * BlockElements * GroupBlocks;
    private const int Alignment = 64;

    public override string Name => name;

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override unsafe void Fill(StreamKey key, in Draw draw, DType dtype, long first, long count, Span<byte> destination)
    {
        int size = dtype.ByteSize();
        if (destination.Length != checked(count * size)) throw new ArgumentException($"expected {count * size} bytes, found {destination.Length}", nameof(destination));
        if (count == 0) return;

        // Words of two attempts, values, masks of a rejection, encoded bytes of a group that is not wanted whole.
        byte* scratch = stackalloc byte[(4 * GroupWordBytes) + (8 * BlockElements * GroupBlocks) + Alignment];
        scratch = (byte*)(((nuint)scratch + Alignment - 1) & ~(nuint)(Alignment - 1));
        ulong* schedule = stackalloc ulong[Philox4x32.ScheduleLength + Row.Words];
        schedule = (ulong*)(((nuint)schedule + Alignment - 1) & ~(nuint)(Alignment - 1));
        Philox4x32.ExpandKey(key.Key0, key.Key1, new Span<ulong>(schedule, Philox4x32.ScheduleLength));
        byte* encoded = scratch + (4 * GroupWordBytes);

        long lastBlock = (first + count - 1) / BlockElements;
        fixed (byte* target = destination)
        {
            for (long block = first / BlockElements; block <= lastBlock;)
            {
                int blocks = GroupSize(block, lastBlock);
                // The group's elements [from, to) are wanted, counted from its start: a group may end at 2^63, which no long holds.
                long start = block * BlockElements;
                long from = Math.Max(first - start, 0);
                long to = Math.Min(first + count - start, (long)blocks * BlockElements);
                if (to - from == (long)blocks * BlockElements)
                {
                    Group(key, schedule, in draw, dtype, block, blocks, scratch, target + ((start - first) * size));
                }
                else
                {
                    Group(key, schedule, in draw, dtype, block, blocks, scratch, encoded);
                    Unsafe.CopyBlockUnaligned(target + ((start + from - first) * size), encoded + (from * size), (uint)((to - from) * size));
                }
                block += blocks;
            }
        }
    }

    [SkipLocalsInit]
    public override unsafe void Encode(ReadOnlySpan<float> values, DType dtype, Span<byte> destination)
    {
        int size = dtype.ByteSize();
        if (destination.Length != checked(values.Length * size)) throw new ArgumentException($"expected {values.Length * size} bytes, found {destination.Length}", nameof(destination));
        // Blocks go at once; the last elements through a block of their own.
        int whole = values.Length / BlockElements * BlockElements;
        fixed (float* source = values)
        fixed (byte* target = destination)
        {
            if (dtype == DType.F32) Unsafe.CopyBlockUnaligned(target, source, (uint)destination.Length);
            else if (whole > 0) Bytes(dtype, (byte*)source, target, whole / BlockElements);
            if (dtype == DType.F32 || whole == values.Length) return;
            float* rest = stackalloc float[BlockElements];
            byte* encoded = stackalloc byte[BlockElements * 8];
            new Span<float>(rest, BlockElements).Clear();
            values[whole..].CopyTo(new Span<float>(rest, BlockElements));
            Bytes(dtype, (byte*)rest, encoded, 1);
            Unsafe.CopyBlockUnaligned(target + (whole * size), encoded, (uint)((values.Length - whole) * size));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe void Group(StreamKey key, ulong* schedule, in Draw draw, DType dtype, long block, int blocks, byte* scratch, byte* target)
    {
        byte* values = dtype == DType.F32 ? target : scratch + (2 * GroupWordBytes);
        Values(key, schedule, in draw, block, blocks, scratch, values);
        Bytes(dtype, values, target, blocks);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe void Values(StreamKey key, ulong* schedule, in Draw draw, long block, int blocks, byte* scratch, byte* values)
    {
        byte* more = scratch + GroupWordBytes;
        switch (draw.Kind)
        {
            case DrawKind.Uniform:
                DrawWords(key, schedule, in draw, block, blocks, scratch);
                UniformDraw.Fill<TReals, TBits>(in draw.Constants, in *scratch, in *more, ref *values, blocks);
                break;
            case DrawKind.Normal:
                DrawWords(key, schedule, in draw, block, blocks, scratch);
                NormalDraw.Fill<TReals, TBits>(in draw.Constants, in *scratch, in *more, ref *values, blocks);
                break;
            case DrawKind.FoldedQuantile:
                AttemptWords(key, schedule, 0, block, blocks, scratch);
                if (draw.Constants.Wide) AttemptWords(key, schedule, 1, block, blocks, more);
                QuantileDraw<FoldedPoint>.Fill<TReals, TBits>(in draw.Constants, in *scratch, in *more, ref *values, blocks);
                break;
            case DrawKind.OneSidedQuantile:
                AttemptWords(key, schedule, 0, block, blocks, scratch);
                if (draw.Constants.Wide) AttemptWords(key, schedule, 1, block, blocks, more);
                QuantileDraw<OneSidedPoint>.Fill<TReals, TBits>(in draw.Constants, in *scratch, in *more, ref *values, blocks);
                break;
            case DrawKind.UniformRejection:
            case DrawKind.ExponentialRejection:
                Reject(key, schedule, in draw, block, blocks, scratch, values);
                break;
            default:
                throw new ArgumentException($"no random draw of kind {draw.Kind}", nameof(draw));
        }
    }

    private static unsafe void Reject(StreamKey key, ulong* schedule, in Draw draw, long block, int blocks, byte* scratch, byte* values)
    {
        byte* more = scratch + GroupWordBytes;
        byte* pending = scratch + (3 * GroupWordBytes);
        new Span<byte>(pending, 4 * BlockElements * blocks).Fill(0xFF);
        // The chance that an element needs all attempts is below 1e-190: the bound only makes the loop finite.
        for (uint attempt = 0; attempt < Philox4x32.Rejections; attempt++)
        {
            AttemptWords(key, schedule, 2 * attempt, block, blocks, scratch);
            AttemptWords(key, schedule, (2 * attempt) + 1, block, blocks, more);
            bool unfinished = draw.Kind == DrawKind.UniformRejection
                ? UniformRejectionDraw.Attempt<TReals, TBits>(in draw.Constants, in *scratch, in *more, ref *values, ref *pending, blocks)
                : ExponentialRejectionDraw.Attempt<TReals, TBits>(in draw.Constants, in *scratch, in *more, ref *values, ref *pending, blocks);
            if (!unfinished) return;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe void AttemptWords(StreamKey key, ulong* schedule, uint attempt, long block, int blocks, byte* words) =>
        CounterWords(key, schedule, Philox4x32.Purpose(Purpose.Values, attempt), block, blocks, words);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe void DrawWords(StreamKey key, ulong* schedule, in Draw draw, long block, int blocks, byte* words) =>
        CounterWords(key, schedule, Philox4x32.Purpose(draw.Purpose, draw.Attempt), block, blocks, words);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe void CounterWords(StreamKey key, ulong* schedule, uint counter2, long block, int blocks, byte* words)
    {
        ulong counter = (ulong)block << 4;
        Philox4x32.Uniform uniform = new((uint)(counter >> 32), counter2, key.Counter3, key.Key0, key.Key1);
        Philox4x32.Words<TWide, TBits>(in uniform, in *schedule, (uint)counter, blocks, ref *words);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe void Bytes(DType dtype, byte* values, byte* target, int blocks)
    {
        switch (dtype)
        {
            case DType.F32: break;
            case DType.F64: Encode<EncodeF64>.Blocks<TReals, TBits>(in *values, ref *target, blocks); break;
            case DType.BF16: Encode<EncodeBF16>.Blocks<TReals, TBits>(in *values, ref *target, blocks); break;
            case DType.F16: Encode<EncodeF16>.Blocks<TReals, TBits>(in *values, ref *target, blocks); break;
            case DType.F8_E4M3: Encode<EncodeE4M3>.Blocks<TReals, TBits>(in *values, ref *target, blocks); break;
            case DType.F8_E5M2: Encode<EncodeE5M2>.Blocks<TReals, TBits>(in *values, ref *target, blocks); break;
            default: throw new ArgumentException($"no random value is stored as {dtype.Name()}", nameof(dtype));
        }
    }
}
