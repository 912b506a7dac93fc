using ShardInit.Grains.Client;

namespace ShardInit.Client.Tests.Cluster;

/// <summary>Calls whose outcome is unknown are repeated, all others are not.</summary>
public sealed class ClusterCallsTests
{
    private readonly FakeSession _session = new();
    private readonly List<string> _notices = [];
    private int _calls;

    private Task<int> Run(TimeSpan limit, params Exception[] failures) => new ClusterCalls(_session, _notices.Add).RunAsync("submit", () =>
    {
        Assert.Equal(_calls + 1, _session.Attached);
        return _calls++ < failures.Length ? Task.FromException<int>(failures[_calls - 1]) : Task.FromResult(42);
    }, limit, CancellationToken.None);

    [Fact]
    public async Task An_unknown_outcome_is_asked_again_and_said_once()
    {
        Assert.Equal(42, await Run(ClusterClient.CallLimit, new TimeoutException("t"), new Orleans.Runtime.SiloUnavailableException("r")));
        Assert.Equal(3, _calls);
        Assert.Contains("submit: no answer yet, so whether it arrived is unknown; asking again", Assert.Single(_notices));
    }

    [Fact]
    public async Task After_the_limit_it_says_that_the_outcome_is_unknown()
    {
        ClusterException error = await Assert.ThrowsAsync<ClusterException>(() => Run(TimeSpan.Zero, new TimeoutException("nobody there")));
        Assert.Contains("submit: expected an answer within 0 s, found none (nobody there); whether it arrived is unknown", error.Message);
        Assert.Equal(1, _calls);
    }

    [Fact]
    public async Task A_forgotten_session_is_proved_once()
    {
        Assert.Equal(42, await Run(ClusterClient.CallLimit, new UnauthorizedAccessException("the session is not known")));
        Assert.Equal((1, 2), (_session.Proved, _calls));
        _calls = 0;
        _session.Attached = 0;
        UnauthorizedAccessException gone = new("the session is not known");
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => Run(ClusterClient.CallLimit, gone, gone));
        Assert.Equal((2, 2), (_session.Proved, _calls));
    }

    [Fact]
    public async Task Refusals_and_errors_are_passed_on_at_once()
    {
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => Run(ClusterClient.CallLimit, new UnauthorizedAccessException("not yours")));
        Assert.Equal((0, 1), (_session.Proved, _calls));
        (_calls, _session.Attached) = (0, 0);
        await Assert.ThrowsAsync<InvalidOperationException>(() => Run(ClusterClient.CallLimit, new InvalidOperationException()));
        Assert.Equal(1, _calls);
    }

    private sealed class FakeSession : IClusterSession
    {
        public int Attached { get; set; }
        public int Proved { get; private set; }

        public void Attach() => Attached++;

        public bool IsForgotten(UnauthorizedAccessException error) => error.Message.Contains("not known", StringComparison.Ordinal);

        public Task ProveAsync()
        {
            Proved++;
            return Task.CompletedTask;
        }
    }
}
