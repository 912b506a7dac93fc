using ShardInit.Initializers;
using ShardInit.Kernels;
using ShardInit.Model;
using Xunit.Abstractions;

namespace ShardInit.Core.Tests.Kernels;

/// <summary>Drawn values follow the law that is asked for (<see cref="Statistics"/> says how close).</summary>
public sealed class DistributionTests(ITestOutputHelper output)
{
    private static readonly int s_samples = Cases.Long ? 1 << 25 : 1 << 20;

    public static TheoryData<string> DistributionNames => [.. Cases.Distributions.Select(entry => entry.Name)];

    [Theory]
    [MemberData(nameof(DistributionNames))]
    public void Moments_and_distribution_function_fit(string name)
    {
        Distribution distribution = Cases.Distributions.Single(entry => entry.Name == name).Distribution;
        float[] sample = Cases.Draw(Cases.Key($"statistics {name}"), distribution, s_samples);
        Statistics.Law law = Statistics.Law.Of(distribution);
        double[] scores = Statistics.MomentScores(sample, law);
        double distance = Statistics.Kolmogorov(sample, law.Cdf);
        output.WriteLine($"{name}: moment scores {string.Join(" ", scores.Select(score => score.ToString("F2")))}, sqrt(n) D = {distance:F3} of {Statistics.KolmogorovBound:F3}");
        Assert.All(scores, score => Assert.InRange(score, -Statistics.Sigmas, Statistics.Sigmas));
        Assert.True(distance < Statistics.KolmogorovBound, $"sqrt(n) D = {distance}");
    }

    /// <summary>No value passes a bound; and bounds are approached, so the test would see an interval that is too small.</summary>
    [Theory]
    [MemberData(nameof(DistributionNames))]
    public void Bounds_are_kept_and_used(string name)
    {
        (double low, double high, bool open) = Cases.Distributions.Single(entry => entry.Name == name).Distribution switch
        {
            Uniform u => (u.Low, u.High, true),
            TruncatedNormal t => (t.Low, t.High, false),
            _ => (double.NegativeInfinity, double.PositiveInfinity, false),
        };
        float[] sample = Cases.Draw(Cases.Key($"bounds {name}"), Cases.Distributions.Single(entry => entry.Name == name).Distribution, s_samples);
        float least = sample.Min(), most = sample.Max();
        Assert.True(least >= (float)low && (open ? most < (float)high : most <= (float)high), $"{least:R} to {most:R}");
        Assert.DoesNotContain(sample, float.IsNaN);
        // The extreme of n = 2^20 leaves a tail of mass below ln(1e5) / n = 1.1e-5 with probability 1 - 1e-5, at both ends.
        Statistics.Law law = Statistics.Law.Of(Cases.Distributions.Single(entry => entry.Name == name).Distribution);
        Assert.True(law.Cdf(least) < 1.2e-5 && law.Cdf(most) > 1 - 1.2e-5, $"{least:R} at {law.Cdf(least):E2}, {most:R} at {law.Cdf(most):E2}");
    }

    /// <summary>Intervals of every kind, at random: values inside, the chosen algorithm's law, no hole between the algorithms.</summary>
    [Fact]
    public void Random_intervals_fit_too()
    {
        System.Random random = new(23);
        Dictionary<DrawKind, int> kinds = [];
        double worst = 0;
        for (int round = 0; round < (Cases.Long ? 2000 : 120); round++)
        {
            double mean = round % 3 == 0 ? 0 : random.NextDouble() - 0.5;
            double std = Math.Pow(10, (4 * random.NextDouble()) - 3);
            double a = (random.NextDouble() - 0.5) * 20;
            double b = a + Math.Pow(10, (3.5 * random.NextDouble()) - 2);
            TruncatedNormal distribution = new((float)mean, (float)std, (float)(mean + (a * std)), round % 5 == 0 ? double.PositiveInfinity : (float)(mean + (b * std)));
            DrawKind kind = DrawChoice.Of(distribution).Kind;
            kinds[kind] = kinds.GetValueOrDefault(kind) + 1;
            // n = 2^14: the rounding of values to binary32 in a narrow interval (steps of its mass up to 1e-4) stays far below the bound of 2e-2.
            float[] sample = Cases.Draw(Cases.Key($"random {round}"), distribution, 1 << 14);
            Assert.All(sample, value => Assert.True(value >= (float)distribution.Low && value <= (float)distribution.High));
            double distance = Statistics.Kolmogorov(sample, Statistics.Law.Of(distribution).Cdf);
            worst = Math.Max(worst, distance);
            Assert.True(distance < Statistics.KolmogorovBound, $"{distribution}, {kind}: sqrt(n) D = {distance}");
        }
        output.WriteLine($"worst sqrt(n) D = {worst:F3}; {string.Join(", ", kinds)}");
        Assert.True(kinds.Keys.Count >= 4, string.Join(", ", kinds));
        // The largest of 120 such distances is above 1.1 unless the distances are too good to be random: P(D < 1.1) = 0.82 each, 0.82^120 = 1e-10.
        Assert.True(worst > 1.1);
    }

