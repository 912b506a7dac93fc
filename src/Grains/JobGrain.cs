using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using ShardInit.Cluster;
using ShardInit.Errors;
using ShardInit.Planning;

namespace ShardInit.Grains;

/// <summary>A thin shell over <see cref="JobState"/>: checks the order, prepares the directory, keeps the record, tells the scheduler.</summary>
internal sealed partial class JobGrain(
    [PersistentState("job", StoredJson<JobRecord>.Name)] IPersistentState<StoredText> storage,
    OutputRoots roots, ClusterMetrics metrics, TimeProvider time, ILogger<JobGrain> log) : Grain, IJobGrain, IJobControl, IRemindable
{
    private const string Reminder = "live";

    /// <summary>Orleans' least period. A reminder only matters where every silo was lost: then it wakes the job.</summary>
    private static readonly TimeSpan s_reminderPeriod = TimeSpan.FromMinutes(1);

    private readonly StoredJson<JobRecord> _storage = new(storage);
    private readonly RateSample _rate = new(time);
    private JobState _state = null!;
    private bool _endIsUnfinished;

    private string Output => this.GetPrimaryKeyString();

    private ISchedulerGrain Scheduler => GrainFactory.GetGrain<ISchedulerGrain>(ISchedulerGrain.Key);

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _state = new JobState(_storage.Value);
        return Task.CompletedTask;
    }

    public async Task<SubmitAnswer> Submit(JobOrder order)
    {
        string tenant = TenantContext.Tenant;
        (SubmitAnswer answer, Plan? plan) = await Accept(order, tenant);
        if (plan is null) return answer;
        try
        {
            await GrainFactory.GetGrain<IJobListGrain>(IJobListGrain.KeyOf(tenant)).Add(answer.Job, Output);
            if (_state.Record!.IsLive) await Schedule(answer.Outcome == SubmitOutcome.Started ? JobPlan.NewRanges(answer.Job, plan) : null);
            return answer;
        }
        catch (Exception error) when (error is not (OrleansException or TimeoutException))
        {
            // The job is stored and goes on: whatever it was, it is no refusal, and the same call again does what is missing.
            throw new OrleansException($"job {answer.Job}: is stored, but could not be scheduled yet: {roots.WithoutPaths(error.Message)}", error);
        }
    }

    /// <summary>Everything up to the stored record. The plan is null where it was refused.</summary>
    private async Task<(SubmitAnswer Answer, Plan? Plan)> Accept(JobOrder order, string tenant)
    {
        try
        {
            OutputName output = OutputName.Parse(Output);
            if (output.ToString() != Output) throw new PlanException($"output {Problems.Quote(Output)}: expected its canonical form {Problems.Quote(output.ToString())}");
            roots.Require(output, tenant);
            if (_state.Record is { } known && known.Request.Tenant != tenant) throw new PlanException($"output {Problems.Quote(Output)}: belongs to another tenant; choose another output");
            (Plan plan, byte[] _) = await Task.Run(() => OrderedPlan.Read(order, output));
            JobRequest request = new(Output, plan.PlanId, tenant, order.Priority, plan.Files.Length, plan.Tensors.Sum(tensor => tensor.ByteLength));
            DirectoryLook look = await Task.Run(() => Prepare(output, tenant, plan));
            JobRecord? before = _state.Record;
            SubmitAnswer answer = _state.Submit(request, look, () => $"plan {_state.Record!.Request.PlanId} there, {plan.PlanId} here");
            if (answer.Outcome == SubmitOutcome.Refused) return (Refused(answer, tenant), null);
            // Before the record is stored: a job that is there is never without what wakes it, whatever fails below. Without a record the reminder ends itself.
            try
            {
                if (_state.Record!.IsLive) await this.RegisterOrUpdateReminder(Reminder, s_reminderPeriod, s_reminderPeriod);
                if (answer.Outcome != SubmitOutcome.Same) await Keep(before);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                _state = new JobState(before);
                throw new OrleansException($"job {answer.Job}: could not be stored: {error.Message}", error);
            }
            catch
            {
                _state = new JobState(before);
                throw;
            }
            LogSubmitted(log, answer.Job, Output, tenant, answer.Outcome, answer.Status);
            return (answer, plan);
        }
        catch (PlanException refusal)
        {
            return (Refused(new SubmitAnswer(SubmitOutcome.Refused, order.Job, _state.Record?.Status ?? JobStatus.Failed, string.Join("; ", refusal.Problems)), tenant), null);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ShardFormatException)
        {
            return (Refused(new SubmitAnswer(SubmitOutcome.Refused, order.Job, _state.Record?.Status ?? JobStatus.Failed, error.Message), tenant), null);
        }
    }

    public async Task<bool?> Cancel(string job)
    {
        if (_state.Record is not { } record || record.Job != job || record.Request.Tenant != TenantContext.Tenant) return null;
        if (_state.Cancel())
        {
            await Keep(record);
            LogCancelled(log, job);
            _endIsUnfinished = true;
        }
        // The answer to the call that did it may have got lost, or it may have ended half way: the same call again does the rest.
        else if (!(record.Status == JobStatus.Cancelled && _endIsUnfinished)) return false;
        await Scheduler.Remove(job);
        await CloseRanges(record, forget: false);
        await Forget();
        _endIsUnfinished = false;
        return true;
    }

    public async Task<JobView?> View()
    {
        if (_state.Record is not { } record || record.Request.Tenant != TenantContext.Tenant) return null;
        JobProgress? progress = record.IsLive ? await Scheduler.Progress(record.Job) : null;
        if (progress is not null) _rate.Add(progress.WrittenBytes);
        return new JobView(record, progress, progress is null ? null : _rate.BytesPerSecond, progress is null ? 0 : (await Scheduler.View()).Workers.Count);
    }

    public Task<JobRecord?> Record() => Task.FromResult(_state.Record);

    public async Task<JobStatus?> Tell(BoardNews news)
    {
        if (_state.Record is not { } record || record.Job != news.Job) return null;
        bool changed = news.Kind switch
        {
            NewsKind.Started => _state.Start(),
            NewsKind.AllCommitted => _state.AllCommitted(),
            NewsKind.Reopened => _state.FilesMissing(),
            NewsKind.Sealed => _state.Sealed(),
            NewsKind.Failed => _state.Fail(roots.WithoutPaths(news.Text)),
            _ => false,
        };
        if (!changed) return record.Status;
        await Keep(record);
        LogState(log, record.Job, _state.Record!.Status, _state.Record.Reason);
        if (news.Kind == NewsKind.Sealed) metrics.JobSealed();
        if (news.Kind is not (NewsKind.Sealed or NewsKind.Failed)) return _state.Record.Status;
        await CloseRanges(record, forget: news.Kind == NewsKind.Sealed);
        await Forget();
        return _state.Record.Status;
    }

    /// <summary>Wakes the job where every silo was lost, mends a scheduler that does not know it, and ends what an end that was interrupted has left: the reminder is the last to go.</summary>
    public async Task ReceiveReminder(string reminderName, TickStatus status)
    {
        if (_state.Record is { IsLive: true } record)
        {
            if (await Scheduler.Progress(record.Job) is null) await Schedule(null);
            return;
        }
        if (_state.Record is { } ended)
        {
            await Scheduler.Remove(ended.Job);
            try
            {
                await CloseRanges(ended, forget: ended.Status == JobStatus.Sealed);
            }
            catch (Exception error)
            {
                // Their directory may be gone. Nobody asks them any more, and a new activation closes by itself.
                LogNotClosed(log, ended.Job, error.Message);
            }
        }
        await Forget();
    }

    /// <summary>What clients are told names the output, never a path of the silo.</summary>
    private DirectoryLook Prepare(OutputName output, string tenant, Plan plan)
    {
        string directory = roots.Create(output, tenant);
        DirectoryLook look = JobDirectory.Prepare(directory, plan);
        return look with { Refusal = look.Refusal?.Replace(directory, output.ToString(), StringComparison.Ordinal) };
    }

    private async Task Schedule(IReadOnlyList<RangeReport>? ranges)
    {
        // A job whose scheduler is not to be had now is stored: the reminder brings it there.
        if (await Scheduler.Progress(_state.Record!.Job) is null) await Scheduler.Add(_state.Record, ranges);
    }

    private async Task CloseRanges(JobRecord record, bool forget) => await Task.WhenAll(Enumerable.Range(0, RangeKey.CountFor(record.Request.Files))
        .Select(number => GrainFactory.GetGrain<IShardGrain>(new RangeName(new RangeKey(record.Job, number), Output).ToString()).Close(forget)));

    private async Task Forget()
    {
        if (await this.GetReminder(Reminder) is { } reminder) await this.UnregisterReminder(reminder);
    }

    /// <summary>Writes the record down. Where that fails the job is as it was before: whoever asked or told does so again, and must find the change still to be made.</summary>
    private async Task Keep(JobRecord? before)
    {
        try
        {
            await _storage.Write(_state.Record!);
        }
        catch
        {
            _state = new JobState(before);
            throw;
        }
    }

    private SubmitAnswer Refused(SubmitAnswer answer, string tenant)
    {
        metrics.CallRefused();
        LogRefused(log, answer.Job, Problems.Quote(Output), tenant, answer.Reason);
        return answer with { Reason = roots.WithoutPaths(answer.Reason) };
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "job {Job}: submitted for {Output} by tenant {Tenant}: {Outcome}, {Status}")]
    private static partial void LogSubmitted(ILogger log, string job, string output, string tenant, SubmitOutcome outcome, JobStatus status);

    [LoggerMessage(Level = LogLevel.Warning, Message = "job {Job}: refused for {Output} to tenant {Tenant}: {Reason}")]
    private static partial void LogRefused(ILogger log, string job, string output, string tenant, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "job {Job}: cancelled; what is committed stays")]
    private static partial void LogCancelled(ILogger log, string job);

    [LoggerMessage(Level = LogLevel.Warning, Message = "job {Job}: has ended, and its ranges could not be closed: {Error}")]
    private static partial void LogNotClosed(ILogger log, string job, string error);

    [LoggerMessage(Level = LogLevel.Information, Message = "job {Job}: {Status} {Reason}")]
    private static partial void LogState(ILogger log, string job, JobStatus status, string reason);
}
