using ShardInit.Cluster;
using ShardInit.Core.Tests.Cluster.Simulation;

namespace ShardInit.Core.Tests.Cluster;

/// <summary>One range, call by call.</summary>
public sealed class ShardRangeTests
{
    private readonly VirtualTime _time = new();
    private readonly ClusterOptions _options = new();
    private readonly ShardRange _range;

    public ShardRangeTests() => _range = Restored(null);

    private ShardRange Restored(RangeSnapshot? stored) => new(new RangeKey("job", 1), [10, 20, 30, 40], _options, _time, stored);

    private static LeaseRequest Request(string worker = "a", long target = 1000, long room = 1000, bool any = false) => new(worker, worker, target, room, any, 256);

    private static Completion Done(int file, string digests = "x", int attempt = 1, string? published = null, bool written = true) =>
        new(file, attempt, LeaseKind.Write, digests, published, written, null);

    private CompletionResult Complete(string worker, Completion completion) => _range.Complete(worker, worker, [completion]).Results[0];

    [Fact]
    public void A_batch_is_as_many_as_fit_in_file_order()
    {
        Assert.Equal([256, 257], _range.Lease(Request(target: 35)).Leases.Select(lease => lease.File));
        Assert.Equal([258], _range.Lease(Request(target: 1)).Leases.Select(lease => lease.File));
        Assert.Empty(_range.Lease(Request(room: 39)).Leases);
        Assert.Equal([259], _range.Lease(Request(room: 39, any: true)).Leases.Select(lease => lease.File));
        RangeReport report = _range.Report();
        Assert.Equal((0, 100L, 4, 0), (report.PlannedShards, report.LeasedTotal, report.Shards, report.CommittedShards));
    }

    [Fact]
    public void A_lease_without_heartbeat_is_given_away_and_one_with_heartbeat_is_kept()
    {
        _range.Lease(Request("a", target: 35));
        _time.Pass(TimeSpan.FromSeconds(20));
        Assert.Empty(_range.Heartbeat("a", [new LeaseProgress(256, 1, LeaseKind.Write, 0)]).Lost);
        _time.Pass(TimeSpan.FromSeconds(15));
        Lease given = Assert.Single(_range.Lease(Request("b", target: 20)).Leases);
        Assert.Equal((257, 2), (given.File, given.Attempt));
        // The first comes back: one is still its, one is not.
        HeartbeatReply reply = _range.Heartbeat("a", [new LeaseProgress(256, 1, LeaseKind.Write, 1), new LeaseProgress(257, 1, LeaseKind.Write, 1)]);
        Assert.Equal([257], reply.Lost);
        Assert.Equal(1, reply.Report.LostLeases);
    }

    [Fact]
    public void A_worker_that_reports_without_progress_loses_the_lease_and_others_get_it_first()
    {
        _range.Lease(Request("a", target: 10));
        for (TimeSpan passed = TimeSpan.Zero; passed <= _options.StuckSpan; passed += TimeSpan.FromSeconds(5))
        {
            Assert.Empty(_range.Heartbeat("a", [new LeaseProgress(256, 1, LeaseKind.Write, 3)]).Lost);
            _time.Pass(TimeSpan.FromSeconds(5));
        }
        _time.Pass(TimeSpan.FromSeconds(5));
        Assert.Equal([256], _range.Heartbeat("a", [new LeaseProgress(256, 1, LeaseKind.Write, 3)]).Lost);
        Assert.Equal(257, _range.Lease(Request("a", target: 10)).Leases[0].File);
        Assert.Equal(256, _range.Lease(Request("b", target: 10)).Leases[0].File);
    }

    [Fact]
    public void A_late_result_is_taken_and_the_same_again_is_a_duplicate()
    {
        _range.Lease(Request("a", target: 10));
        _time.Pass(TimeSpan.FromSeconds(40));
        _range.Lease(Request("b", target: 10));
        Assert.Equal(CompletionResult.Accepted, Complete("a", Done(256)));
        Assert.Equal([256], _range.Heartbeat("b", [new LeaseProgress(256, 2, LeaseKind.Write, 1)]).Lost);
        Assert.Equal(CompletionResult.Duplicate, Complete("b", Done(256, attempt: 2)));
        Assert.Equal(1, _range.Report().CommittedShards);
        Assert.Equal(["x", null, null, null], _range.Digests());
    }

