using ShardInit.Client.CommandLine;
using ShardInit.Client.Commands;
using ShardInit.Client.Output;
using ShardInit.Errors;
using ShardInit.Ranks;

namespace ShardInit.Client.Tests;

/// <summary>From options and environment to a rank and its threads.</summary>
public sealed class LaunchedTests
{
    private static readonly Dictionary<string, string> s_torchrun = new() { ["RANK"] = "1", ["WORLD_SIZE"] = "4", ["LOCAL_WORLD_SIZE"] = "2" };

    private readonly StringWriter _error = new();

    [Fact]
    public void A_launcher_is_asked_by_default_and_flags_come_first()
    {
        Assert.Equal(new RankIdentity(1, 4, RankIdentity.TorchRun, 2), Identity("", s_torchrun));
        Assert.Equal(new RankIdentity(1, 4, RankIdentity.TorchRun, 2), Identity("--engine auto", s_torchrun));
        Assert.Equal(new RankIdentity(0, 2, RankIdentity.CommandLine, 1), Identity("--rank 0 --world 2", s_torchrun));
        Assert.Null(Identity("", []));
        Assert.Empty(_error.ToString());
    }

    [Fact]
    public void The_local_engine_asks_nobody()
    {
        Assert.Null(Identity("--engine local", s_torchrun));
        Assert.Null(Identity("--engine local", new() { ["SHARDINIT_RANK"] = "wrong" }));
        Assert.Empty(_error.ToString());
    }

    [Fact]
    public void The_local_engine_is_no_rank()
    {
        UsageException error = Assert.Throws<UsageException>(() => Identity("--engine local --rank 0 --world 2 --own-share-only", []));
        Assert.Equal(["--rank", "--world", "--own-share-only"], error.Problems.Select(problem => problem.Split(':')[0]));
        Assert.All(error.Problems, problem => Assert.Contains("expected not beside --engine local", problem));
    }

    [Fact]
    public void What_was_ignored_is_said_unless_quiet()
    {
        Assert.Null(Identity("", new() { ["RANK"] = "0" }));
        Assert.Equal("note: RANK: expected WORLD_SIZE beside it, as torchrun sets both; ignored\n", _error.ToString());
        Assert.Null(Identity("--quiet", new() { ["RANK"] = "0" }));
        Assert.Single(_error.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void Half_of_a_rank_is_a_problem()
    {
        Assert.Contains("--rank 1: expected --world beside it", Assert.Single(Assert.Throws<PlanException>(() => Identity("--rank 1", s_torchrun)).Problems));
        Assert.Contains("--rank: expected an integer from 0 to 3 with --world 4, found 4", Assert.Single(Assert.Throws<PlanException>(() => Identity("--rank 4 --world 4", [])).Problems));
    }

    [Theory]
    [InlineData("--rank -1 --world 2", "--rank: expected an integer from 0 to 999999, below --world, found '-1'; for instance --rank 3")]
    [InlineData("--rank 1000000 --world 2", "found '1000000'")]
    [InlineData("--rank 0 --world 0", "--world: expected an integer from 1 to 1000000, found '0'; for instance --world 16")]
    [InlineData("--rank 0 --world 1e3", "found '1e3'")]
    [InlineData("--own-share-only=yes", "--own-share-only: expected no value, found 'yes'")]
    public void Numbers_out_of_range_are_named(string options, string problem) =>
        Assert.Contains(Assert.Throws<UsageException>(() => Identity(options, [])).Problems, line => line.Contains(problem, StringComparison.Ordinal));

    [Fact]
    public void A_rank_takes_its_share_of_the_threads_and_the_option_is_obeyed()
    {
        Assert.Equal(Environment.ProcessorCount, Threads("", null));
        Assert.Equal(1, Threads("", new RankIdentity(0, 5000, RankIdentity.TorchRun, 5000)));
        Assert.Equal(7, Threads("--threads 7", new RankIdentity(0, 5000, RankIdentity.TorchRun, 5000)));
        Assert.Equal(7, Threads("--threads 7", null));
    }

    private RankIdentity? Identity(string options, Dictionary<string, string> environment)
    {
        RankIdentity? identity = null;
        Parse(options, given => identity = Launched.Identity(given, environment.GetValueOrDefault));
        return identity;
    }

    private int Threads(string options, RankIdentity? identity)
    {
        int threads = 0;
        Parse(options, given => threads = Planned.Threads(given, identity));
        return threads;
    }

    private void Parse(string options, Action<Invocation> then)
    {
        CommandSpec command = new("try", "Tries.", "try", [], [.. Planned.Running, Flags.OwnShareOnly, Flags.Quiet], given =>
        {
            then(given);
            return ExitCode.Done;
        });
        new Cli([command]).Run(["try", .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries)], new Terminal(Stream.Null, _error, false));
    }
}
