using ShardInit.Cluster;

namespace ShardInit.Core.Tests.Cluster.Simulation;

/// <summary>What the grains are to do with the plain classes, in the order in which they are to do it: the shell that is under test together with them.</summary>
internal sealed class SimulatedScheduler(World world)
{
    private JobBoard? _board = new(world.Options, world.Time);
    private List<WrongWorker> _fenced = [];

    public JobBoard? Board => _board;

    public List<string> Events { get; } = [];

    public TimeSpan? FencedAt { get; private set; }

    public void Submit(SimulatedJob job)
    {
        JobStatus? before = job.State.Record?.Status;
        SubmitAnswer answer = job.State.Submit(job.Request, new DirectoryLook(job.Directory.IsSealed, null), () => "seed");
        Moved(job, before);
        if (answer.Outcome is SubmitOutcome.Same or SubmitOutcome.Refused || job.State.Record!.Status == JobStatus.Sealed) return;
        foreach (SimulatedRange range in job.Ranges) range.SetOpen(true);
        if (_board is not null) Add(job);
    }

    public void Cancel(SimulatedJob job)
    {
        JobStatus? before = job.State.Record?.Status;
        if (!job.State.Cancel()) return;
        Moved(job, before);
        End(job);
    }

    /// <summary>All that the scheduler knew is gone; after a while another one is there.</summary>
    public void Lose(TimeSpan away)
    {
        if (_board is null) return;
        _board = null;
        world.Time.After(away, () =>
        {
            _board = new JobBoard(world.Options, world.Time);
            foreach (WrongWorker wrong in _fenced) _board.Fence(wrong);
            foreach (SimulatedJob job in world.Jobs.Where(job => job.State.Record is { IsLive: true })) Add(job);
        });
    }

    public bool Hello(WorkerHello hello) => _board is not null && _board.Welcome(hello) is null;

    public WorkGrant Ask(WorkRequest request)
    {
        if (_board is null) return WorkGrant.Nothing;
        if (!_board.Knows(request.Worker)) return WorkGrant.Unknown;
        _board.Seen(request.Worker);
        HashSet<RangeKey> tried = [];
        while (_board.Choose(request, tried) is { } offer)
        {
            SimulatedJob job = world.Jobs.Single(other => other.Id == offer.Job.Job);
            if (offer.IsSeal) return new WorkGrant(offer.Job, default, [], true, false);
            tried.Add(offer.Range);
            RangeGrant? grant = Call(() => job.Ranges[offer.Range.Number].Call(range => range.Lease(offer.Request!)));
            if (grant is null)
            {
                _board.Unknown(offer);
                continue;
            }
            Pass(_board.Settle(offer, grant));
            if (_board is null) return WorkGrant.Nothing;
            if (grant.Leases.Count > 0) return new WorkGrant(offer.Job, offer.Range, grant.Leases, false, false);
        }
        return WorkGrant.Nothing;
    }

    public IReadOnlyList<int> Heartbeat(string worker, SimulatedRange range, IReadOnlyList<LeaseProgress> progress)
    {
        HeartbeatReply reply = range.Call(state => state.Heartbeat(worker, progress));
        Apply(reply.Report);
        return reply.Lost;
    }

    public IReadOnlyList<CompletionResult> Complete(WorkerHello worker, SimulatedRange range, IReadOnlyList<Completion> completions)
    {
        CompletionReply reply = range.Call(state => state.Complete(worker.Worker, worker.Host, completions));
        Apply(reply.Report);
        return reply.Results;
    }

    public void Release(string worker, SimulatedRange range, IReadOnlyList<int> files) => Apply(range.Call(state => state.Release(worker, files)));

    public bool SealHeartbeat(SimulatedJob job, string worker) => _board?.SealHeartbeat(job.Id, worker) ?? true;

    public void SealDone(SimulatedJob job, string worker, SealResult result)
    {
        if (result.Sealed)
        {
            JobStatus? before = job.State.Record?.Status;
            job.State.Sealed();
            Moved(job, before);
            End(job);
            job.SealedAt ??= world.Time.Now;
            return;
        }
        Pass(_board?.SealDone(job.Id, worker, result) ?? []);
        foreach (IGrouping<int, int> range in result.Missing.GroupBy(file => file / ShardRange.MaxShards)) Apply(job.Ranges[range.Key].Call(state => state.Missing(range)));
    }

    /// <summary>A timer of the scheduler.</summary>
    public void Tick()
    {
        if (_board is null) return;
        foreach (RangeKey key in _board.ToPoll())
        {
            SimulatedRange range = world.Jobs.Single(job => job.Id == key.Job).Ranges[key.Number];
            if (Call(() => range.Call(state => state.Report())) is { } report) Apply(report);
        }
    }

    private void Add(SimulatedJob job) => Pass(_board!.Add(job.State.Record!, [.. job.Ranges.Select(range => range.Call(state => state.Report()))]));

    private void Apply(RangeReport report) => Pass(_board?.Apply(report) ?? []);

    private void Pass(IReadOnlyList<BoardNews> all)
    {
        foreach (BoardNews news in all)
        {
            SimulatedJob job = world.Jobs.Single(other => other.Id == news.Job);
            JobStatus? before = job.State.Record?.Status;
            switch (news.Kind)
            {
                case NewsKind.Started: job.State.Start(); break;
                case NewsKind.AllCommitted:
                    job.State.AllCommitted();
                    if (job.State.Record!.Status == JobStatus.Sealing) _board!.AllowSeal(job.Id);
                    break;
                case NewsKind.Reopened: job.State.FilesMissing(); break;
                case NewsKind.Failed:
                    if (job.State.Fail(news.Text)) End(job);
                    Events.Add(news.Text);
                    break;
                case NewsKind.WorkerFenced:
                    _fenced = [.. _board!.Fenced];
                    FencedAt ??= world.Time.Now;
                    Events.Add(news.Text);
                    foreach (SimulatedRange range in world.Jobs.Where(other => other.State.Record is { IsLive: true }).SelectMany(other => other.Ranges))
                    {
                        Apply(range.Call(state => state.Distrust(news.Worker!.Worker)));
                    }
                    break;
            }
            Moved(job, before);
        }
    }

    private void End(SimulatedJob job)
    {
        _board?.Remove(job.Id);
        foreach (SimulatedRange range in job.Ranges) range.SetOpen(false);
    }

    /// <summary>A call from grain to grain, which may get lost either way.</summary>
    private T? Call<T>(Func<T> call) where T : class
    {
        if (!world.Happens(world.Faults.LostMessage)) return call();
        world.Lost++;
        if (world.Random.Next(2) == 0) call();
        return null;
    }

    private void Moved(SimulatedJob job, JobStatus? before)
    {
        if (before is { } from && job.State.Record!.Status != from) Xunit.Assert.True(JobState.IsLegal(from, job.State.Record.Status), $"{world}: {from} to {job.State.Record.Status}");
    }
}
