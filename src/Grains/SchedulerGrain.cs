using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using ShardInit.Cluster;

namespace ShardInit.Grains;

/// <summary>
/// A thin shell over <see cref="JobBoard"/>. Reentrant: while one worker's request waits for a range, others go on; the board sets bytes aside for open offers, so that every await below may see
/// a changed board.
/// </summary>
[Reentrant]
internal sealed partial class SchedulerGrain(
    [PersistentState("scheduler", StoredJson<SchedulerRecord>.Name)] IPersistentState<StoredText> state,
    ClusterOptions options, ClusterMetrics metrics, TimeProvider time, ILogger<SchedulerGrain> log) : Grain, ISchedulerGrain
{
    /// <summary>How many ranges are asked for one request before the worker is told to come again.</summary>
    private const int MostOffers = 16;

    /// <summary>How long one range is waited for, and after how long no further one is asked: together less than the half minute after which the worker stops listening, and then nobody would hold what was leased.</summary>
    private static readonly TimeSpan s_rangeLimit = TimeSpan.FromSeconds(10), s_askLimit = TimeSpan.FromSeconds(15);

    private readonly StoredJson<SchedulerRecord> _storage = new(state);
    private readonly JobBoard _board = new(options, time);
    private readonly Dictionary<string, string> _outputs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Queue<BoardNews>> _news = new(StringComparer.Ordinal);
    private readonly HashSet<string> _telling = new(StringComparer.Ordinal);
    private readonly HashSet<string> _pending = new(StringComparer.Ordinal);
    private bool _polling, _writing, _writeAgain;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        SchedulerRecord stored = _storage.Value ?? new SchedulerRecord(SchedulerRecord.CurrentVersion, [], []);
        if (stored.Version > SchedulerRecord.CurrentVersion) throw new InvalidOperationException($"scheduler: a newer release stored version {stored.Version}; run that");
        foreach (WrongWorker wrong in stored.Fenced) _board.Fence(wrong);
        // The jobs come back one by one, by the timer: their ranges may be on silos that are not up yet.
        foreach (string output in stored.Outputs) _pending.Add(output);
        this.RegisterGrainTimer(Tick, new GrainTimerCreationOptions(TimeSpan.Zero, TimeSpan.FromSeconds(2)) { Interleave = true, KeepAlive = true });
        LogActivated(log, _pending.Count);
        return Task.CompletedTask;
    }

    public Task<string?> Hello(WorkerHello hello)
    {
        string? refusal = _board.Welcome(hello);
        if (refusal is not null) LogRefused(log, hello.Worker, refusal);
        return Task.FromResult(refusal);
    }

    public async Task<WorkGrant> Ask(WorkRequest request)
    {
        if (!_board.Knows(request.Worker)) return WorkGrant.Unknown;
        _board.Seen(request.Worker);
        HashSet<RangeKey> tried = [];
        long start = time.GetTimestamp();
        for (int offers = 0; offers < MostOffers && time.GetElapsedTime(start) < s_askLimit && _board.Choose(request, tried) is { } offer; offers++)
        {
            if (offer.IsSeal) return new WorkGrant(offer.Job, RangeKey.None, [], IsSeal: true, IsUnknown: false);
            tried.Add(offer.Range);
            RangeGrant grant;
            try
            {
                grant = await Range(offer.Range).Lease(offer.Request!).WaitAsync(s_rangeLimit, time);
            }
            catch (Exception error)
            {
                LogNoAnswer(log, offer.Range.Job, offer.Range.Number, error.Message);
                _board.Unknown(offer);
                continue;
            }
            Pass(_board.Settle(offer, grant));
            if (grant.Leases.Count > 0) return new WorkGrant(offer.Job, offer.Range, grant.Leases, IsSeal: false, IsUnknown: false);
        }
        return WorkGrant.Nothing;
    }

    public Task<IReadOnlyList<string>> Beat(string worker, IReadOnlyList<RangeReport> reports, IReadOnlyList<string> seals)
    {
        if (_board.Knows(worker)) _board.Seen(worker);
        foreach (RangeReport report in reports) Apply(report);
        return Task.FromResult<IReadOnlyList<string>>([.. seals.Where(job => !_board.SealHeartbeat(job, worker))]);
    }

    public async Task SealDone(string worker, string job, string output, SealResult result)
    {
        if (result.Error is { } error) LogSealFailed(log, job, worker, error);
        IReadOnlyList<BoardNews> news = _board.SealDone(job, worker, result);
        if (result.Sealed && news.Count == 0)
        {
            // Of a job that is not on the board: not brought back yet, or ended. The directory is the truth, and the job has to say so.
            _outputs.TryAdd(job, output);
            news = [new BoardNews(NewsKind.Sealed, job)];
        }
        Pass(news);
        foreach (IGrouping<RangeKey, int> range in result.Missing.GroupBy(file => RangeKey.Of(job, file)))
        {
            if (_outputs.ContainsKey(job)) Apply(await Range(range.Key).Missing([.. range]));
        }
    }

    public Task Leave(string worker)
    {
        _board.ReleaseSeals(worker);
        return Task.CompletedTask;
    }

    public async Task Add(JobRecord record, IReadOnlyList<RangeReport>? ranges)
    {
        // Ranges may call for the record of their job, so whoever adds a job has stored it before.
        _outputs[record.Job] = record.Request.Output;
        ranges ??= await Task.WhenAll(Enumerable.Range(0, RangeKey.CountFor(record.Request.Files)).Select(number => Range(new RangeKey(record.Job, number)).Open()));
        if (!_outputs.ContainsKey(record.Job)) return;
        Pass(_board.Add(record, ranges));
        _pending.Remove(record.Request.Output);
        await Store();
    }

    public async Task Remove(string job)
    {
        _board.Remove(job);
        if (_outputs.Remove(job)) await Store();
    }

    public Task<JobProgress?> Progress(string job) => Task.FromResult(_board.Progress(job));

    public Task<SchedulerView> View() => Task.FromResult(new SchedulerView(_board.Living(), [.. _board.Fenced], _board.Jobs.Count()));

    private IShardGrain Range(RangeKey range) => GrainFactory.GetGrain<IShardGrain>(new RangeName(range, _outputs[range.Job]).ToString());

    private void Apply(RangeReport report) => Pass(_board.Apply(report));

    /// <summary>
    /// Queues what the owners of jobs have to hear. Not awaited by those who cause it: a job may be waiting for this grain just now. One queue for each job, in order: a job that cannot be
    /// told, because its directory hangs or its record cannot be read, keeps no news from the others.
    /// </summary>
    private void Pass(IReadOnlyList<BoardNews> news)
    {
        foreach (BoardNews item in news)
        {
            if (!_news.TryGetValue(item.Job, out Queue<BoardNews>? queue)) _news.Add(item.Job, queue = new());
            queue.Enqueue(item);
        }
        foreach (string job in _news.Keys.Where(job => !_telling.Contains(job)).ToArray()) _ = TellAll(job);
    }

    private async Task TellAll(string job)
    {
        _telling.Add(job);
        try
        {
            // First give way, so that the call that caused it returns.
            await Task.Yield();
            Queue<BoardNews> queue = _news[job];
            while (queue.TryPeek(out BoardNews? item))
            {
                await Tell(item);
                queue.Dequeue();
            }
            _news.Remove(job);
        }
        catch (Exception error)
        {
            LogNotTold(log, job, error.Message);
        }
        finally
        {
            _telling.Remove(job);
        }
    }

    private async Task Tell(BoardNews news)
    {
        if (news.Kind == NewsKind.WorkerFenced)
        {
            LogFenced(log, news.Text);
            metrics.WorkerFenced();
            await Store();
            await Task.WhenAll(_board.Jobs.SelectMany(job => Enumerable.Range(0, RangeKey.CountFor(job.Request.Files)).Select(number => new RangeKey(job.Job, number))).ToArray()
                .Select(range => Distrust(range, news.Worker!.Worker)));
            return;
        }
        if (!_outputs.TryGetValue(news.Job, out string? output)) return;
        if (news.Kind is NewsKind.Failed or NewsKind.Sealed) _board.Remove(news.Job);
        JobStatus? status = await GrainFactory.GetGrain<IJobControl>(output).Tell(news);
        // Unless what waits behind this takes it back: then the same news comes once more.
        if (news.Kind == NewsKind.AllCommitted && status == JobStatus.Sealing && !_news[news.Job].Any(later => later.Kind == NewsKind.Reopened)) _board.AllowSeal(news.Job);
        if (news.Kind is not (NewsKind.Failed or NewsKind.Sealed)) return;
        _outputs.Remove(news.Job);
        await Store();
    }

    private async Task Distrust(RangeKey range, string worker)
    {
        // Each by itself: where one cannot be had, the news is told again to all of them.
        if (_outputs.ContainsKey(range.Job)) Apply(await Range(range).Distrust(worker));
    }

    /// <summary>Every two seconds: brings jobs back after a loss, asks ranges that are silent, tells what could not be told.</summary>
    private async Task Tick(CancellationToken cancellationToken)
    {
        if (_polling) return;
        _polling = true;
        try
        {
            Pass([]);
            if (_writeAgain) await Store();
            // Side by side: one job whose directory hangs, or whose silo is gone, keeps no other waiting.
            await Task.WhenAll(_pending.ToArray().Select(Recover));
            await Task.WhenAll(_board.ToPoll().Select(Poll));
            metrics.Workers = _board.Living().Count;
            metrics.Jobs = _board.Jobs.Count();
        }
        finally
        {
            _polling = false;
        }
    }

    private async Task Poll(RangeKey range)
    {
        if (!_outputs.ContainsKey(range.Job)) return;
        try
        {
            Apply(await Range(range).Report().WaitAsync(s_rangeLimit, time));
        }
        catch (Exception error)
        {
            LogNoAnswer(log, range.Job, range.Number, error.Message);
        }
    }

    private async Task Recover(string output)
    {
        try
        {
            JobRecord? record = await GrainFactory.GetGrain<IJobControl>(output).Record();
            if (record is { IsLive: true })
            {
                _outputs[record.Job] = output;
                RangeReport[] reports = await Task.WhenAll(Enumerable.Range(0, RangeKey.CountFor(record.Request.Files)).Select(number => Range(new RangeKey(record.Job, number)).Report()));
                // It may have been added by itself meanwhile, or have ended.
                if (_pending.Contains(output) && _outputs.ContainsKey(record.Job)) Pass(_board.Add(record, reports));
            }
            _pending.Remove(output);
        }
        catch (Exception error)
        {
            LogNotRecovered(log, output, error.Message);
        }
    }

    /// <summary>One write at a time; the last state wins.</summary>
    private async Task Store()
    {
        _writeAgain = true;
        if (_writing) return;
        _writing = true;
        try
        {
            while (_writeAgain)
            {
                _writeAgain = false;
                await _storage.Write(Snapshot(), _ => Snapshot());
            }
        }
        catch (Exception error)
        {
            // The timer tries again.
            _writeAgain = true;
            LogNotStored(log, error.Message);
        }
        finally
        {
            _writing = false;
        }
    }

    private SchedulerRecord Snapshot() => new(SchedulerRecord.CurrentVersion, [.. _outputs.Values.Concat(_pending).Distinct()], [.. _board.Fenced]);

    [LoggerMessage(Level = LogLevel.Information, Message = "the scheduler is here; {Jobs} live jobs to bring back")]
    private static partial void LogActivated(ILogger log, int jobs);

    [LoggerMessage(Level = LogLevel.Warning, Message = "worker {Worker} gets no lease: {Reason}")]
    private static partial void LogRefused(ILogger log, string worker, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "job {Job}: range {Range} did not answer ({Error}); it is asked again")]
    private static partial void LogNoAnswer(ILogger log, string job, int range, string error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "job {Job}: worker {Worker} could not seal: {Error}")]
    private static partial void LogSealFailed(ILogger log, string job, string worker, string error);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Fence}")]
    private static partial void LogFenced(ILogger log, string fence);

    [LoggerMessage(Level = LogLevel.Warning, Message = "job {Job}: could not be told its news ({Error}); tried again")]
    private static partial void LogNotTold(ILogger log, string job, string error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the job of {Output} could not be brought back yet: {Error}")]
    private static partial void LogNotRecovered(ILogger log, string output, string error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the state of the scheduler could not be stored: {Error}")]
    private static partial void LogNotStored(ILogger log, string error);
}
