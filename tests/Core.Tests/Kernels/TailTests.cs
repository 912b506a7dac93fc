using ShardInit.Initializers;
using ShardInit.Kernels;
using Xunit.Abstractions;

namespace ShardInit.Core.Tests.Kernels;

/// <summary>
/// Tails by counting words instead of sampling. A normal value is r(k) times the cosine or sine of an angle, so with the sorted table of all 2^23 such factors, the
/// exact probability of |z| > t is a sum over the few radii k that reach t. A quantile draw is checked point by point in words.
/// </summary>
public sealed class TailTests(ITestOutputHelper output)
{
    private const int Angles = 1 << 22;

    private static readonly Lazy<float[]> s_factors = new(() =>
    {
        float[] f = [.. Enumerable.Range(0, Angles).Select(m => (float)(((m + 0.5) / Angles) - 0.5))];
        float[] sine = new float[Angles];
        float[] cosine = new float[Angles];
        LaneWidth.Fast.SinQuarter(f, sine);
        LaneWidth.Fast.CosQuarter(f, cosine);
        float[] all = [.. sine.Select(MathF.Abs), .. cosine];
        Array.Sort(all);
        return all;
    });

    /// <summary>Radii of k = first, first + 1, ... as the kernel makes them.</summary>
    private static float[] Radii(long first, int count)
    {
        float[] u = [.. Enumerable.Range(0, count).Select(k => (float)((first + k + 0.5) * Math.ScaleB(1, -40)))];
        float[] squares = new float[count];
        LaneWidth.Fast.MinusTwoLog(u, squares);
        return [.. squares.Select(MathF.Sqrt)];
    }

    /// <summary>Words of (radius k, angle m, swap, sign), in the places where the kernel reads them: a at lane j, b sixteen further.</summary>
    private static (uint A, uint B) Words(long k, int m, bool swap, bool negative) =>
        ((uint)(k >> 8), (swap ? 0x80000000u : 0) | ((uint)(k & 255) << 23) | ((uint)m << 1) | (negative ? 1u : 0));

    private static (float First, float Second)[] Kernel(LaneWidth width, params (uint A, uint B)[] pairs)
    {
        int blocks = (pairs.Length + 31) / 32;
        uint[] words = new uint[64 * blocks];
        for (int j = 0; j < pairs.Length; j++)
        {
            int at = (32 * (j / 16)) + (j % 16);
            (words[at], words[at + 16]) = pairs[j];
        }
        float[] values = new float[words.Length];
        width.Draw(DrawKind.Normal, DrawChoice.Of(new Normal(0, 1)).Constants, words, words, values);
        return [.. Enumerable.Range(0, pairs.Length).Select(j => (values[(32 * (j / 16)) + (j % 16)], values[(32 * (j / 16)) + (j % 16) + 16]))];
    }

    /// <summary>The counting below rests on this: the kernel's values are the products r(k) × factor, with the parts of the words where the text says.</summary>
    [Fact]
    public void The_kernel_is_radius_times_factor()
    {
        System.Random random = new(31);
        (long K, int M, bool Swap, bool Negative)[] choices = [.. Enumerable.Range(0, 20000).Select(j =>
            (j < 5000 ? j : j < 10000 ? (1L << 40) - 1 - (j - 5000) : random.NextInt64(1L << 40), random.Next(Angles), random.Next(2) == 0, random.Next(2) == 0))];
        foreach (LaneWidth width in LaneWidth.All)
        {
            (float First, float Second)[] values = Kernel(width, [.. choices.Select(c => Words(c.K, c.M, c.Swap, c.Negative))]);
            for (int j = 0; j < choices.Length; j++)
            {
                (long k, int m, bool swap, bool negative) = choices[j];
                float r = MathF.Sqrt(SpecReference.MinusTwoLog((float)((k + 0.5) * Math.ScaleB(1, -40))));
                float f = (float)(((m + 0.5) / Angles) - 0.5);
                (float c, float s) = (r * (negative ? -SpecReference.Cos(f) : SpecReference.Cos(f)), r * SpecReference.Sin(f));
                Assert.Equal(swap ? (s, c) : (c, s), values[j]);
            }
        }
    }

