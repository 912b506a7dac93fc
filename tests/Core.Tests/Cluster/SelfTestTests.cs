using ShardInit.Cluster;
using ShardInit.Engine;
using ShardInit.Kernels;
using ShardInit.Planning;

namespace ShardInit.Core.Tests.Cluster;

/// <summary>What a worker must know and say before it gets a lease.</summary>
public sealed class SelfTestTests
{
    private static readonly WorkerHello s_hello = WorkerHello.Of("w", "h", LaneChoice.Auto);

    [Fact]
    public void Every_lane_width_knows_the_answers()
    {
        foreach (LaneChoice lanes in LaneDispatch.All)
        {
            SelfTestResult result = SelfTest.Run(lanes);
            Assert.Null(result.Problem);
            Assert.Equal(SelfTest.ExpectedDigest, result.Digest);
            Assert.Equal(LaneDispatch.Of(lanes).Name, result.Backends[0]);
        }
    }

    [Fact]
    public void The_answers_are_those_of_the_text_and_of_every_kind()
    {
        string[] text = File.ReadAllLines(Path.Combine(Golden.Repository, "docs/determinism.md"));
        Assert.All(SelfTestAnswers.Lines, line => Assert.Contains(line, text));
        string[] words = [.. SelfTestAnswers.Lines.Select(line => line.Split(' ')).Select(line => line[0] is "value" or "stored" ? $"{line[0]} {line[1]}" : line[0])];
        foreach (string kind in (string[])["value uniform", "value normal", "value truncated_normal", "stored BF16", "stored F16", "stored F8_E4M3", "stored F8_E5M2", "stored F64", "encode", "element", "sparse"])
            Assert.Contains(kind, words);
        Assert.Equal(text.Count(line => line.StartsWith("value ", StringComparison.Ordinal) && line.Contains(" : ")), words.Count(word => word.StartsWith("value", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_worker_of_this_release_is_welcome()
    {
        Assert.Null(Compatibility.Check(s_hello));
        JobBoard board = new(new ClusterOptions(), TimeProvider.System);
        Assert.Contains("hello", board.WhyNot("w"));
        Assert.Null(board.Welcome(s_hello));
        Assert.Null(board.WhyNot("w"));
    }

    [Fact]
    public void Any_difference_gets_no_lease_and_a_reason()
    {
        Assert.Contains("spec", Compatibility.Check(s_hello with { Spec = Versions.Spec + 1 }));
        Assert.Contains("format", Compatibility.Check(s_hello with { Format = Versions.Format + 1 }));
        Assert.Contains("release", Compatibility.Check(s_hello with { Product = "9.9.9" }));
        Assert.Null(Compatibility.Check(s_hello with { Product = "9.9.9" }, sameProduct: false));
        Assert.Contains("known answers", Compatibility.Check(s_hello with { SelfTest = "other" }));
        Assert.Contains("flushed", Compatibility.Check(s_hello with { SelfTestProblem = "denormals are flushed" }));
        JobBoard board = new(new ClusterOptions(), TimeProvider.System);
        Assert.NotNull(board.Welcome(s_hello with { Spec = Versions.Spec + 1 }));
        Assert.Contains("spec", board.WhyNot("w"));
    }

    [Fact]
    public void A_fenced_worker_comes_back_under_another_name_unless_hosts_are_fenced()
    {
        foreach (bool hosts in new[] { false, true })
        {
            JobBoard board = new(new ClusterOptions { FenceHosts = hosts }, TimeProvider.System);
            board.Welcome(s_hello);
            board.Fence(new WrongWorker("w", "h", 3));
            Assert.Contains("check processor and memory", board.WhyNot("w"));
            Assert.Equal(hosts, board.Welcome(s_hello with { Worker = "w2" }) is not null);
            Assert.Null(board.Welcome(s_hello with { Worker = "w3", Host = "h3" }));
            board.Pardon("h");
            Assert.Null(board.WhyNot("w"));
        }
    }
}
