using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using ShardInit.Engine;
using ShardInit.Kernels;
using ShardInit.Random;

namespace ShardInit.Core.Tests.Kernels;

/// <summary>Orthogonal matrices and what the tests ask of them.</summary>
internal static class OrthogonalSupport
{
    public const string Name = "model.embed_tokens.weight";

    public static StreamKey Key(ulong seed) => StreamKey.Derive(1, seed, "", Name);

    public static double[] Wide(ulong seed, long rows, long columns, double gain = 1, int threads = 1, LaneChoice lanes = LaneChoice.Auto)
    {
        double[] values = new double[rows * columns];
        OrthogonalMatrix.Fill(Key(seed), rows, columns, gain, values, threads, CancellationToken.None, lanes);
        return values;
    }

    public static float[] Narrow(ulong seed, long rows, long columns, double gain = 1, int threads = 1, LaneChoice lanes = LaneChoice.Auto)
    {
        float[] values = new float[rows * columns];
        OrthogonalMatrix.Fill(Key(seed), rows, columns, gain, values, threads, CancellationToken.None, lanes);
        return values;
    }

    public static string Digest<T>(T[] values) where T : unmanaged => Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(values.AsSpan())));

    /// <summary>The draws behind a matrix, row-major, [max, min].</summary>
    public static unsafe double[] Gaussians(ulong seed, long rows, long columns)
    {
        double[] values = new double[rows * columns];
        float[] run = new float[NormalRun.Elements];
        for (long at = 0; at < values.Length; at += run.Length)
        {
            fixed (float* start = run) OrthogonalKernels.Of(LaneChoice.Scalar).Normals.Fill(Key(seed), Purpose.Orthogonal, at / run.Length, start);
            for (long i = at; i < Math.Min(at + run.Length, values.Length); i++) values[i] = run[i - at];
        }
        return values;
    }

    /// <summary>Largest entry of |AᵀA - I| or |AAᵀ - I|, whichever is the smaller matrix.</summary>
    public static double Defect(double[] a, int rows, int columns)
    {
        int vectors = Math.Min(rows, columns);
        int length = Math.Max(rows, columns);
        double[][] lines = new double[vectors][];
        for (int v = 0; v < vectors; v++)
        {
            lines[v] = new double[length];
            for (int i = 0; i < length; i++) lines[v][i] = rows < columns ? a[((long)v * columns) + i] : a[((long)i * columns) + v];
        }
        double worst = 0;
        Lock gate = new();
        Parallel.For(0, vectors, i =>
        {
            double own = 0;
            for (int j = 0; j <= i; j++)
            {
                double product = Dot(lines[i], lines[j]);
                own = Math.Max(own, Math.Abs(product - (i == j ? 1 : 0)));
            }
            lock (gate) worst = Math.Max(worst, own);
        });
        return worst;
    }

    private static double Dot(double[] a, double[] b)
    {
        Vector<double> sum = Vector<double>.Zero;
        int i = 0;
        for (; i <= a.Length - Vector<double>.Count; i += Vector<double>.Count) sum += new Vector<double>(a, i) * new Vector<double>(b, i);
        double total = Vector.Sum(sum);
        for (; i < a.Length; i++) total += a[i] * b[i];
        return total;
    }
}