    /// <summary>
    /// P(|z| > t) over all 2^40 radii, 2^22 angles, swaps and signs, divided by the normal law's: within 1 % to 7, 5 % to 7.25, and equal to the digits that
    /// docs/determinism.md prints. Nothing is sampled.
    /// </summary>
    [Fact]
    public void The_normal_tail_reaches_seven_sigma()
    {
        float[] factors = s_factors.Value;
        // Radii above 5.5: (k + ½) / 2^40 below e^-15.125; the first k that does not reach t ends a sum, since radii fall as k grows.
        int count = (int)(Math.ScaleB(1, 40) * Math.Exp(-0.5 * 5.5 * 5.5)) + 1000;
        float[] radii = Radii(0, (count + 63) / 64 * 64);
        for (int k = 1; k < radii.Length; k++) Assert.True(radii[k] <= radii[k - 1], $"radius {k}");
        Dictionary<double, double> ratios = [];
        foreach (double t in (double[])[5.5, 5.75, 6, 6.25, 6.5, 6.66, 6.75, 7, 7.125, 7.25])
        {
            double hits = 0;
            for (int k = 0; k < radii.Length && radii[k] > t; k++) hits += factors.Length - FirstAbove(factors, radii[k], t);
            ratios[t] = hits / factors.Length / Math.ScaleB(1, 40) / (2 * NormalLaw.Upper(t));
            output.WriteLine($"P(|z| > {t}) / exact = {ratios[t]:F5}");
        }
        Assert.All(ratios, entry => Assert.InRange(entry.Value, entry.Key <= 7 ? 0.99 : 0.95, entry.Key <= 7 ? 1.01 : 1.05));
        Assert.Equal((1.0000, 0.9998, 0.9971, 0.9728), (Math.Round(ratios[6], 4), Math.Round(ratios[6.66], 4), Math.Round(ratios[7], 4), Math.Round(ratios[7.25], 4)));
        // The largest value: k = 0 beside angle 0.
        float largest = Kernel(LaneWidth.Fast, Words(0, Angles / 2, false, false))[0].First;
        Assert.Equal(Math.Sqrt(82 * Math.Log(2)), largest, 1e-6);
        Assert.Equal(largest, radii[0] * factors[^1]);
        Assert.InRange(largest, 7.5, 7.6);
    }

