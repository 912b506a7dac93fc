using ShardInit.Initializers;
using ShardInit.Kernels;
using ShardInit.Model;
using ShardInit.Random;

namespace ShardInit.Core.Tests.Kernels;

/// <summary>Distributions that together take every road through the kernels, and the sets that tests run over.</summary>
internal static class Cases
{
    public static readonly DType[] Floats = [DType.F64, DType.F32, DType.F16, DType.BF16, DType.F8_E4M3, DType.F8_E5M2];

    public static readonly (string Name, Distribution Distribution, DrawKind Kind)[] Distributions =
    [
        ("uniform", new Uniform(-0.1, 0.1), DrawKind.Uniform),
        ("uniform asymmetric", new Uniform(-0.1, 0.3), DrawKind.Uniform),
        ("uniform off zero", new Uniform(1, 3), DrawKind.Uniform),
        ("normal", new Normal(0, 0.02), DrawKind.Normal),
        ("normal shifted", new Normal(1, 0.5), DrawKind.Normal),
        ("truncated at 100", new TruncatedNormal(0, 0.02, -2, 2), DrawKind.Normal),
        ("truncated at 2", new TruncatedNormal(0, 0.02, -0.04, 0.04), DrawKind.FoldedQuantile),
        ("truncated at 3", new TruncatedNormal(0, 1, -3, 3), DrawKind.FoldedQuantile),
        ("truncated at -5 and 1", new TruncatedNormal(0, 1, -5, 1), DrawKind.FoldedQuantile),
        ("truncated at -1 and infinity", new TruncatedNormal(0.25, 0.5, -0.25, double.PositiveInfinity), DrawKind.FoldedQuantile),
        ("truncated at 7", new TruncatedNormal(0, 1, -7, 7), DrawKind.FoldedQuantile),
        ("truncated to 1..3", new TruncatedNormal(0, 1, 1, 3), DrawKind.OneSidedQuantile),
        ("half normal", new TruncatedNormal(0, 1, 0, double.PositiveInfinity), DrawKind.OneSidedQuantile),
        ("below the mean", new TruncatedNormal(5, 1, -2, 2.5), DrawKind.OneSidedQuantile),
        ("narrow", new TruncatedNormal(0, 1, 0.5, 0.55), DrawKind.UniformRejection),
        ("narrow around the mean", new TruncatedNormal(0, 1000, -1, 1), DrawKind.UniformRejection),
        ("narrow and far below", new TruncatedNormal(0, 1, -16, -15.9375), DrawKind.UniformRejection),
        ("far", new TruncatedNormal(0, 1, 5, double.PositiveInfinity), DrawKind.ExponentialRejection),
        ("far below", new TruncatedNormal(0, 1, -9, -6), DrawKind.ExponentialRejection),
        ("far and absolute", new TruncatedNormal(5, 0.5, -2, 2), DrawKind.ExponentialRejection),
    ];

    /// <summary>One distribution for each way to draw.</summary>
    public static readonly (string Name, Distribution Distribution, DrawKind Kind)[] OneOfEachKind =
        [.. Distributions.GroupBy(entry => entry.Kind).Select(group => group.Last())];

    public static bool Long => Environment.GetEnvironmentVariable("SHARDINIT_LONG") == "1";

    public static StreamKey Key(string name, ulong seed = 42) => StreamKey.Derive(1, seed, "", name);

    /// <summary>Elements [first, first + count) as binary32, by the widest backend.</summary>
    public static float[] Draw(StreamKey key, Distribution distribution, int count, long first = 0)
    {
        float[] values = new float[count];
        Array.Fill(values, float.NaN);
        LaneWidth.Fast.Backend.Fill(key, DrawChoice.Of(distribution), DType.F32, first, count, System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }

    public static byte[] Fill(Backend backend, StreamKey key, Distribution distribution, DType dtype, long first, int count)
    {
        byte[] bytes = new byte[count * dtype.ByteSize()];
        Array.Fill(bytes, (byte)0xA5);
        backend.Fill(key, DrawChoice.Of(distribution), dtype, first, count, bytes);
        return bytes;
    }
}
