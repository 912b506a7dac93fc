using ShardInit.Cluster;
using ShardInit.Core.Tests.Cluster.Simulation;
using ShardInit.Engine;

namespace ShardInit.Core.Tests.Cluster;

/// <summary>The scheduler, call by call.</summary>
public sealed class JobBoardTests
{
    private static readonly IReadOnlySet<RangeKey> s_none = new HashSet<RangeKey>();
    private static readonly WorkerHello s_hello = WorkerHello.Of("w", "w", LaneChoice.Auto);

    private readonly VirtualTime _time = new();
    private readonly Dictionary<RangeKey, ShardRange> _ranges = [];

    private JobBoard Board(ClusterOptions? options = null)
    {
        JobBoard board = new(options ?? new ClusterOptions(), _time);
        foreach (string worker in new[] { "w", "v" }) Assert.Null(board.Welcome(s_hello with { Worker = worker, Host = worker }));
        return board;
    }

    private JobRecord Add(JobBoard board, string name, int files, long bytes, string tenant = "blue", int priority = 0)
    {
        JobRequest request = new($"root/{name}", new string('a', 64), tenant, priority, files, files * bytes);
        JobRecord record = new(JobRecord.CurrentVersion, request.Job, request, JobStatus.Queued, "", 1);
        long[][] chunks = [.. Enumerable.Repeat(bytes, files).Chunk(ShardRange.MaxShards)];
        for (int i = 0; i < chunks.Length; i++) _ranges[new RangeKey(record.Job, i)] = new ShardRange(new RangeKey(record.Job, i), chunks[i], new ClusterOptions(), _time);
        board.Add(record, [.. chunks.Select((chunk, number) => RangeReport.OfNew(new RangeKey(record.Job, number), chunk))]);
        return record;
    }

    private (Offer Offer, RangeGrant Grant)? Ask(JobBoard board, string worker = "w", long target = 1000)
    {
        if (board.Choose(new WorkRequest(worker, 0, target), s_none) is not { } offer) return null;
        RangeGrant grant = _ranges[offer.Range].Lease(offer.Request!);
        board.Settle(offer, grant);
        return (offer, grant);
    }

    [Fact]
    public void Ten_thousand_small_shards_take_one_call_per_range()
    {
        JobBoard board = Board();
        JobRecord job = Add(board, "many", 10_000, 1);
        int calls = 0;
        while (Ask(board) is not null) calls++;
        Assert.Equal(RangeKey.CountFor(10_000), calls);
        Assert.Equal(10_000, board.Progress(job.Job)!.LeasedBytes);
    }

    [Fact]
    public void Bytes_of_an_offer_without_answer_stay_set_aside_until_the_range_reports()
    {
        JobBoard board = Board(new ClusterOptions { BytesPerWorker = 1000 });
        Add(board, "job", 20, 100);
        Offer offer = board.Choose(new WorkRequest("w", 0, 1000), s_none)!;
        Assert.Equal(1000, board.BytesOfWorker("w"));
        board.Unknown(offer);
        _time.Pass(TimeSpan.FromSeconds(2));
        Assert.Null(board.Choose(new WorkRequest("w", 0, 1000), s_none));
        Assert.Equal([offer.Range], board.ToPoll());
        // It had not arrived.
        board.Apply(_ranges[offer.Range].Report());
        Assert.Equal(0, board.BytesOfWorker("w"));
        Assert.Equal(10, Ask(board)!.Value.Grant.Leases.Count);
        Assert.Null(Ask(board));
        Assert.Equal(10, Ask(board, "v")!.Value.Grant.Leases.Count);
    }

    [Fact]
    public void Higher_priorities_go_first_within_a_tenant_and_count_for_nothing_between_tenants()
    {
        JobBoard board = Board();
        JobRecord low = Add(board, "low", 10, 100), high = Add(board, "high", 10, 100, priority: 1), other = Add(board, "other", 10, 100, "green", priority: -1);
        List<string> order = [];
        for (int i = 0; i < 30; i++) order.Add(Ask(board, target: 100)!.Value.Offer.Job.Job);
        Assert.True(order.LastIndexOf(high.Job) < order.IndexOf(low.Job));
        Assert.Equal(5, order.Take(10).Count(job => job == other.Job));
    }

