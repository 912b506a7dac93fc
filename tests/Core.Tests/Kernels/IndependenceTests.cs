using ShardInit.Initializers;
using ShardInit.Random;
using Xunit.Abstractions;

namespace ShardInit.Core.Tests.Kernels;

/// <summary>Elements, tensors and seeds have nothing to do with each other. Bounds: 4.5 standard errors each (<see cref="Statistics"/>).</summary>
public sealed class IndependenceTests(ITestOutputHelper output)
{
    private static readonly int s_samples = Cases.Long ? 1 << 25 : 1 << 21;

    private static readonly Func<float, double>?[] s_transforms = [null, x => (double)x * x, x => Math.Abs(x)];

    private static readonly Lazy<float[]> s_normal = new(() => Cases.Draw(Cases.Key("independence"), new Normal(0, 1), s_samples));

    private static readonly Lazy<float[]> s_uniform = new(() => Cases.Draw(Cases.Key("independence"), new Uniform(-1, 1), s_samples));

    /// <summary>Lags inside a block's rows, between them, and across blocks, for values, squares and magnitudes.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(32)]
    [InlineData(48)]
    [InlineData(64)]
    [InlineData(2048)]
    public void Elements_at_a_lag_are_uncorrelated(int lag)
    {
        foreach (float[] sample in (float[][])[s_normal.Value, s_uniform.Value])
        {
            foreach (Func<float, double>? of in s_transforms)
            {
                double score = Statistics.CorrelationScore(sample.AsSpan(0, sample.Length - lag), sample.AsSpan(lag), of);
                output.WriteLine($"lag {lag}: {score:F2}");
                Assert.InRange(score, -Statistics.Sigmas, Statistics.Sigmas);
            }
        }
    }

    /// <summary>The two values that share a radius and an angle: uncorrelated in every respect, and together a normal point of the plane.</summary>
    [Fact]
    public void The_two_values_of_a_pair_are_independent()
    {
        float[] all = s_normal.Value;
        int pairs = all.Length / 2;
        float[] first = new float[pairs], second = new float[pairs];
        for (int k = 0; k < pairs; k++)
        {
            int at = (32 * (k / 16)) + (k % 16);
            (first[k], second[k]) = (all[at], all[at + 16]);
        }
        foreach (Func<float, double>? of in s_transforms.Append(x => (double)x * x * x).Append(x => x > 0 ? 1 : 0))
        {
            double score = Statistics.CorrelationScore(first, second, of);
            output.WriteLine($"pair: {score:F2}");
            Assert.InRange(score, -Statistics.Sigmas, Statistics.Sigmas);
        }
        // r² / 2 is exponential, so e^(-r²/2) uniform; the angle uniform and independent of it: 32 × 32 cells of the two.
        int[] counts = new int[1024];
        float[] radial = new float[pairs];
        for (int k = 0; k < pairs; k++)
        {
            double u = Math.Exp(-0.5 * (((double)first[k] * first[k]) + ((double)second[k] * second[k])));
            radial[k] = (float)u;
            double turn = (Math.Atan2(second[k], first[k]) / (2 * Math.PI)) + 0.5;
            counts[(32 * Math.Min(31, (int)(32 * u))) + Math.Min(31, (int)(32 * turn))]++;
        }
        double distance = Statistics.Kolmogorov(radial, u => u);
        double cells = Statistics.ChiSquareScore([.. counts.Select(count => ((double)count, pairs / 1024.0))]);
        output.WriteLine($"radius: sqrt(n) D = {distance:F3}; radius and angle: {cells:F2}");
        Assert.True(distance < Statistics.KolmogorovBound);
        Assert.InRange(cells, -Statistics.Sigmas, Statistics.Sigmas);
    }

