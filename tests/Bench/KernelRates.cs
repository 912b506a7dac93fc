using ShardInit.Engine;
using ShardInit.Initializers;
using ShardInit.Kernels;
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
                    byte[] target = GC.AllocateArray<byte>(Elements * stored.ByteSize(), pinned: true);
                    Draw draw = DrawChoice.Of(distribution);
                    StreamKey key = StreamKey.Derive(1, 42, "", "bench");
                    Report($"{backend.Name} {kindName} {dtypeName}", repeats, () => { backend.Fill(key, in draw, stored, 0, Elements, target); return Elements; });
                }
            }
        }
    }

    /// <summary>Runs of 64 to 1024 elements, each at its own start: on block borders, and off them.</summary>
    public static void PrintRuns()
    {
        byte[] target = GC.AllocateArray<byte>(Elements * 4, pinned: true);
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
                            backend.Fill(key, in draw, DType.F32, (4L * at) + shift, length, target.AsSpan(4 * at, 4 * length));
                        return Elements / length * length;
                    });
                }
            }
        }
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
