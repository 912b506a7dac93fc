using ShardInit.Ranks;
using Xunit;

namespace ShardInit.Core.Tests.Ranks;

public sealed class RecentRateTests
{
    private static readonly DateTimeOffset s_begun = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    /// <summary>Every commit has 100 bytes.</summary>
    private static double? Rate(double? begun, params double[] seconds) =>
        RecentRate.Of(begun is { } at ? s_begun.AddSeconds(at) : null, [.. seconds.Select((second, file) => new Commit(file, 100, s_begun.AddSeconds(second)))]);

    [Fact]
    public void Nothing_has_no_rate() => Assert.Null(Rate(0));

    [Fact]
    public void From_the_beginning_every_file_counts() => Assert.Equal(30, Rate(0, 4, 8, 10));

    [Fact]
    public void The_order_of_files_does_not_matter() => Assert.Equal(30, Rate(0, 10, 4, 8));

    [Fact]
    public void Without_a_beginning_the_first_file_only_starts_the_clock()
    {
        Assert.Equal(50, Rate(null, 6, 8, 10));
        // A plan.json that is younger than the files, as in a copy, is no beginning.
        Assert.Equal(50, Rate(7, 6, 8, 10));
    }

    [Fact]
    public void A_pause_before_the_run_was_continued_does_not_count() => Assert.Equal(50, Rate(0, 4, 8, 86_406, 86_408, 86_410));

    [Fact]
    public void One_slow_file_is_measured_from_the_one_before() => Assert.Equal(0.1, Rate(0, 1000, 2000));

    [Fact]
    public void One_slow_file_alone_is_measured_from_the_beginning() => Assert.Equal(0.1, Rate(0, 1000));

    [Fact]
    public void No_span_of_time_has_no_rate()
    {
        Assert.Null(Rate(null, 5));
        Assert.Null(Rate(null, 5, 5));
        Assert.Null(Rate(5, 5));
        Assert.Null(Rate(9, 5));
    }

    [Fact]
    public void Files_without_values_have_no_rate() => Assert.Null(RecentRate.Of(s_begun, [new Commit(0, 0, s_begun.AddSeconds(1))]));
}
