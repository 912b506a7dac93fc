namespace ShardInit.Cluster;

/// <summary>A request for leases.</summary>
/// <param name="TargetBytes">As many shards as fit; the first one may be larger.</param>
/// <param name="RoomBytes">Never more than this.</param>
/// <param name="OneOfAnySize">The first may even be larger than the room: worker and tenant hold nothing.</param>
public sealed record LeaseRequest(string Worker, string Host, long TargetBytes, long RoomBytes, bool OneOfAnySize, int MostShards);

/// <param name="Leases">Empty when there is nothing for this worker now.</param>
public sealed record RangeGrant(IReadOnlyList<Lease> Leases, RangeReport Report);

/// <param name="Lost">Files that the worker has no lease on any more: drop them.</param>
public sealed record HeartbeatReply(IReadOnlyList<int> Lost, RangeReport Report);

public sealed partial class ShardRange
{
    /// <summary>The longest pause of a shard, in <see cref="ClusterOptions.RetrySpan"/>.</summary>
    private const int MostRetrySpans = 6;

    /// <summary>Gives out a batch, in file order, so that a job cut short leaves its first layers whole.</summary>
    public RangeGrant Lease(LeaseRequest request)
    {
        Expire();
        List<Lease> leases = [];
        TimeSpan now = _clock.Now;
        if (!IsOpen || _failure is not null || now < _quietUntil || _distrusted.Contains(request.Worker)) return new RangeGrant(leases, Report());
        long total = 0;
        // Decisions first: until then the wrong machine goes on.
        foreach (int index in Enumerable.Range(0, _shards.Length).OrderBy(index => _shards[index].Dispute is null))
        {
            if (leases.Count == request.MostShards) break;
            Shard shard = _shards[index];
            if (KindFor(shard, request) is not { } kind || IsPaused(shard, request.Worker, now)) continue;
            bool fits = leases.Count == 0
                ? shard.Bytes <= request.RoomBytes || request.OneOfAnySize
                : total + shard.Bytes <= Math.Min(request.TargetBytes, request.RoomBytes);
            if (!fits) continue;
            total += shard.Bytes;
            shard.Held = new Held(request.Worker, ++shard.Attempt, kind, now);
            shard.Holders.Add(request.Worker);
            leases.Add(new Lease(FirstFile + index, shard.Attempt, kind, shard.Bytes));
        }
        if (leases.Count > 0) _dirty = true;
        return new RangeGrant(leases, Report());
    }

    /// <summary>Who failed at a shard gets it again after a while. Once a second attempt has failed nobody does at once, and each time the pause is twice as long: a full disk is full for everybody.</summary>
    private bool IsPaused(Shard shard, string worker, TimeSpan now)
    {
        if (shard.Failures.Count == 0) return false;
        if (shard.Failures.Any(failure => failure.Worker == worker && now - failure.At < _options.RetrySpan)) return true;
        int failures = shard.Failures.Count(failure => failure.Error is not null);
        return failures >= 2 && now - shard.Failures.Max(failure => failure.At) < _options.RetrySpan * Math.Min(1 << Math.Min(failures - 2, 10), MostRetrySpans);
    }

    private LeaseKind? KindFor(Shard shard, LeaseRequest request)
    {
        if (shard.IsPlanned) return shard.Truth is null ? LeaseKind.Write : LeaseKind.Replace;
        return shard.Dispute is { } dispute && shard.Held is null && dispute.MayDecide(request.Worker, request.Host, _options.FenceHosts) ? LeaseKind.Decide : null;
    }

    /// <summary>Renews the leases that are still this worker's. One that this life of the range does not know, and has given to nobody else, is taken up again.</summary>
    public HeartbeatReply Heartbeat(string worker, IReadOnlyList<LeaseProgress> leases)
    {
        Expire();
        List<int> lost = [];
        TimeSpan now = _clock.Now;
        bool moved = false;
        foreach (LeaseProgress progress in leases)
        {
            Shard shard = At(progress.File);
            if (shard.Held is { } held && held.Worker == worker && held.Attempt == progress.Attempt)
            {
                held.SeenAt = now;
                if (progress.TilesDone <= held.TilesDone) continue;
                (held.TilesDone, held.ProgressAt, moved) = (progress.TilesDone, now, true);
            }
            else if (IsOpen && CanReturn(shard, progress))
            {
                shard.Held = new Held(worker, progress.Attempt, progress.Kind, now) { TilesDone = progress.TilesDone };
                shard.Holders.Add(worker);
                if (progress.Attempt <= shard.Attempt) continue;
                shard.Attempt = progress.Attempt;
                _dirty = true;
            }
            else lost.Add(progress.File);
        }
        if (moved) KeepWaiting(worker, now);
        return new HeartbeatReply(lost, Report());
    }

    private static bool CanReturn(Shard shard, LeaseProgress progress) =>
        shard.Held is null && !shard.Committed && progress.Attempt >= shard.Attempt && progress.Attempt > shard.Taken
        && (progress.Kind == LeaseKind.Decide) == (shard.Dispute is not null)
        && (progress.Kind != LeaseKind.Write || shard.Truth is null);

    /// <summary>What waits in a worker's queue makes no progress of its own.</summary>
    private void KeepWaiting(string worker, TimeSpan now)
    {
        foreach (Shard shard in _shards)
        {
            if (shard.Held is { TilesDone: < 0 } held && held.Worker == worker) held.ProgressAt = now;
        }
    }

    /// <summary>A worker that drains, or is known to be dead, gives back what it holds.</summary>
    /// <param name="files">Only these; null: all.</param>
    public RangeReport Release(string worker, IReadOnlyCollection<int>? files = null)
    {
        for (int index = 0; index < _shards.Length; index++)
        {
            if (_shards[index].Held is { } held && held.Worker == worker && files?.Contains(FirstFile + index) != false) TakeAway(_shards[index]);
        }
        return Report();
    }

    /// <summary>Takes away leases that lapsed or are stuck. Every other call does it first; a timer need only call <see cref="Report"/>.</summary>
    private void Expire()
    {
        TimeSpan now = _clock.Now;
        foreach (Shard shard in _shards)
        {
            if (shard.Held is not { } held) continue;
            if (now - held.SeenAt > _options.LeaseSpan)
            {
                // If it was only slow, and nobody else has it yet, a heartbeat brings it back.
                shard.Held = null;
                _lostLeases++;
            }
            else if (now - held.ProgressAt > _options.StuckSpan)
            {
                TakeAway(shard);
                _lostLeases++;
                // Another may have it first. No failure of the job: it says something about a machine or a mount, nothing about the shard.
                shard.Failures.Add(new Failure(held.Worker, null, now));
            }
        }
    }

    private static void TakeAway(Shard shard)
    {
        shard.Taken = shard.Held!.Attempt;
        shard.Held = null;
    }

    private void AddFailure(Shard shard, string worker, string error)
    {
        shard.Failures.Add(new Failure(worker, error, _clock.Now));
        int count = shard.Failures.Count(failure => failure.Error is not null);
        int workers = shard.Failures.Where(failure => failure.Error is not null).Select(failure => failure.Worker).Distinct().Count();
        if ((count >= _options.FailuresBeforeGivingUp && workers >= _options.WorkersBeforeGivingUp) || count >= _options.MostFailures)
        {
            _failure ??= $"file {FileOf(shard)} of the plan: failed {count} times on {workers} {(workers == 1 ? "worker" : "workers")}, last: {error}";
        }
    }
}
