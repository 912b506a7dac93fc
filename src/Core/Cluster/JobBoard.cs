namespace ShardInit.Cluster;

/// <summary>
/// The whole of a scheduler: live jobs with counts per range, the fair queue, who is welcome, bytes in flight. It decides which range a worker should ask, never which shard: that is the
/// range's own business. Everything in it can be lost: the records of the jobs and one report of each range bring it back. Not thread-safe.
/// </summary>
/// <remarks>
/// A worker's request is served by: <see cref="Choose"/>; asking the range; <see cref="Settle"/> (or <see cref="Unknown"/> when no answer came); again with that range among the tried
/// ones while it gave nothing. Every report that passes by goes to <see cref="Apply"/>. A timer asks the ranges of <see cref="ToPoll"/> for theirs: without it the leases of a dead worker
/// would never be seen to lapse. After a loss, requests wait until all live jobs have been added again.
/// </remarks>
public sealed partial class JobBoard(ClusterOptions options, TimeProvider time)
{
    private readonly MonotonicClock _clock = new(time);
    private readonly List<BoardJob> _jobs = [];
    private readonly FairQueue _queue = new(options.TenantWeights);
    private readonly Dictionary<long, Offer> _open = [];
    private readonly HashSet<long> _unknown = [];
    private readonly InFlight _workers = new();
    private readonly InFlight _tenants = new();
    private long _lastOffer;

    public IEnumerable<JobRecord> Jobs => _jobs.Select(job => job.Record);

    /// <summary>A job that was submitted, or is live after a loss.</summary>
    /// <param name="ranges">A report of each range, in order; <see cref="RangeReport.OfNew"/> does for those of a new job.</param>
    public IReadOnlyList<BoardNews> Add(JobRecord record, IReadOnlyList<RangeReport> ranges)
    {
        if (ranges.Count != RangeKey.CountFor(record.Request.Files)) throw new ArgumentException($"job {record.Job}: expected {RangeKey.CountFor(record.Request.Files)} range reports, found {ranges.Count}", nameof(ranges));
        Remove(record.Job);
        BoardJob job = new(record, ranges, _clock.Now);
        // Newest first: of jobs that are owed the same it is served first.
        _jobs.Insert(0, job);
        List<BoardNews> news = [];
        foreach (RangeReport report in ranges)
        {
            Count(job, report.Leased, 1);
            if (report.Failure is { } reason) news.Add(new BoardNews(NewsKind.Failed, record.Job, reason));
            Fence(job, report, news);
        }
        if (job.IsComplete) news.Add(new BoardNews(NewsKind.AllCommitted, record.Job));
        return news;
    }

    /// <summary>A job that was cancelled, failed or sealed.</summary>
    public void Remove(string id)
    {
        if (Find(id) is not { } job) return;
        foreach (RangeReport report in job.Ranges) Count(job, report.Leased, -1);
        foreach (Offer offer in _open.Values.Where(offer => offer.Job.Job == id).ToList()) Close(job, offer);
        _jobs.Remove(job);
        _queue.Remove(job.Tenant, id, _jobs.All(other => other.Tenant != job.Tenant));
    }

    /// <summary>Which range to ask for this worker, or which job it should seal; null when there is nothing for it now.</summary>
    /// <param name="tried">Ranges that gave nothing to this request.</param>
    public Offer? Choose(WorkRequest request, IReadOnlySet<RangeKey> tried)
    {
        if (WhyNot(request.Worker) is not null) return null;
        TimeSpan now = _clock.Now;
        if (ChooseSeal(request.Worker, now) is { } seal) return seal;
        long inFlight = Math.Max(_workers[request.Worker], request.HeldBytes);
        QueuedJob[] waiting = [.. _jobs.Where(job => job.FirstWithWork is not null)
            .Select(job => new QueuedJob(job.Record.Job, job.Tenant, job.Record.Request.Priority, (job.FirstFor(request.Worker, now, tried) ?? job.FirstWithWork!).SmallestBytes))];
        return _queue.Choose(waiting, FitOf) is { } chosen ? Open(Find(chosen.Job)!) : null;

        Fit FitOf(QueuedJob queued)
        {
            if (request.Avoid.Contains(queued.Job) || Find(queued.Job)!.FirstFor(request.Worker, now, tried) is null) return Fit.NotNow;
            long tenantInFlight = _tenants[queued.Tenant];
            if (queued.SmallestBytes > options.BytesPerTenant - tenantInFlight && tenantInFlight > 0) return Fit.TenantFull;
            return queued.SmallestBytes > options.BytesPerWorker - inFlight && inFlight > 0 ? Fit.WorkerFull : Fit.Fits;
        }

        Offer Open(BoardJob job)
        {
            RangeReport range = job.FirstFor(request.Worker, now, tried)!;
            long room = Math.Min(options.BytesPerWorker - inFlight, options.BytesPerTenant - _tenants[job.Tenant]);
            bool any = inFlight == 0 && _tenants[job.Tenant] == 0;
            long most = Math.Max(request.TargetBytes, range.LargestBytes);
            LeaseRequest lease = new(request.Worker, _hosts[request.Worker], request.TargetBytes, room, any, options.MostShardsInBatch);
            Offer offer = new(++_lastOffer, job.Record, range.Range, lease)
            {
                ReservedBytes = any ? most : Math.Min(room, most),
                ChargedBytes = Math.Min(request.TargetBytes, Math.Max(range.PlannedBytes, range.SmallestBytes)),
            };
            _open.Add(offer.Number, offer);
            Count(job, [new LeasedBytes(request.Worker, offer.ReservedBytes)], 1);
            _queue.Charge(job.Tenant, job.Record.Job, offer.ChargedBytes);
            return offer;
        }
    }

