using ShardInit.Model;
using Xunit;

namespace ShardInit.Core.Tests.Model;

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
    [InlineData("hiden_size", "hidden_size")]
    [InlineData("hidden_szie", "hidden_size")]
    [InlineData("hidden", "hidden_size")]
    [InlineData("lm", "lr")]
    public void So_do_those_of_keys(string typed, string meant) => Assert.Equal(meant, Nearest.Of(typed, ["vocab_size", "hidden_size", "lr"]));

    [Theory]
    [InlineData("--colour")]
    [InlineData("--x")]
    [InlineData("--")]
    public void Other_words_find_nothing(string typed) => Assert.Null(Nearest.Of(typed, ["--seed", "--threads", "--quiet"]));
}
