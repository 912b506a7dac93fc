using Microsoft.Extensions.Logging;
using ShardInit.Cluster;

namespace ShardInit.Grains;

/// <summary>A thin shell over <see cref="ShardRange"/>: brings it back from storage and from the files that are there, and writes it down now and then.</summary>
internal sealed partial class ShardGrain(
    [PersistentState("range", StoredJson<RangeSnapshot>.Name)] IPersistentState<StoredText> state,
    PlanCatalog plans, ClusterOptions options, TimeProvider time, ILogger<ShardGrain> log) : Grain, IShardGrain
{
    private readonly StoredJson<RangeSnapshot> _storage = new(state);
    private ShardRange _range = null!;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        RangeName name = RangeName.Parse(this.GetPrimaryKeyString());
        JobRecord? record = await GrainFactory.GetGrain<IJobControl>(name.Output).Record();
        if (record?.Job != name.Range.Job) throw new InvalidOperationException($"range {name}: expected job {name.Range.Job} at {name.Output}, found {record?.Job ?? "none"}");
        JobPlan plan = await plans.Get(record);
        (long[] bytes, RangeSnapshot found) = await Task.Run(() => (plan.Bytes(name.Range.Number), plan.Scan(name.Range.Number)), cancellationToken);
        _range = new ShardRange(name.Range, bytes, options, time, _storage.Value);
        _range.Merge(found);
        if (!record.IsLive) _range.Close();
        this.RegisterGrainTimer(Store, new GrainTimerCreationOptions(options.StorageInterval, options.StorageInterval) { KeepAlive = false });
        LogActivated(log, name.Range.Job, name.Range.Number, _range.Report().CommittedShards, bytes.Length);
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (_range is not null) await Store(cancellationToken);
    }

    public Task<RangeGrant> Lease(LeaseRequest request) => Then(_range.Lease(request));

    public Task<HeartbeatReply> Heartbeat(string worker, IReadOnlyList<LeaseProgress> leases) => Then(_range.Heartbeat(worker, leases));

    public Task<CompletionReply> Complete(string worker, string host, IReadOnlyList<Completion> completions)
    {
        CompletionReply reply = _range.Complete(worker, host, completions);
        for (int index = 0; index < completions.Count; index++)
        {
            if (reply.Results[index] == CompletionResult.Differs) LogDiffers(log, _range.Key.Job, completions[index].File, worker, host);
            else if (completions[index].Error is { } error) LogFailed(log, _range.Key.Job, completions[index].File, worker, error);
        }
        return Then(reply);
    }

    public Task<RangeReport> Release(string worker, IReadOnlyList<int>? files) => Then(_range.Release(worker, files is null ? null : [.. files]));

    public Task<RangeReport> Missing(IReadOnlyList<int> files) => Then(_range.Missing(files));

    public Task<RangeReport> Distrust(string worker) => Then(_range.Distrust(worker));

    public Task<IReadOnlyList<string?>> Digests() => Task.FromResult(_range.Digests());

    public Task<RangeReport> Report() => Then(_range.Report());

    public Task<RangeReport> Open()
    {
        _range.Open();
        return Then(_range.Report());
    }

    public async Task Close(bool forget)
    {
        _range.Close();
        if (!forget)
        {
            await Store(CancellationToken.None);
            return;
        }
        await _storage.Clear();
        DeactivateOnIdle();
    }

    /// <summary>The answer, after writing down what has to be: once at the start of a range, once at its end, else at most every five seconds.</summary>
    private async Task<T> Then<T>(T answer)
    {
        await Store(CancellationToken.None);
        return answer;
    }

    private async Task Store(CancellationToken cancellationToken)
    {
        if (_range.TakeForStorage() is not { } snapshot) return;
        try
        {
            await _storage.Write(snapshot, stored =>
            {
                // Another activation, or one before this: both may be right.
                if (stored is not null) _range.Merge(stored);
                return _range.TakeForStorage() ?? snapshot;
            });
        }
        catch (Exception error)
        {
            _range.StorageFailed();
            LogNotStored(log, _range.Key.Job, _range.Key.Number, error.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "job {Job}: range {Range} is here, {Committed} of {Shards} files committed")]
    private static partial void LogActivated(ILogger log, string job, int range, int committed, int shards);

    [LoggerMessage(Level = LogLevel.Error, Message = "job {Job}: shard {Shard} came out differently on worker {Worker} of {Host}; a scalar computation on another machine decides")]
    private static partial void LogDiffers(ILogger log, string job, int shard, string worker, string host);

    [LoggerMessage(Level = LogLevel.Warning, Message = "job {Job}: shard {Shard} failed on worker {Worker}: {Error}")]
    private static partial void LogFailed(ILogger log, string job, int shard, string worker, string error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "job {Job}: the state of range {Range} could not be stored ({Error}); work goes on, it is tried again")]
    private static partial void LogNotStored(ILogger log, string job, int range, string error);
}
