using Xunit.Abstractions;

namespace ShardInit.Core.Tests.Kernels;

/// <summary>
/// The elementary functions of the kernels against binary64: the largest relative errors that docs/determinism.md states. The platform's Math functions serve as
/// yardstick only; their error of 1e-16 is nothing against 1e-7.
/// </summary>
public sealed class PolynomialTests(ITestOutputHelper output)
{
    public static TheoryData<string> Widths => LaneWidth.Names;

    [Fact]
    public void Minus_two_log_is_good_to_29_units_of_1e_8()
    {
        // All of [2^-42, 1): 42 × 2^23 floats, every 61st (prime to each power of two), and every float near √½ and 1, where the form changes.
        int stride = Cases.Long ? 1 : 61;
        double worst = 0;
        float worstAt = 0;
        uint first = BitConverter.SingleToUInt32Bits(MathF.ScaleB(1, -42));
        uint last = BitConverter.SingleToUInt32Bits(1f) - 1;
        float[] x = new float[4096];
        float[] y = new float[4096];
        void sweep(uint from, uint to, uint step)
        {
            for (ulong at = from; at <= to;)
            {
                for (int k = 0; k < x.Length; k++, at += step) x[k] = BitConverter.UInt32BitsToSingle((uint)Math.Min(at, to));
                LaneWidth.Fast.MinusTwoLog(x, y);
                for (int k = 0; k < x.Length; k++)
                {
                    double exact = -2 * Math.Log(x[k]);
                    double error = Math.Abs(y[k] - exact) / exact;
                    if (error > worst) (worst, worstAt) = (error, x[k]);
                }
            }
        }
        sweep(first, last, (uint)stride);
        sweep(0x3F3504F3 - 20000, 0x3F3504F3 + 20000, 1);
        sweep(last - 200000, last, 1);
        output.WriteLine($"minus2log: {worst:E3} at {worstAt:R}");
        Assert.True(worst < 2.9e-7, $"{worst:E3} at {worstAt:R}");
        Assert.True(worst > 1e-8, "no binary32 function is better than its own rounding: nothing was measured");
        // Down to the smallest normal number, with the same bound.
        worst = 0;
        sweep(0x00800000, first, 1009);
        Assert.True(worst < 2.9e-7, $"{worst:E3} at {worstAt:R}");
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Minus_two_log_ends_exactly(string width)
    {
        float[] x = new float[64];
        Array.Fill(x, 1f);
        x[1] = MathF.BitDecrement(1);
        float[] y = new float[64];
        LaneWidth.Named(width).MinusTwoLog(x, y);
        // It is -0, since t p is -0 there; nothing divides by it, and a mean of +0 makes every such value +0.
        Assert.Equal(0x80000000u, BitConverter.SingleToUInt32Bits(y[0]));
        Assert.Equal(MathF.ScaleB(1, -23), y[1]);
    }

    /// <summary>All 2^22 angles that the normal draw uses.</summary>
    [Fact]
    public void Sine_and_cosine_are_good_over_all_angles()
    {
        float[] f = [.. Enumerable.Range(0, 1 << 22).Select(m => (float)(((m + 0.5) / (1 << 22)) - 0.5))];
        float[] sine = new float[f.Length];
        float[] cosine = new float[f.Length];
        LaneWidth.Fast.SinQuarter(f, sine);
        LaneWidth.Fast.CosQuarter(f, cosine);
        (double worstSine, double worstCosine) = (0, 0);
        for (int k = 0; k < f.Length; k++)
        {
            (double s, double c) = Math.SinCos(f[k] * (Math.PI / 2));
            worstSine = Math.Max(worstSine, Math.Abs((sine[k] / s) - 1));
            worstCosine = Math.Max(worstCosine, Math.Abs((cosine[k] / c) - 1));
        }
        output.WriteLine($"sine {worstSine:E3}, cosine {worstCosine:E3}");
        Assert.InRange(worstSine, 1e-8, 1.3e-7);
        Assert.InRange(worstCosine, 1e-8, 1.1e-7);
    }

    /// <summary>t from ½ down to |z| = 9.3, x = 1 - 2t rounded from the exact number; and t above ½, where x is negative.</summary>
    [Fact]
    public void The_quantile_is_good_to_27_units_of_1e_8()
    {
        uint half = BitConverter.SingleToUInt32Bits(0.5f);
        uint least = BitConverter.SingleToUInt32Bits((float)NormalLaw.Upper(9.3)) + 1;
        uint step = Cases.Long ? 61u : 1601u;
        (double worst, float worstAt) = (0, 0);
        float[] t = new float[4096];
        float[] x = new float[4096];
        float[] z = new float[4096];
        for (uint at = half; at > least;)
        {
            for (int k = 0; k < t.Length; k++, at = at > least + step ? at - step : least)
            {
                t[k] = BitConverter.UInt32BitsToSingle(at);
                x[k] = (float)(1 - (2.0 * t[k]));
            }
            LaneWidth.Fast.Quantile(t, x, z);
            for (int k = 0; k < t.Length; k++)
            {
                if (t[k] == 0.5f) { Assert.Equal(0, z[k]); continue; }
                double exact = NormalLaw.UpperQuantile(t[k], z[k]);
                double error = Math.Abs((z[k] / exact) - 1);
                if (error > worst) (worst, worstAt) = (error, t[k]);
            }
        }
        output.WriteLine($"quantile: {worst:E3} at t = {worstAt:R}");
        Assert.True(worst < 2.7e-7, $"{worst:E3} at t = {worstAt:R}");
        Assert.True(worst > 1e-8, "nothing was measured");

        // Above ½ down to z = -3: t and x both known to their own last place, so the error of x dominates near the end: checked by probability.
        for (int k = 0; k < t.Length; k++)
        {
            double exact = 0.5 + (0.4986 * (k + 0.5) / t.Length);
            (t[k], x[k]) = ((float)exact, (float)(1 - (2 * exact)));
        }
        LaneWidth.Fast.Quantile(t, x, z);
        // Half a unit of t above ½ is 2^-25; the quantile's own 2.7e-7 z φ(z) is below 7e-8.
        for (int k = 0; k < t.Length; k++) Assert.True(Math.Abs(NormalLaw.Upper(z[k]) - (0.5 + (0.4986 * (k + 0.5) / t.Length))) < 1.1e-7 + Math.ScaleB(1, -25), $"t = {t[k]:R}");
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Every_width_gives_the_bits_of_the_text(string width)
    {
        System.Random random = new(11);
        float[] u = [.. Enumerable.Range(0, 6400).Select(_ => BitConverter.UInt32BitsToSingle((uint)random.Next(0x00800000, 0x3F800001)))];
        float[] f = [.. Enumerable.Range(0, 6400).Select(_ => (float)(random.NextDouble() - 0.5))];
        float[] t = [.. Enumerable.Range(0, 6400).Select(k => k % 2 == 0 ? (float)random.NextDouble() * 0.9999f : BitConverter.UInt32BitsToSingle((uint)random.Next(0x01000000, 0x3F7FFFFF)))];
        float[] x = [.. t.Select(value => (float)(1 - (2.0 * value)))];
        float[] result = new float[6400];
        LaneWidth kernel = LaneWidth.Named(width);
        kernel.MinusTwoLog(u, result);
        equal(k => SpecReference.MinusTwoLog(u[k]), "minus2log");
        kernel.SinQuarter(f, result);
        equal(k => SpecReference.Sin(f[k]), "sinq");
        kernel.CosQuarter(f, result);
        equal(k => SpecReference.Cos(f[k]), "cosq");
        kernel.Quantile(t, x, result);
        equal(k => SpecReference.Quantile(t[k], x[k]), "quantile");
        void equal(Func<int, float> text, string name)
        {
            for (int k = 0; k < result.Length; k++) Assert.True(BitConverter.SingleToInt32Bits(text(k)) == BitConverter.SingleToInt32Bits(result[k]), $"{name}: argument {k}");
        }
    }
}