    /// <summary>Same elements of tensors whose names, seeds or namespaces are neighbours; also of the two distributions of one name, which do share words, as the control.</summary>
    [Fact]
    public void Tensors_and_seeds_are_uncorrelated()
    {
        const int count = 1 << 18;
        Normal normal = new(0, 1);
        string[] names =
        [
            "model.layers.0.mlp.up_proj.weight", "model.layers.1.mlp.up_proj.weight", "model.layers.10.mlp.up_proj.weight",
            "model.layers.0.mlp.gate_proj.weight", "model.layers.0.mlp.up_proj.weighu", "model.layers.0.mlp.up_proj.weight2",
        ];
        List<float[]> samples = [.. names.Select(name => Cases.Draw(StreamKey.Derive(1, 0, "", name), normal, count))];
        samples.AddRange(((ulong[])[1, 2, 3, 1ul << 32, ulong.MaxValue]).Select(seed => Cases.Draw(StreamKey.Derive(1, seed, "", names[0]), normal, count)));
        samples.Add(Cases.Draw(StreamKey.Derive(1, 0, "a", names[0]), normal, count));
        // Neighbouring raw keys and third words: the cipher itself keeps them apart, with no hash in front.
        samples.AddRange(((StreamKey[])[new(0, 0, 0), new(1, 0, 0), new(0, 1, 0), new(0, 0, 1), new(0x80000000, 0, 0)]).Select(key => Cases.Draw(key, normal, count)));
        double worst = 0;
        for (int a = 0; a < samples.Count; a++)
        {
            for (int b = a + 1; b < samples.Count; b++)
            {
                foreach (Func<float, double>? of in s_transforms)
                {
                    double score = Statistics.CorrelationScore(samples[a], samples[b], of);
                    worst = Math.Max(worst, Math.Abs(score));
                    Assert.True(Math.Abs(score) < Statistics.Sigmas, $"tensors {a} and {b}: {score:F2}");
                }
            }
        }
        output.WriteLine($"largest of {samples.Count * (samples.Count - 1) / 2 * 3} scores: {worst:F2}");
        // Too good would be wrong as well: the largest of 408 scores is below 2 with probability 0.954^408 = 5e-9.
        Assert.True(worst > 2);
        // The control: what shares words is seen.
        float[] shared = Cases.Draw(StreamKey.Derive(1, 0, "", names[0]), new TruncatedNormal(0, 1, -2, 2), count);
        float[] uniform = Cases.Draw(StreamKey.Derive(1, 0, "", names[0]), new Uniform(0, 1), count);
        Assert.True(Math.Abs(Statistics.CorrelationScore(shared, uniform)) > 20);
    }

    /// <summary>The words themselves: each of 32 bits is fair, the upper and the lower byte fill their 256 cells, neighbours fill 64 × 64.</summary>
    [Fact]
    public void Uniform_bits_are_fair()
    {
        uint[] words = [.. Enumerable.Range(0, s_samples / (128 * 64)).SelectMany(part => LaneWidth.Fast.Words((uint)part * 32 * 64, 0, 0, 7, 42, 43, 128))];
        double n = words.Length;
        for (int bit = 0; bit < 32; bit++)
        {
            double score = (words.Count(word => ((word >> bit) & 1) == 1) - (n / 2)) / Math.Sqrt(n / 4);
            Assert.InRange(score, -Statistics.Sigmas, Statistics.Sigmas);
        }
        (string, int, Func<int, uint>)[] tables =
        [
            ("upper byte", 256, k => words[k] >> 24),
            ("lower byte", 256, k => words[k] & 255),
            ("next element", 4096, k => ((words[k] >> 26) << 6) | (words[(k + 1) % words.Length] >> 26)),
            ("same block", 4096, k => ((words[k] >> 26) << 6) | (words[k ^ 16] >> 26)),
        ];
        foreach ((string name, int cells, Func<int, uint> cell) in tables)
        {
            double[] counts = new double[cells];
            // Pairs that share a block are counted once, so that cells stay independent.
            double taken = 0;
            for (int k = 0; k < words.Length; k++)
            {
                if (name == "same block" && (k & 16) != 0) continue;
                if (name == "next element" && (k & 1) != 0) continue;
                counts[cell(k)]++;
                taken++;
            }
            double score = Statistics.ChiSquareScore([.. counts.Select(count => (count, taken / cells))]);
            output.WriteLine($"{name}: {score:F2}");
            Assert.InRange(score, -Statistics.Sigmas, Statistics.Sigmas);
        }
    }
}