    private static int FirstAbove(float[] sorted, float radius, double t)
    {
        (int low, int high) = (0, sorted.Length);
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (radius * sorted[middle] > t) high = middle; else low = middle + 1;
        }
        return low;
    }

    /// <summary>The centre likewise: the exact mean and variance of r² and of the factors, and P(|z| &lt; t) near 0.</summary>
    [Fact]
    public void A_normal_value_is_zero_with_probability_2_to_the_minus_25()
    {
        // u rounds to 1 for the last 2^15 of 2^40 radii, and for no other.
        long from = (1L << 40) - (1L << 15) - 64;
        float[] radii = Radii(from, 64 + (1 << 15));
        Assert.All(radii[..64], radius => Assert.True(radius > 0));
        Assert.All(radii[64..], radius => Assert.Equal(0, radius));
        Assert.True(s_factors.Value[0] > 0, "no angle makes a factor 0");
        Assert.True(radii[63] * s_factors.Value[0] > 1e-12f, "no product is lost to underflow");
        foreach (LaneWidth width in LaneWidth.All)
            foreach ((float first, float second) in Kernel(width, Words((1L << 40) - 1, 5, false, false), Words((1L << 40) - 1, 5, true, true)))
                Assert.Equal((0u, 0u), (BitConverter.SingleToUInt32Bits(first), BitConverter.SingleToUInt32Bits(second)));
    }

    /// <summary>The factors are cos and sin of a uniform angle: mean square ½, and the two signs and places are fair by construction of the words.</summary>
    [Fact]
    public void All_factors_together_have_mean_square_one_half()
    {
        double square = 0;
        foreach (float factor in s_factors.Value) square += (double)factor * factor;
        // Each is within 1.3e-7 of exact, so the mean square within 2.6e-7 of ½ relatively.
        Assert.Equal(0.5, square / s_factors.Value.Length, 1.3e-7);
    }

    public static TheoryData<string> Quantiles => [.. Cases.Distributions.Where(entry => entry.Kind is DrawKind.FoldedQuantile or DrawKind.OneSidedQuantile).Select(entry => entry.Name)];

    /// <summary>
    /// Quantile draws point by point: words that stand for known fractions of the mass, dense at both ends, against the exact quantile of the conditioned law in
    /// binary64. The point may be off by the rounding of the fraction, by the quantile's 2.7e-7 and by the last step's half unit; all in std units:
    /// 6e-7 |z| + 2^-24 (|mean| + |x|) / std, and the rounding of t and x, 2^-24 each of themselves, over the density.
    /// </summary>
    [Theory]
    [MemberData(nameof(Quantiles))]
    public void A_quantile_draw_is_the_quantile_at_every_point(string name)
    {
        TruncatedNormal distribution = (TruncatedNormal)Cases.Distributions.Single(entry => entry.Name == name).Distribution;
        Draw draw = DrawChoice.Of(distribution);
        bool folded = draw.Kind == DrawKind.FoldedQuantile;
        (double mean, double std, double low, double high) = ((float)distribution.Mean, (float)distribution.Std, (float)distribution.Low, (float)distribution.High);
        (double a, double b) = ((low - mean) / std, (high - mean) / std);
        // Fractions: every power of two from both ends with neighbours, and an even grid.
        List<uint> list = [0, 1, 2, 3, uint.MaxValue, uint.MaxValue - 1, 0x7FFFFFFF, 0x80000000, 0x7FFFFFFE, 0x80000001];
        for (int bit = 2; bit < 32; bit++) list.AddRange([1u << bit, (1u << bit) + 1, (1u << bit) - 1, ~(1u << bit), (1u << bit) | 0x80000000, 0x7FFFFFFFu - (1u << (bit - 1))]);
        for (uint k = 0; k < 4096; k++) list.Add((k << 20) | 0x5A5A5);
        while (list.Count % 64 != 0) list.Add(77);
        uint[] words = [.. list];
        foreach (uint second in (uint[])[0, 0x5AAAAAAA, 0xFFFFFFFF])
        {
            uint[] more = new uint[words.Length];
            Array.Fill(more, second);
            float[] values = new float[words.Length];
            LaneWidth.Fast.Draw(draw.Kind, draw.Constants, words, more, values);
            for (int k = 0; k < words.Length; k++)
            {
                // v = (n + ½) / 2^31 or 2^32, with 14 or 13 further bits where the draw is wide; counted from the outer bound.
                double v;
                if (folded) v = draw.Constants.Wide ? (((words[k] & 0x7FFFFFFF) * 16384.0) + (second >> 18) + 0.5) * Math.ScaleB(1, -45) : ((words[k] & 0x7FFFFFFF) + 0.5) * Math.ScaleB(1, -31);
                else v = draw.Constants.Wide ? ((words[k] * 8192.0) + (second >> 19) + 0.5) * Math.ScaleB(1, -45) : (words[k] + 0.5) * Math.ScaleB(1, -32);
                bool up = folded ? words[k] >> 31 == 1 : b > 0;
                double mass = NormalLaw.Between(a, b);
                double outer = up ? NormalLaw.Upper(b) : NormalLaw.Upper(-a);
                double t = outer + (v * mass * (folded ? 0.5 : 1));
                double z = NormalLaw.UpperQuantile(t, Math.Clamp(((values[k] - mean) / std * (up ? 1 : -1)) + 1e-9, -9, 9.4)) * (up ? 1 : -1);
                double exact = mean + (z * std);
                double nearest = Math.Min(t, 1 - t);
                double bound = (6e-7 * Math.Abs(z)) + (Math.ScaleB(1, -24) * (Math.Abs(mean) + Math.Abs(exact)) / std) + (Math.ScaleB(1, -23) * Math.Min(t, 0.5 + Math.Abs(0.5 - nearest)) / NormalLaw.Density(z)) + 1e-9;
                Assert.True(Math.Abs((values[k] - exact) / std) <= bound, $"word {words[k]:x8} {second:x8}: {values[k]:R}, expected {exact:R}, off by {Math.Abs((values[k] - exact) / std):E2} std of {bound:E2}");
                Assert.InRange(values[k], (float)low, (float)high);
            }
        }
    }
}
