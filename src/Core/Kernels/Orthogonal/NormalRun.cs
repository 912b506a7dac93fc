using System.Runtime.CompilerServices;
using ShardInit.Lanes;
using ShardInit.Random;

namespace ShardInit.Kernels;

/// <summary>Standard normal draws of one purpose, block by block (docs/determinism.md, "Normal").</summary>
internal abstract unsafe class NormalRun
{
    /// <summary>Elements of a run: a divisor of the 2^34 elements that share the second counter word.</summary>
    public const int Elements = 1 << 15;

    /// <summary>Writes elements [Elements × run, Elements × (run + 1)).</summary>
    public abstract void Fill(StreamKey key, Purpose purpose, long run, float* values);
}

/// <inheritdoc/>
internal sealed unsafe class NormalRun<TWide, TReals, TBits> : NormalRun
    where TWide : struct, IWide<TWide, TBits>
    where TReals : struct, IReals<TReals, TBits>
    where TBits : struct, IBits<TBits>
{
    private const int GroupBlocks = 32;
    private const int GroupElements = GroupBlocks * Backend.BlockElements;

    [SkipLocalsInit]
    public override void Fill(StreamKey key, Purpose purpose, long run, float* values)
    {
        uint* words = stackalloc uint[GroupElements];
        Span<ulong> schedule = stackalloc ulong[Philox4x32.ScheduleLength];
        Philox4x32.ExpandKey(key.Key0, key.Key1, schedule);
        DrawConstants standard = new() { Mean = 0, Std = 1 };
        ulong counter = StreamKey.BlockOf((ulong)run * Elements);
        Philox4x32.Uniform uniform = new((uint)(counter >> 32), Philox4x32.Purpose(purpose, 0), key.Counter3, key.Key0, key.Key1);
        for (int group = 0; group < Elements / GroupElements; group++)
        {
            Philox4x32.Words<TWide, TBits>(in uniform, in schedule[0], (uint)counter + (uint)(16 * GroupBlocks * group), GroupBlocks, ref *(byte*)words);
            NormalDraw.Fill<TReals, TBits>(in standard, in *(byte*)words, in *(byte*)words, ref *(byte*)(values + (group * GroupElements)), GroupBlocks);
        }
    }
}
