using ShardInit.Model;

namespace ShardInit.Client.Tests.CommandLine;

public sealed class SizesTests
{
    [Theory]
    [InlineData("4096", 4096)]
    [InlineData("4096B", 4096)]
    [InlineData("4KiB", 4096)]
    [InlineData("1.5GiB", 1610612736)]
    [InlineData("1GiB", 1073741824)]
    [InlineData("1GB", 1000000000)]
    [InlineData("0.5kB", 500)]
    [InlineData("64 MiB", 67108864)]
    [InlineData("2TiB", 2199023255552)]
    [InlineData("9223372036854775807", long.MaxValue)]
    [InlineData("1.0009765625KiB", 1025)]
    public void Sizes_are_exact(string text, long bytes)
    {
        Assert.True(Sizes.TryParse(text, out long found));
        Assert.Equal(bytes, found);
    }

    [Theory]
    [InlineData("")]
    [InlineData("GiB")]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData("1e3")]
    [InlineData("1,000")]
    [InlineData("0x10")]
    [InlineData("1.5")]
    [InlineData("1.0001KiB")]
    [InlineData("NaN")]
    [InlineData("9223372036854775808")]
    [InlineData("8388608TiB")]
    [InlineData("99999999999999999999999999999999GiB")]
    [InlineData("1gib")]
    [InlineData("1 GiB more")]
    public void Other_texts_are_refused(string text) => Assert.False(Sizes.TryParse(text, out _));
}
