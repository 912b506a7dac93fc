using ShardInit.Client.Output;
using ShardInit.Client.Tests.Support;

namespace ShardInit.Client.Tests.Output;

/// <summary>Whatever the words are, the format stands, and what was put in comes out.</summary>
public sealed class PrometheusTextTests
{
    [Theory]
    [InlineData("")]
    [InlineData("plain")]
    [InlineData("a \"quoted\" word")]
    [InlineData(@"C:\new\table\")]
    [InlineData("two\nlines\n")]
    [InlineData("\\n is no line feed, \n is")]
    [InlineData("\"} 1\nshardinit_fake 1")]
    [InlineData("größe, 長さ, 😀")]
    [InlineData(@"\\""")]
    public void Labels_and_help_come_back_as_they_were(string words)
    {
        PrometheusText text = new();
        text.Add("a_metric", "gauge", words + ".", 1.5, ("first", words), ("second", "b"));
        text.Add("another", "counter", "Help.", 2);
        IReadOnlyDictionary<string, Metric> metrics = PrometheusParser.Parse(text.ToString());
        Assert.Equal(["a_metric", "another"], metrics.Keys);
        Assert.Equal((words + ".", "gauge"), (metrics["a_metric"].Help, metrics["a_metric"].Type));
        Assert.Equal([("first", words), ("second", "b")], Assert.Single(metrics["a_metric"].Samples).Labels);
        Assert.Empty(Assert.Single(metrics["another"].Samples).Labels);
    }

    [Theory]
    [InlineData(0, "0")]
    [InlineData(-7, "-7")]
    [InlineData(1e15, "1000000000000000")]
    [InlineData(9007199254740991, "9007199254740991")]
    [InlineData(1e300, "1E+300")]
    [InlineData(0.1, "0.1")]
    [InlineData(1e-7, "1E-07")]
    [InlineData(double.PositiveInfinity, "+Inf")]
    [InlineData(double.NegativeInfinity, "-Inf")]
    [InlineData(double.NaN, "NaN")]
    public void Numbers_are_exact(double value, string written)
    {
        PrometheusText text = new();
        text.Add("a", "gauge", "Help.", value);
        Assert.EndsWith($"\na {written}\n", text.ToString(), StringComparison.Ordinal);
        Assert.Equal(value, PrometheusParser.Parse(text.ToString())["a"].Samples[0].Value);
    }

    /// <summary>The parser would notice: each of these is not the format.</summary>
    [Theory]
    [InlineData("# HELP a b\n# TYPE a gauge\na 1")]
    [InlineData("# HELP a b\n# TYPE a gauge\n")]
    [InlineData("# HELP a b\n# TYPE a number\na 1\n")]
    [InlineData("# HELP a b\n# TYPE b gauge\nb 1\n")]
    [InlineData("a 1\n")]
    [InlineData("# HELP a b\n# TYPE a gauge\na one\n")]
    [InlineData("# HELP a b\n# TYPE a gauge\na 1 1700000000\n")]
    [InlineData("# HELP a b\n# TYPE a gauge\na Infinity\n")]
    [InlineData("# HELP a b\n# TYPE a gauge\na{x=\"1\",x=\"2\"} 1\n")]
    [InlineData("# HELP a b\n# TYPE a gauge\na{x=\"1\"} 1\na{x=\"1\"} 2\n")]
    [InlineData("# HELP a b\n# TYPE a gauge\na{x=\"a\\tb\"} 1\n")]
    [InlineData("# HELP a b\n# TYPE a gauge\na{0x=\"a\"} 1\n")]
    [InlineData("# HELP a b\n# TYPE a gauge\na{x=\"a\"b\"} 1\n")]
    [InlineData("# HELP a b\\\n# TYPE a gauge\na 1\n")]
    [InlineData("# HELP a b\n# TYPE a gauge\na 1\n# HELP a b\n# TYPE a gauge\na 1\n")]
    [InlineData("# HELP a b\r\n# TYPE a gauge\r\na 1\r\n")]
    public void The_parser_is_strict(string text) => Assert.Throws<FormatException>(() => PrometheusParser.Parse(text));
}