    /// <summary>The range has answered.</summary>
    public IReadOnlyList<BoardNews> Settle(Offer offer, RangeGrant grant)
    {
        if (_open.Remove(offer.Number) && Find(offer.Job.Job) is { } job)
        {
            _unknown.Remove(offer.Number);
            Release(job, offer);
            if (grant.Leases.Count == 0) job.Quiet(offer.Range.Number, offer.Request!.Worker, _clock.Now + options.QuietSpan);
        }
        return Apply(grant.Report);
    }

    /// <summary>No answer came from the range: it may have given out leases. Its bytes stay set aside until its next report.</summary>
    public void Unknown(Offer offer)
    {
        if (!_open.ContainsKey(offer.Number) || Find(offer.Job.Job) is not { } job) return;
        _unknown.Add(offer.Number);
        job.Quiet(offer.Range.Number, offer.Request!.Worker, _clock.Now + options.QuietSpan);
    }

    /// <summary>What a range says of itself, with whatever answer it came.</summary>
    /// <returns>What follows from it, to be passed on.</returns>
    public IReadOnlyList<BoardNews> Apply(RangeReport report)
    {
        if (Find(report.Range.Job) is not { } job) return [];
        bool wasComplete = job.IsComplete;
        if (job.Take(report, _clock.Now) is not { } before) return [];
        Count(job, before.Leased, -1);
        Count(job, report.Leased, 1);
        foreach (long number in _unknown.Where(number => _open[number].Range == report.Range).ToList()) Close(job, _open[number]);
        // Given out and really written is what the tenant got; what lapsed, failed or was there already comes back.
        long written = before.Activation == report.Activation ? report.WrittenBytes - before.WrittenBytes : 0;
        _queue.Charge(job.Tenant, job.Record.Job, written + report.LeasedTotal - before.LeasedTotal);

        List<BoardNews> news = [];
        if (!job.IsStarted && (report.Leased.Count > 0 || report.WrittenBytes > 0))
        {
            job.IsStarted = true;
            news.Add(new BoardNews(NewsKind.Started, job.Record.Job));
        }
        if (report.Failure is { } reason) news.Add(new BoardNews(NewsKind.Failed, job.Record.Job, reason));
        Fence(job, report, news);
        if (job.IsComplete != wasComplete)
        {
            (job.Sealer, job.MaySeal) = (null, false);
            news.Add(new BoardNews(wasComplete ? NewsKind.Reopened : NewsKind.AllCommitted, job.Record.Job));
        }
        return news;
    }

    /// <summary>Ranges to ask for a report: their holder may have died, or an answer was lost. To be called every few seconds.</summary>
    public IReadOnlyList<RangeKey> ToPoll() =>
        [.. _jobs.SelectMany(job => job.Silent(_clock.Now - (2 * options.HeartbeatInterval))).Concat(_unknown.Select(number => _open[number].Range)).Distinct()];

    public JobProgress? Progress(string id) => Find(id) is not { } job ? null : new JobProgress(
        id, job.Ranges.Sum(range => range.Shards), job.Ranges.Sum(range => range.CommittedShards),
        job.Ranges.Sum(range => range.ToDecide), job.Record.Request.Bytes, job.Ranges.Sum(range => range.CommittedBytes), job.Ranges.Sum(range => range.LeasedTotal),
        job.Ranges.Sum(range => range.WrittenBytes), job.Ranges.Sum(range => range.LostLeases), _clock.Now - job.ProgressAt, job.Sealer?.Worker);

    /// <summary>Bytes leased to a worker, and set aside for it.</summary>
    public long BytesOfWorker(string worker) => _workers[worker];

    /// <summary>Bytes leased to the jobs of a tenant, and set aside for them.</summary>
    public long BytesOfTenant(string tenant) => _tenants[tenant];

    private BoardJob? Find(string id) => _jobs.Find(job => job.Record.Job == id);

    private void Close(BoardJob job, Offer offer)
    {
        _open.Remove(offer.Number);
        _unknown.Remove(offer.Number);
        Release(job, offer);
    }

    private void Release(BoardJob job, Offer offer)
    {
        Count(job, [new LeasedBytes(offer.Request!.Worker, offer.ReservedBytes)], -1);
        _queue.Charge(job.Tenant, job.Record.Job, -offer.ChargedBytes);
    }

    private void Count(BoardJob job, IReadOnlyList<LeasedBytes> leased, int sign)
    {
        foreach (LeasedBytes bytes in leased)
        {
            _workers.Add(bytes.Worker, sign * bytes.Bytes);
            _tenants.Add(job.Tenant, sign * bytes.Bytes);
        }
    }

    /// <summary>Sums by name; who has nothing is forgotten.</summary>
    private sealed class InFlight
    {
        private readonly Dictionary<string, long> _bytes = [];

        public long this[string name] => _bytes.GetValueOrDefault(name);

        public void Add(string name, long bytes)
        {
            long sum = this[name] + bytes;
            if (sum == 0) _bytes.Remove(name);
            else _bytes[name] = sum;
        }
    }
}
