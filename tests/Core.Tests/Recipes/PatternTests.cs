using ShardInit.Recipes;
using Xunit;

namespace ShardInit.Core.Tests.Recipes;

public sealed class PatternTests
{
    [Theory]
    [InlineData("*", "a.b.c", true)]
    [InlineData("*.weight", "model.layers.0.mlp.weight", true)]
    [InlineData("*.weight", "weight", false)]
    [InlineData("a*b*c", "a.xb.yb.c", true)]
    [InlineData("a*b*c", "a.xb.yb.", false)]
    [InlineData("a.b", "axb", false)]
    [InlineData("a?b", "a.b", true)]
    [InlineData("a?b", "ab", false)]
    [InlineData("l.[0-9].w", "l.7.w", true)]
    [InlineData("l.[0-9].w", "l.x.w", false)]
    [InlineData("l.[!0-9].w", "l.x.w", true)]
    [InlineData("l.[!0-9].w", "l.7.w", false)]
    [InlineData("[]x]", "]", true)]
    [InlineData("*.{q,k,v}_proj.{weight,bias}", "a.k_proj.bias", true)]
    [InlineData("*.{q,k,v}_proj.{weight,bias}", "a.o_proj.bias", false)]
    [InlineData("a{,.b}", "a", true)]
    [InlineData("\\*", "*", true)]
    [InlineData("\\*", "x", false)]
    [InlineData("\\{a\\}", "{a}", true)]
    public void Globs(string pattern, string name, bool expected) => Assert.Equal(expected, Glob.Parse(pattern).IsMatch(name));

    [Theory]
    [InlineData("")]
    [InlineData("[a")]
    [InlineData("{a")]
    [InlineData("a}")]
    [InlineData("{a,{b}}")]
    [InlineData("a\\")]
    [InlineData("[")]
    [InlineData("[!")]
    [InlineData("{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}")]
    public void BadGlobsAreRefused(string pattern) => Assert.Throws<FormatException>(() => Glob.Parse(pattern));

    [Fact]
    public void ManyStarsTakeNoExponentialTime() => Assert.False(Glob.Parse(string.Concat(Enumerable.Repeat("a*", 500)) + "b").IsMatch(new string('a', 4000)));

    [Theory]
    [InlineData("3", 3, true)]
    [InlineData("3", 4, false)]
    [InlineData("0:4", 3, true)]
    [InlineData("0:4", 4, false)]
    [InlineData("4:", 9, true)]
    [InlineData(":", 0, true)]
    [InlineData("-1", 9, true)]
    [InlineData("-1", 8, false)]
    [InlineData("-2:", 8, true)]
    [InlineData(":-1", 9, false)]
    [InlineData("-3:-1", 8, true)]
    public void Layers(string text, int layer, bool expected) => Assert.Equal(expected, LayerSet.Parse(text).Contains(layer, 10));

    [Fact]
    public void NoLayerIsInNoSet() => Assert.False(LayerSet.Parse(":").Contains(null, 10));

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("1:2:3")]
    [InlineData("99999999999")]
    public void BadLayersAreRefused(string text) => Assert.Throws<FormatException>(() => LayerSet.Parse(text));
}