    [Fact]
    public void Two_results_are_decided_by_a_third_worker_and_the_wrong_one_is_named()
    {
        Complete("bad", Done(256, "wrong"));
        Assert.Equal(CompletionResult.Differs, Complete("good", Done(256, "right", published: "wrong")));
        Assert.Equal(0, _range.Report().CommittedShards);
        Assert.DoesNotContain(_range.Lease(Request("bad")).Leases, lease => lease.File == 256);
        Assert.DoesNotContain(_range.Lease(Request("good")).Leases, lease => lease.File == 256);
        Lease decide = Assert.Single(_range.Lease(Request("third")).Leases);
        Assert.Equal((256, LeaseKind.Decide), (decide.File, decide.Kind));
        RangeReport report = _range.Complete("third", "third", [new Completion(256, decide.Attempt, LeaseKind.Decide, "right", null, false, null)]).Report;
        Assert.Equal("bad", Assert.Single(report.Wrong).Worker);
        // What has the name is the wrong one.
        Lease replace = Assert.Single(_range.Lease(Request("third", target: 10)).Leases, lease => lease.File == 256);
        Assert.Equal(LeaseKind.Replace, replace.Kind);
        Assert.Equal(CompletionResult.Accepted, Complete("third", new Completion(256, replace.Attempt, LeaseKind.Replace, "right", null, true, null)));
        Assert.Equal("right", _range.Digests()[0]);
        Assert.Empty(_range.Lease(Request("bad")).Leases);
    }

    [Fact]
    public void What_somebody_found_of_a_worker_that_is_later_fenced_is_computed_again()
    {
        // The bad worker publishes, and stands still before it reports; another finds the file.
        _range.Lease(Request("bad", target: 10));
        _time.Pass(TimeSpan.FromSeconds(40));
        Assert.Equal(256, _range.Lease(Request("good", target: 10)).Leases[0].File);
        Assert.Equal(CompletionResult.Accepted, Complete("good", Done(256, "wrong", attempt: 2, written: false)));
        Assert.Equal(0, _range.Distrust("bad").CommittedShards);
        Assert.Equal(LeaseKind.Decide, _range.Lease(Request("good", target: 10)).Leases[0].Kind);
    }

    [Fact]
    public void Other_digests_than_the_known_ones_are_a_dispute_also_where_nothing_else_was_found()
    {
        Assert.Equal(CompletionResult.Accepted, Complete("a", Done(256, "x")));
        Assert.Equal(CompletionResult.Differs, Complete("b", Done(256, "y")));
        Assert.Equal(1, _range.Report().ToDecide);
    }

    [Fact]
    public void What_another_life_has_stored_adds_to_what_is_known_and_takes_nothing_away()
    {
        _range.Lease(Request("a"));
        Complete("a", Done(256));
        RangeSnapshot one = _range.TakeForStorage()!;
        ShardRange other = Restored(null);
        other.Complete("b", "b", [Done(258)]);
        other.Merge(one);
        _range.Merge(other.TakeForStorage()!);
        Assert.Equal(2, other.Report().CommittedShards);
        Assert.Equal(2, _range.Report().CommittedShards);
        _range.Merge(one);
        Assert.Equal(2, _range.Report().CommittedShards);
    }

    [Fact]
    public void A_dispute_outlives_the_range()
    {
        Complete("bad", Done(256, "wrong"));
        Complete("good", Done(256, "right", published: "wrong"));
        ShardRange restored = Restored(_range.TakeForStorage());
        _time.Pass(_options.RecoverySpan);
        Assert.Equal(LeaseKind.Decide, Assert.Single(restored.Lease(Request("third", target: 1)).Leases).Kind);
    }

