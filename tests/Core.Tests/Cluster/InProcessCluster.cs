using ShardInit.Cluster;
using ShardInit.Engine;
using ShardInit.Planning;

namespace ShardInit.Core.Tests.Cluster;

/// <summary>One scheduler and its ranges behind a lock, for workers that write real directories.</summary>
internal sealed class InProcessCluster : ILeaseSource
{
    private readonly Lock _lock = new();
    private readonly JobBoard _board;
    private readonly ShardRange[] _ranges;
    private readonly System.Random? _trouble;

    /// <param name="trouble">Where given, one call in three gets lost, half of them after it was executed.</param>
    public InProcessCluster(Plan plan, string directory, ClusterOptions? options = null, System.Random? trouble = null)
    {
        (Directory, _trouble) = (directory, trouble);
        ClusterOptions chosen = (options ?? new ClusterOptions()).Checked();
        _board = new JobBoard(chosen, TimeProvider.System);
        long[] sizes = [.. Enumerable.Range(0, plan.Files.Length).Select(file => LocalEngine.ValueBytes(plan, file))];
        JobRequest request = new("root/job", plan.PlanId, "blue", 0, sizes.Length, sizes.Sum());
        State = new JobState(null);
        Submitted = State.Submit(request, JobDirectory.Prepare(directory, plan), () => "none");
        _ranges = [.. sizes.Chunk(ShardRange.MaxShards).Select((chunk, number) => new ShardRange(new RangeKey(request.Job, number), chunk, chosen, TimeProvider.System))];
        if (State.Record is { IsLive: true } record) Pass(_board.Add(record, [.. _ranges.Select(range => range.Report())]));
    }

    public string Directory { get; }
    public JobState State { get; }
    public SubmitAnswer Submitted { get; }
    public List<BoardNews> News { get; } = [];
    public int Calls { get; private set; }
    public ManualResetEventSlim Ended { get; } = new();

    public ShardRange Range => _ranges[0];

    public T Locked<T>(Func<T> call)
    {
        lock (_lock) return call();
    }

    public ShardWorker Worker(string name, int threads = 2, Action<string>? log = null, ILeaseSource? source = null, TimeSpan? reportSpan = null) => new(
        new WorkerOptions
        {
            Hello = WorkerHello.Of(name, name, LaneChoice.Auto), DirectoryOf = _ => Directory, Threads = threads, HeartbeatInterval = TimeSpan.FromMilliseconds(20),
            IdleInterval = TimeSpan.FromMilliseconds(5), LeastBatchBytes = 4096, ReportSpan = reportSpan ?? TimeSpan.FromMinutes(5), Log = log ?? (_ => { }),
        },
        source ?? this);

    public string? Hello(WorkerHello hello) => Call(() => _board.Welcome(hello));

    public WorkGrant Ask(WorkRequest request) => Call(() =>
    {
        if (!_board.Knows(request.Worker)) return WorkGrant.Unknown;
        foreach (RangeKey silent in _board.ToPoll()) Pass(_board.Apply(_ranges[silent.Number].Report()));
        HashSet<RangeKey> tried = [];
        while (_board.Choose(request, tried) is { } offer)
        {
            if (offer.IsSeal) return new WorkGrant(offer.Job, default, [], true, false);
            tried.Add(offer.Range);
            RangeGrant grant = _ranges[offer.Range.Number].Lease(offer.Request!);
            Pass(_board.Settle(offer, grant));
            if (grant.Leases.Count > 0) return new WorkGrant(offer.Job, offer.Range, grant.Leases, false, false);
        }
        return WorkGrant.Nothing;
    });

    public BeatReply Heartbeat(WorkerBeat beat) => Call(() =>
    {
        List<LostLeases> lost = [];
        foreach (RangeBeat range in beat.Ranges)
        {
            HeartbeatReply reply = _ranges[range.Range.Number].Heartbeat(beat.Worker, range.Leases);
            lost.Add(new LostLeases(range.Range, reply.Lost));
            Pass(_board.Apply(reply.Report));
        }
        return new BeatReply(lost, [.. beat.Seals.Where(job => !_board.SealHeartbeat(job, beat.Worker))]);
    });

    public IReadOnlyList<CompletionResult> Complete(string worker, RangeKey range, IReadOnlyList<Completion> completions) => Call(() =>
    {
        CompletionReply reply = _ranges[range.Number].Complete(worker, worker, completions);
        Pass(_board.Apply(reply.Report));
        return reply.Results;
    });

    public void Release(string worker, RangeKey range, IReadOnlyList<int>? files) => Call(() =>
    {
        Pass(_board.Apply(_ranges[range.Number].Release(worker, files)));
        return true;
    });

    public IReadOnlyList<string?> Digests(RangeKey range) => Call(() => _ranges[range.Number].Digests());

    public void SealDone(string worker, string job, SealResult result) => Call(() =>
    {
        Pass(_board.SealDone(job, worker, result));
        foreach (IGrouping<int, int> range in result.Missing.GroupBy(file => file / ShardRange.MaxShards)) Pass(_board.Apply(_ranges[range.Key].Missing(range)));
        return true;
    });

    private T Call<T>(Func<T> call)
    {
        lock (_lock)
        {
            Calls++;
            int fate = _trouble?.Next(6) ?? 5;
            if (fate == 0) throw new TimeoutException("the request got lost");
            T answer = call();
            return fate == 1 ? throw new TimeoutException("the answer got lost") : answer;
        }
    }

    private void Pass(IReadOnlyList<BoardNews> all)
    {
        foreach (BoardNews news in all)
        {
            News.Add(news);
            switch (news.Kind)
            {
                case NewsKind.Started: State.Start(); break;
                case NewsKind.AllCommitted:
                    State.AllCommitted();
                    if (State.Record!.Status == JobStatus.Sealing) _board.AllowSeal(news.Job);
                    break;
                case NewsKind.Reopened: State.FilesMissing(); break;
                case NewsKind.Sealed: State.Sealed(); break;
                case NewsKind.Failed: State.Fail(news.Text); break;
                case NewsKind.WorkerFenced: foreach (ShardRange range in _ranges) range.Distrust(news.Worker!.Worker); break;
            }
            if (State.Record is not { IsLive: false }) continue;
            _board.Remove(news.Job);
            foreach (ShardRange range in _ranges) range.Close();
            Ended.Set();
        }
    }
}
