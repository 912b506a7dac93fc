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

    /// <summary>Each was thrown at a client by a cluster one of whose silos, or whose database, had just gone, or may be.</summary>
    public static TheoryData<Exception> OfClustersInTrouble =>
    [
        new TimeoutException("no answer"),
        new Orleans.Runtime.SiloUnavailableException("gone"),
        new Orleans.Runtime.OrleansException("Trying to register job/main/after on invalid silo: S127.0.0.1:23143:154670536. Known status: Dead"),
        new Orleans.Storage.InconsistentStateException("written by another activation"),
        new Orleans.Runtime.Messaging.ConnectionFailedException("refused"),
        new TaskCanceledException("the silo is ending"),
        new ObjectDisposedException("IServiceProvider"),
        new Npgsql.NpgsqlException("terminating connection due to administrator command"),
        new System.Net.Sockets.SocketException(111),
        new IOException("unexpected end of stream"),
        new Orleans.Serialization.UnavailableExceptionFallbackException(),
    ];

    [Theory]
    [MemberData(nameof(OfClustersInTrouble), DisableDiscoveryEnumeration = true)]
    public async Task Trouble_of_the_cluster_is_waited_out(Exception trouble)
    {
        Assert.Equal(42, await Run(ClusterClient.CallLimit, trouble));
        Assert.Equal(2, _calls);
    }

    [Theory]
    [MemberData(nameof(OfClustersInTrouble), DisableDiscoveryEnumeration = true)]
    public async Task Trouble_that_stays_is_said_as_trouble_of_the_cluster(Exception trouble)
    {
        ClusterException error = await Assert.ThrowsAsync<ClusterException>(() => Run(TimeSpan.Zero, trouble));
        Assert.Same(trouble, error.InnerException);
    }

    [Fact]
    public async Task Who_gives_up_meanwhile_is_not_told_of_the_trouble()
    {
        using CancellationTokenSource stop = new();
        ClusterCalls calls = new(_session, _notices.Add);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => calls.RunAsync<int>("submit", () =>
        {
            stop.Cancel();
            return Task.FromException<int>(new TimeoutException("t"));
        }, ClusterClient.CallLimit, stop.Token));
        Assert.Empty(_notices);
    }

    [Fact]
    public async Task After_the_limit_it_says_that_the_outcome_is_unknown()
    {
        ClusterException error = await Assert.ThrowsAsync<ClusterException>(() => Run(TimeSpan.Zero, new TimeoutException("nobody there")));
        Assert.Contains("submit: expected an answer within 0 s, found none (nobody there); whether it arrived is unknown", error.Message);
        Assert.Equal(1, _calls);
    }

    [Fact]
    public async Task A_forgotten_session_is_proved_anew_a_few_times()
    {
        Assert.Equal(42, await Run(ClusterClient.CallLimit, new UnauthorizedAccessException("the session is not known")));
        Assert.Equal((1, 2), (_session.Proved, _calls));
        _calls = 0;
        _session.Attached = 0;
        // Each silo of a cluster that is started anew may take it along.
        UnauthorizedAccessException gone = new("the session is not known");
        Assert.Equal(42, await Run(ClusterClient.CallLimit, gone, gone));
        Assert.Equal((3, 3), (_session.Proved, _calls));
        (_calls, _session.Attached) = (0, 0);
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => Run(ClusterClient.CallLimit, gone, gone, gone, gone));
        Assert.Equal((6, 4), (_session.Proved, _calls));
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