    [Fact]
    public void Sealing_is_one_step_that_moves_on_when_its_worker_goes_silent()
    {
        JobBoard board = Board();
        JobRecord job = Add(board, "job", 1, 100);
        (Offer offer, RangeGrant grant) = Ask(board)!.Value;
        Completion done = new(0, grant.Leases[0].Attempt, LeaseKind.Write, "x", null, true, null);
        IReadOnlyList<BoardNews> news = board.Apply(_ranges[offer.Range].Complete("w", "w", [done]).Report);
        Assert.Equal(NewsKind.AllCommitted, Assert.Single(news).Kind);
        // Not before the job's record says that it is being sealed: until then it may be cancelled.
        Assert.Null(board.Choose(new WorkRequest("w", 0, 1), s_none));
        board.AllowSeal(job.Job);
        Assert.True(board.Choose(new WorkRequest("w", 0, 1), s_none)!.IsSeal);
        Assert.Null(board.Choose(new WorkRequest("v", 0, 1), s_none));
        _time.Pass(TimeSpan.FromSeconds(25));
        Assert.True(board.SealHeartbeat(job.Job, "w"));
        _time.Pass(TimeSpan.FromSeconds(25));
        Assert.Null(board.Choose(new WorkRequest("v", 0, 1), s_none));
        _time.Pass(TimeSpan.FromSeconds(10));
        Assert.True(board.Choose(new WorkRequest("v", 0, 1), s_none)!.IsSeal);
        Assert.False(board.SealHeartbeat(job.Job, "w"));
        // A file is gone: the job runs again.
        Assert.Empty(board.SealDone(job.Job, "v", new SealResult(false, [0], null)));
        Assert.Equal(NewsKind.Reopened, Assert.Single(board.Apply(_ranges[offer.Range].Missing([0]))).Kind);
        Assert.False(Ask(board)!.Value.Offer.IsSeal);
        // And its next sealing has to be allowed anew.
        Assert.Equal(NewsKind.AllCommitted, Assert.Single(board.Apply(_ranges[offer.Range].Complete("w", "w", [done]).Report)).Kind);
        Assert.Null(board.Choose(new WorkRequest("w", 0, 1), s_none));
    }

    [Fact]
    public void A_job_that_a_worker_leaves_alone_is_for_others_and_keeps_nobody_waiting()
    {
        JobBoard board = Board();
        JobRecord failing = Add(board, "failing", 20, 100), other = Add(board, "other", 20, 100, tenant: "green");
        WorkRequest careful = new WorkRequest("w", 0, 100) { Avoid = [failing.Job] };
        for (int shard = 0; shard < 20; shard++)
        {
            Offer offer = board.Choose(careful, s_none)!;
            Assert.Equal(other.Job, offer.Job.Job);
            board.Settle(offer, _ranges[offer.Range].Lease(offer.Request!));
        }
        Assert.Null(board.Choose(careful, s_none));
        Assert.Equal(failing.Job, board.Choose(new WorkRequest("v", 0, 100), s_none)!.Job.Job);
    }

    [Fact]
    public void A_board_that_is_built_again_knows_what_is_in_flight()
    {
        JobBoard lost = Board();
        JobRecord job = Add(lost, "job", 20, 100);
        Ask(lost);
        JobBoard again = Board(new ClusterOptions { BytesPerWorker = 1000 });
        again.Add(job, [_ranges[new RangeKey(job.Job, 0)].Report()]);
        Assert.Equal((1000, 1000), (again.BytesOfWorker("w"), again.BytesOfTenant("blue")));
        Assert.Null(Ask(again));
        Assert.Equal(10, Ask(again, "v")!.Value.Grant.Leases.Count);
    }

    [Fact]
    public void An_old_report_that_arrives_late_changes_nothing()
    {
        JobBoard board = Board();
        JobRecord job = Add(board, "job", 2, 100);
        RangeReport old = _ranges[new RangeKey(job.Job, 0)].Report();
        Ask(board);
        Assert.Equal(200, board.BytesOfWorker("w"));
        board.Apply(old);
        Assert.Equal(200, board.BytesOfWorker("w"));
        board.Remove(job.Job);
        Assert.Equal((0, 0), (board.BytesOfWorker("w"), board.BytesOfTenant("blue")));
    }
}