    [Fact]
    public void A_restored_range_waits_for_the_leases_that_it_does_not_know()
    {
        _range.Lease(Request("a", target: 10));
        ShardRange restored = Restored(_range.TakeForStorage());
        Assert.Empty(restored.Lease(Request("b")).Leases);
        Assert.Empty(restored.Heartbeat("a", [new LeaseProgress(256, 1, LeaseKind.Write, 1)]).Lost);
        _time.Pass(_options.RecoverySpan);
        Assert.Equal([257, 258, 259], restored.Lease(Request("b")).Leases.Select(lease => lease.File));
    }

    [Fact]
    public void Storage_is_written_for_the_first_lease_for_completion_and_every_five_seconds()
    {
        Assert.Null(_range.TakeForStorage());
        _range.Lease(Request());
        Assert.NotNull(_range.TakeForStorage());
        Complete("a", Done(256));
        Assert.Null(_range.TakeForStorage());
        _time.Pass(TimeSpan.FromSeconds(5));
        RangeSnapshot half = _range.TakeForStorage()!;
        Assert.True(half.IsCommitted(0) && !half.IsCommitted(1));
        Complete("a", Done(257));
        _range.StorageFailed();
        Assert.Null(_range.TakeForStorage());
        Complete("a", Done(258));
        Complete("a", Done(259));
        Assert.Equal(15, _range.TakeForStorage()!.Committed[0]);
        Assert.Null(_range.TakeForStorage());
        Assert.True(Restored(half).Report().CommittedShards == 1 && !Restored(half).IsComplete);
    }

    [Fact]
    public void Failures_end_the_job_after_three_on_two_workers_and_count_once_each()
    {
        for (int i = 1; i <= 3; i++)
        {
            string worker = i == 2 ? "b" : "a";
            Assert.Null(_range.Report().Failure);
            Lease lease = Assert.Single(_range.Lease(Request(worker, target: 10)).Leases);
            Assert.Equal(256, lease.File);
            Completion failed = new(256, lease.Attempt, LeaseKind.Write, null, null, false, "no space left");
            Complete(worker, failed);
            Complete(worker, failed);
            _time.Pass(_options.RetrySpan);
        }
        Assert.Contains("no space left", _range.Report().Failure);
        Assert.Empty(_range.Lease(Request("c")).Leases);
        _range.Open();
        Assert.Equal(256, _range.Lease(Request("c")).Leases[0].File);
    }

    [Fact]
    public void After_two_failures_nobody_gets_a_shard_at_once_and_the_pause_doubles()
    {
        ShardRange range = new(new RangeKey("job", 0), [10], new ClusterOptions { FailuresBeforeGivingUp = 6 }, _time);
        TimeSpan[] pauses = [TimeSpan.Zero, _options.RetrySpan, 2 * _options.RetrySpan, 4 * _options.RetrySpan, 6 * _options.RetrySpan];
        for (int failures = 1; failures <= 5; failures++)
        {
            Lease lease = Assert.Single(range.Lease(Request($"w{failures}")).Leases);
            range.Complete($"w{failures}", "h", [new Completion(0, lease.Attempt, LeaseKind.Write, null, null, false, "no space left")]);
            Assert.Null(range.Report().Failure);
            if (failures == 1) continue;
            _time.Pass(pauses[failures - 1] - TimeSpan.FromSeconds(1));
            Assert.Empty(range.Lease(Request($"w{failures + 1}")).Leases);
            _time.Pass(TimeSpan.FromSeconds(1));
        }
    }

    [Fact]
    public void A_closed_range_gives_nothing_and_takes_what_was_committed()
    {
        _range.Lease(Request("a"));
        _range.Close();
        Assert.Equal([256], _range.Heartbeat("a", [new LeaseProgress(256, 1, LeaseKind.Write, 1)]).Lost);
        Assert.Equal(CompletionResult.Accepted, Complete("a", Done(256)));
        Assert.Empty(_range.Lease(Request("b")).Leases);
        _range.Open();
        Assert.Equal([257, 258, 259], _range.Lease(Request("b")).Leases.Select(lease => lease.File));
    }
}