    /// <summary>
    /// bf16, f16 and f8 tensors against the law rounded: the mass of every cell between two midpoints. Cells that expect fewer than 10 of the sample are joined.
    /// The law's mass on a midpoint is that of one binary32 number, far below what the sample resolves.
    /// </summary>
    [Theory]
    [InlineData(DType.BF16)]
    [InlineData(DType.F16)]
    [InlineData(DType.F8_E4M3)]
    [InlineData(DType.F8_E5M2)]
    public void Each_rounding_cell_has_its_mass(DType dtype)
    {
        (string, Distribution)[] laws =
            [("normal", new Normal(0, 0.02)), ("normal shifted", new Normal(1, 0.5)), ("uniform", new Uniform(-0.1, 0.3)), ("truncated", new TruncatedNormal(0, 1, -2, 2))];
        foreach ((string name, Distribution distribution) in laws)
        {
            byte[] codes = Cases.Fill(LaneWidth.Fast.Backend, Cases.Key($"cells {name}"), distribution, dtype, 0, s_samples);
            Dictionary<double, int> counts = [];
            for (int k = 0; k < s_samples; k++)
            {
                double value = Decode(dtype, dtype.ByteSize() == 1 ? codes[k] : BitConverter.ToUInt16(codes, 2 * k));
                counts[value] = counts.GetValueOrDefault(value) + 1;
            }
            double[] values = [.. Enumerable.Range(0, 1 << (8 * dtype.ByteSize())).Select(code => Decode(dtype, code)).Where(double.IsFinite).Distinct().Order()];
            Dictionary<double, double>? exact = distribution is Uniform uniform ? EveryUniform(dtype, uniform, values) : null;
            Func<double, double> cdf = Statistics.Law.Of(distribution).Cdf;
            List<(double, double)> cells = [];
            (double observed, double expected) = (0, 0);
            double left = 0;
            for (int k = 0; k < values.Length; k++)
            {
                double right = k + 1 < values.Length ? cdf((values[k] + values[k + 1]) / 2) : 1;
                observed += counts.GetValueOrDefault(values[k]);
                expected += (exact is null ? right - left : exact.GetValueOrDefault(values[k])) * s_samples;
                left = right;
                if (expected < 10) continue;
                cells.Add((observed, expected));
                (observed, expected) = (0, 0);
            }
            cells[^1] = (cells[^1].Item1 + observed, cells[^1].Item2 + expected);
            double score = Statistics.ChiSquareScore(cells);
            output.WriteLine($"{dtype} {name}: {cells.Count} cells, score {score:F2}");
            Assert.Equal(s_samples, cells.Sum(cell => cell.Item1));
            Assert.InRange(score, -Statistics.Sigmas, Statistics.Sigmas);
        }
    }

