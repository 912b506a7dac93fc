using ShardInit.Client.CommandLine;
using ShardInit.Client.Tests.Support;
using static ShardInit.Client.Tests.Support.CommandLineRun;

namespace ShardInit.Client.Tests;

/// <summary>A build without Orleans: everything else works, and the cluster commands say why they do not.</summary>
public sealed class LeftOutTests
{
    [Theory]
    [InlineData("serve")]
    [InlineData("submit m --out data/x")]
    [InlineData("watch data/x")]
    [InlineData("cancel data/x")]
    [InlineData("jobs")]
    public void A_cluster_command_names_itself_and_the_way_out(string line)
    {
        Outcome outcome = Expect(ExitCode.Usage, line.Split(' '));
        Assert.Contains($"`{line.Split(' ')[0]}` needs the cluster: this build leaves the cluster out, because the package feed had no Orleans", outcome.Error);
        Assert.Empty(outcome.Output);
    }

    [Fact]
    public void Status_of_a_job_says_that_it_is_no_directory_either() =>
        Assert.Contains("data/nosuch: expected a directory that init has begun, found none, and this build leaves the cluster out", Expect(ExitCode.Usage, "status", "data/nosuch").Error);
}
