using ShardInit.Client.CommandLine;

namespace ShardInit.Client.Tests.CommandLine;

public sealed class NearestTests
{
    [Theory]
    [InlineData("--sead", "--seed")]
    [InlineData("--treads", "--threads")]
    [InlineData("--tile", "--tile-size")]
    [InlineData("--shardsize", "--shard-size")]
    [InlineData("--qiuet", "--quiet")]
    public void Slips_of_the_fingers_find_their_name(string typed, string meant) =>
        Assert.Equal(meant, Nearest.Of(typed, ["--seed", "--threads", "--tile-size", "--shard-size", "--quiet", "--json"]));

    [Theory]
    [InlineData("--colour")]
    [InlineData("--x")]
    [InlineData("--")]
    public void Other_words_find_nothing(string typed) => Assert.Null(Nearest.Of(typed, ["--seed", "--threads", "--quiet"]));
}
