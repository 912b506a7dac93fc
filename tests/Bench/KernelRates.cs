using ShardInit.Engine;
using ShardInit.Initializers;
using ShardInit.Kernels;
using ShardInit.Lanes;
using ShardInit.Model;
using ShardInit.Random;

namespace ShardInit.Bench;

/// <summary>Elements per CPU second of the kernels, as docs/performance.md and the README quote them.</summary>
internal static class KernelRates
{
    private const int Elements = 1 << 20;

    private static readonly (string Name, Distribution Distribution)[] s_kinds =
    [
        ("normal", new Normal(0, 0.02)),
        ("uniform", new Uniform(-0.1, 0.1)),
        ("truncated", new TruncatedNormal(0, 0.02, -0.04, 0.04)),
        ("truncated3", new TruncatedNormal(0, 0.02, -0.06, 0.06)),
        ("onesided", new TruncatedNormal(0, 1, 0, double.PositiveInfinity)),
        ("far", new TruncatedNormal(0, 1, 6, double.PositiveInfinity)),
        ("narrow", new TruncatedNormal(0, 1, 0.5, 0.55)),
    ];

    private static readonly (string Name, DType DType)[] s_dtypes =
        [("f32", DType.F32), ("bf16", DType.BF16), ("f16", DType.F16), ("f64", DType.F64), ("f8_e4m3", DType.F8_E4M3), ("f8_e5m2", DType.F8_E5M2)];

    public static void Print(string lanes, string kind, string dtype, int repeats)
    {
        foreach (LaneChoice choice in LaneDispatch.All)
        {
            Backend backend = LaneDispatch.Of(choice);
            if (lanes.Length > 0 ? lanes != backend.Name : !LaneDispatch.IsAccelerated(choice)) continue;
            foreach ((string kindName, Distribution distribution) in s_kinds)
            {
                if (kind.Length > 0 && kind != kindName) continue;
                foreach ((string dtypeName, DType stored) in s_dtypes)
                {
                    if (dtype.Length > 0 && dtype != dtypeName) continue;
                    Memory<byte> target = Aligned(Elements * stored.ByteSize());
                    Draw draw = DrawChoice.Of(distribution);
                    StreamKey key = StreamKey.Derive(1, 42, "", "bench");
                    Report($"{backend.Name} {kindName} {dtypeName}", repeats, () => { backend.Fill(key, in draw, stored, 0, Elements, target.Span); return Elements; });
                }
            }
        }
    }

    /// <summary>Runs of 64 to 1024 elements, each at its own start: on block borders, and off them.</summary>
    public static void PrintRuns()
    {
        Memory<byte> target = Aligned(Elements * 4);
        Draw draw = DrawChoice.Of(new Normal(0, 0.02));
        StreamKey key = StreamKey.Derive(1, 42, "", "bench");
        foreach (LaneChoice choice in LaneDispatch.All.Where(LaneDispatch.IsAccelerated))
        {
            Backend backend = LaneDispatch.Of(choice);
            foreach (int length in (int[])[64, 128, 256, 512, 1024, Elements])
            {
                foreach (int shift in (int[])[0, 37])
                {
                    Report($"{backend.Name} run {length} {(shift == 0 ? "aligned" : "unaligned")}", 9, () =>
                    {
                        for (int at = 0; at + length <= Elements; at += length)
                            backend.Fill(key, in draw, DType.F32, (4L * at) + shift, length, target.Span.Slice(4 * at, 4 * length));
                        return Elements / length * length;
                    });
                }
            }
        }
    }

    /// <summary>What a draw is made of, each stage alone and in the first-level cache: words, transforms, rounding.</summary>
    public static void PrintStages(int repeats)
    {
        if (LaneDispatch.IsAccelerated(LaneChoice.Bits512)) PrintStages<Wide512, Reals512, Bits512>("512", repeats);
        if (LaneDispatch.IsAccelerated(LaneChoice.Bits256)) PrintStages<Wide256, Reals256, Bits256>("256", repeats);
        if (LaneDispatch.IsAccelerated(LaneChoice.Bits128)) PrintStages<Wide128, Reals128, Bits128>("128", repeats);
    }

    private static void PrintStages<TWide, TReals, TBits>(string lanes, int repeats)
        where TWide : struct, IWide<TWide, TBits>
        where TReals : struct, IReals<TReals, TBits>
        where TBits : struct, IBits<TBits>
    {
        const int blocks = 32;
        const int bytes = blocks * Backend.BlockElements * sizeof(float);
        Memory<byte> words = Aligned(bytes);
        Memory<byte> values = Aligned(bytes);
        StreamKey key = StreamKey.Derive(1, 42, "", "bench");
        ulong[] schedule = new ulong[Philox4x32.ScheduleLength];
        Philox4x32.ExpandKey(key.Key0, key.Key1, schedule);
        Philox4x32.Uniform uniform = new(0, Philox4x32.Purpose(Purpose.Values, 0), key.Counter3, key.Key0, key.Key1);
        DrawConstants normal = DrawChoice.Of(new Normal(0, 0.02)).Constants;
        DrawConstants flat = DrawChoice.Of(new Uniform(-0.1, 0.1)).Constants;
        void stage(string name, Action run) => Report($"{lanes} {name} stage", repeats, () =>
        {
            for (int group = 0; group < Elements / (blocks * Backend.BlockElements); group++) run();
            return Elements;
        });
        stage("words", () => Philox4x32.Words<TWide, TBits>(in uniform, in schedule[0], 0, blocks, ref words.Span[0]));
        stage("uniform", () => UniformDraw.Fill<TReals, TBits>(in flat, in words.Span[0], in words.Span[0], ref values.Span[0], blocks));
        stage("normal", () => NormalDraw.Fill<TReals, TBits>(in normal, in words.Span[0], in words.Span[0], ref values.Span[0], blocks));
        stage("bf16", () => Encode<EncodeBF16>.Blocks<TReals, TBits>(in values.Span[0], ref words.Span[0], blocks));
    }

    /// <summary>Memory that starts on a cache line, as the buffers of a writer and of torch do: a vector that straddles two lines is two stores.</summary>
    private static unsafe Memory<byte> Aligned(int length)
    {
        byte[] memory = GC.AllocateArray<byte>(length + 64, pinned: true);
        fixed (byte* start = memory) return memory.AsMemory((int)(-(nint)start & 63), length);
    }

    private static void Report(string name, int repeats, Func<long> fill)
    {
        fill();
        double[] rates = new double[repeats];
        for (int repeat = 0; repeat < repeats; repeat++)
        {
            long elements = 0;
            double start = ThreadClock.Seconds();
            double spent;
            do
            {
                elements += fill();
                spent = ThreadClock.Seconds() - start;
            }
            while (spent < 0.02);
            rates[repeat] = elements / spent * 1e-9;
        }
        Array.Sort(rates);
        Console.WriteLine(FormattableString.Invariant($"{name} {rates[repeats / 2]:F3} {rates[0]:F3} {rates[^1]:F3}"));
    }
}
