using ShardInit.Initializers;

namespace ShardInit.Core.Tests.Kernels;

/// <summary>The statistics see small faults: each sample here is wrong by a little and must be found out.</summary>
public sealed class YardstickTests
{
    private const int Samples = 1 << 20;

    private static readonly Lazy<float[]> s_sample = new(() => Cases.Draw(Cases.Key("yardstick"), new Normal(0, 1), Samples));

    private static readonly Statistics.Law s_law = Statistics.Law.Of(new Normal(0, 1));

    [Fact]
    public void An_honest_sample_passes()
    {
        Assert.All(Statistics.MomentScores(s_sample.Value, s_law), score => Assert.InRange(score, -Statistics.Sigmas, Statistics.Sigmas));
        Assert.True(Statistics.Kolmogorov(s_sample.Value, s_law.Cdf) < Statistics.KolmogorovBound);
    }

    /// <summary>One half of a percent of the mean, variance, third or fourth moment is 5 standard errors or more at 2^20.</summary>
    [Theory]
    [InlineData("mean", 1)]
    [InlineData("variance", 2)]
    [InlineData("skewness", 3)]
    [InlineData("kurtosis", 4)]
    public void A_wrong_moment_is_seen(string fault, int moment)
    {
        float[] wrong = [.. s_sample.Value.Select(z => fault switch
        {
            "mean" => z + 0.01f,
            "variance" => z * 1.006f,
            // z + c (z² - 1) has third moment 6 c; z + c (z³ - 3 z) fourth moment 3 + 24 c.
            "skewness" => z + (0.01f * ((z * z) - 1)),
            _ => z + (0.01f * ((z * z * z) - (3 * z))),
        })];
        Assert.True(Math.Abs(Statistics.MomentScores(wrong, s_law)[moment - 1]) > Statistics.Sigmas);
    }

    [Fact]
    public void A_shift_of_a_hundredth_and_a_clamped_tail_are_seen()
    {
        Assert.True(Statistics.Kolmogorov([.. s_sample.Value.Select(z => z + 0.01f)], s_law.Cdf) > Statistics.KolmogorovBound);
        // Clamping at 2 std in place of conditioning puts 2.3 % on each bound.
        Statistics.Law truncated = Statistics.Law.Of(new TruncatedNormal(0, 1, -2, 2));
        Assert.True(Statistics.Kolmogorov([.. s_sample.Value.Select(z => Math.Clamp(z, -2, 2))], truncated.Cdf) > Statistics.KolmogorovBound);
    }

    [Fact]
    public void A_faint_echo_is_seen()
    {
        // 0.6 % of the neighbour mixed in: correlation 0.006, 6 standard errors.
        float[] echo = [.. s_sample.Value];
        for (int k = 1; k < echo.Length; k++) echo[k] = s_sample.Value[k] + (0.006f * s_sample.Value[k - 1]);
        Assert.True(Statistics.CorrelationScore(echo.AsSpan(1), echo.AsSpan(0, echo.Length - 1)) > Statistics.Sigmas);
    }

    [Fact]
    public void Cells_see_an_extra_percent()
    {
        List<(double, double)> cells = [.. Enumerable.Range(0, 1000).Select(k => (k % 2 == 0 ? 10150.0 : 9850.0, 10000.0))];
        Assert.True(Statistics.ChiSquareScore(cells) > Statistics.Sigmas);
        Assert.True(Statistics.ChiSquareScore([.. cells.Select(cell => (cell.Item2, cell.Item2))]) < -Statistics.Sigmas);
    }
}