    /// <summary>
    /// The exact law of a uniform tensor in a narrow type, from all 2^24 draws: F16's cells near 0 hold two or three of them, which is not what a continuous law gives
    /// them. It is held to the continuous one here: a cell has as many draws as fit between its ends, give or take one at either end, and those that rounding to
    /// binary32 put on an end (as many as draws share a binary32 number, here two).
    /// </summary>
    private static Dictionary<double, double> EveryUniform(DType dtype, Uniform law, double[] values)
    {
        Draw draw = DrawChoice.Of(law);
        int size = dtype.ByteSize();
        int[] counts = new int[1 << (8 * size)];
        uint[] words = new uint[2048];
        float[] drawn = new float[2048];
        byte[] codes = new byte[2048 * size];
        for (uint k = 0; k < 1 << 24; k += 2048)
        {
            for (uint j = 0; j < 2048; j++) words[j] = (k + j) << 8;
            LaneWidth.Fast.Draw(DrawKind.Uniform, draw.Constants, words, words, drawn);
            LaneWidth.Fast.Encode(dtype, drawn, codes);
            for (int j = 0; j < 2048; j++) counts[size == 1 ? codes[j] : BitConverter.ToUInt16(codes, 2 * j)]++;
        }
        Dictionary<double, double> masses = [];
        for (int code = 0; code < counts.Length; code++)
            if (counts[code] > 0) masses[Decode(dtype, code)] = masses.GetValueOrDefault(Decode(dtype, code)) + (counts[code] * Math.ScaleB(1, -24));
        Func<double, double> cdf = Statistics.Law.Of(law).Cdf;
        for (int k = 1; k + 1 < values.Length; k++)
        {
            double continuous = cdf((values[k] + values[k + 1]) / 2) - cdf((values[k - 1] + values[k]) / 2);
            Assert.InRange(masses.GetValueOrDefault(values[k]) - continuous, -3.01 * Math.ScaleB(1, -24), 3.01 * Math.ScaleB(1, -24));
        }
        return masses;
    }

    /// <summary>The definition of each format (tested in <see cref="EncodingTests"/>).</summary>
    private static double Decode(DType dtype, int code)
    {
        (int exponentBits, int mantissaBits, int bias) = dtype switch
        {
            DType.BF16 => (8, 7, 127),
            DType.F16 => (5, 10, 15),
            DType.F8_E4M3 => (4, 3, 7),
            _ => (5, 2, 15),
        };
        int exponent = (code >> mantissaBits) & ((1 << exponentBits) - 1);
        int mantissa = code & ((1 << mantissaBits) - 1);
        bool special = dtype == DType.F8_E4M3 ? exponent == 15 && mantissa == 7 : exponent == (1 << exponentBits) - 1;
        if (special) return double.NaN;
        double magnitude = Math.ScaleB(mantissa + (exponent > 0 ? 1 << mantissaBits : 0), Math.Max(exponent, 1) - bias - mantissaBits);
        return (code >> (exponentBits + mantissaBits)) == 1 ? -magnitude : magnitude;
    }

    /// <summary>The upper end of a uniform range: the largest k, over bounds of every size.</summary>
    [Fact]
    public void The_highest_uniform_value_is_below_high()
    {
        System.Random random = new(29);
        uint[] words = new uint[64];
        Array.Fill(words, uint.MaxValue);
        words[0] = 0;
        words[1] = 0xFF;
        words[2] = 0x100;
        float[] values = new float[64];
        (int symmetric, int asymmetric) = (0, 0);
        const int rounds = 20000;
        for (int round = 0; round < rounds; round++)
        {
            float bound = (float)Math.Pow(10, (8 * random.NextDouble()) - 6);
            Uniform distribution = round % 2 == 0 ? new Uniform(-bound, bound) : new Uniform((random.NextDouble() - 1) * bound, random.NextDouble() * bound);
            (float low, float high) = ((float)distribution.Low, (float)distribution.High);
            Draw draw = DrawChoice.Of(distribution);
            LaneWidth.Fast.Draw(DrawKind.Uniform, draw.Constants, words, words, values);
            Assert.Equal(low, values[0]);
            Assert.Equal(values[0], values[1]);
            Assert.True(values[2] >= low);
            Assert.True(values[63] < high && values[63] >= low, $"{distribution}: {values[63]:R}");
            // Unlimited, fma((2^24 - 1), scale, low) in exact arithmetic is high - (high - low) / 2^24: within half a unit of high where it rounds to it.
            float unlimited = MathF.FusedMultiplyAdd(16777215f, draw.Constants.Scale, low);
            if (unlimited >= high)
            {
                Assert.Equal(MathF.BitDecrement(high), values[63]);
                if (round % 2 == 0) symmetric++; else asymmetric++;
            }
            else
            {
                Assert.Equal(unlimited, values[63]);
            }
        }
        output.WriteLine($"limited: {symmetric} of {rounds / 2} symmetric, {asymmetric} of {rounds / 2} asymmetric bounds");
        // Without the limit asymmetric ranges would often end on high itself.
        Assert.True(asymmetric > rounds / 20);
    }
}
