using ShardInit.Client.Output;

namespace ShardInit.Client.Tests;

public sealed class ProgressReportTests
{
    [Theory]
    [InlineData(0, 100, 60, "[..............................] text")]
    [InlineData(50, 100, 60, "[###############...............] text")]
    [InlineData(100, 100, 60, "[##############################] text")]
    [InlineData(0, 0, 60, "[##############################] text")]
    [InlineData(50, 100, 18, "[#####.....] text")]
    [InlineData(50, 100, 10, "text")]
    [InlineData(50, 100, 3, "te")]
    public void The_bar_fits_the_screen(long done, long total, int columns, string line)
    {
        string found = ProgressReport.Bar("text", done, total, columns);
        Assert.Equal(line, found);
        Assert.True(found.Length < columns);
    }

    [Fact]
    public void Products_of_sizes_do_not_overflow() => Assert.StartsWith("[##############################]", ProgressReport.Bar("text", long.MaxValue, long.MaxValue, 200));

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(1024, "1 KiB")]
    [InlineData(1610612736, "1.5 GiB")]
    [InlineData(long.MaxValue, "8 EiB")]
    public void Sizes_are_binary(long bytes, string text) => Assert.Equal(text, Human.Bytes(bytes));

    [Theory]
    [InlineData(0.04, "0.0 s")]
    [InlineData(59.94, "59.9 s")]
    [InlineData(61, "1 min 1 s")]
    [InlineData(7322, "2 h 2 min")]
    [InlineData(double.PositiveInfinity, "unknown")]
    public void Times_are_short(double seconds, string text) => Assert.Equal(text, Human.Seconds(seconds));
}
