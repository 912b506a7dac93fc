namespace ShardInit.Cluster;

/// <summary>What came of sealing.</summary>
/// <param name="Missing">Files that are not there, though their ranges say so.</param>
/// <param name="Error">Why it failed; null when it did not.</param>
public sealed record SealResult(bool Sealed, IReadOnlyList<int> Missing, string? Error);

public sealed partial class JobBoard
{
    /// <summary>Sealing is one step, idempotent, and leased like a shard: another worker gets it when the first goes silent.</summary>
    private Offer? ChooseSeal(string worker, TimeSpan now)
    {
        foreach (BoardJob job in _jobs)
        {
            if (!job.IsComplete || !job.MaySeal || (job.Sealer is { } sealer && now - sealer.SeenAt <= options.LeaseSpan)) continue;
            if (job.SealFailures.Any(failure => failure.Worker == worker && now - failure.At < options.RetrySpan)) continue;
            job.Sealer = (worker, now);
            return new Offer(++_lastOffer, job.Record, default, null);
        }
        return null;
    }

    /// <summary>
    /// The news that all files are committed has arrived, and the job's record says <see cref="JobStatus.Sealing"/>: now a worker may write index and manifest. Not before: a job that somebody has
    /// cancelled meanwhile must not be sealed behind his back.
    /// </summary>
    public void AllowSeal(string id)
    {
        if (Find(id) is { IsComplete: true } job) job.MaySeal = true;
    }

    /// <summary>The sealer lives. False when the step is no longer its: it should stop, and does no harm when it does not.</summary>
    public bool SealHeartbeat(string id, string worker)
    {
        if (Find(id) is not { IsComplete: true } job) return false;
        // After a loss of the board nobody is known to seal.
        if (job.Sealer is null) job.Sealer = (worker, _clock.Now);
        if (job.Sealer.Value.Worker != worker) return false;
        job.Sealer = (worker, _clock.Now);
        return true;
    }

    /// <summary>A drained or dead worker gives sealing back.</summary>
    public void ReleaseSeals(string worker)
    {
        foreach (BoardJob job in _jobs.Where(job => job.Sealer?.Worker == worker)) job.Sealer = null;
    }

    /// <summary>The step ended. Where files are missing, pass them to <see cref="ShardRange.Missing"/> of their ranges, whose reports make the job run again.</summary>
    public IReadOnlyList<BoardNews> SealDone(string id, string worker, SealResult result)
    {
        if (Find(id) is not { } job) return [];
        if (result.Sealed)
        {
            Remove(id);
            return [new BoardNews(NewsKind.Sealed, id)];
        }
        if (job.Sealer?.Worker != worker) return [];
        job.Sealer = null;
        if (result.Error is not { } error) return [];
        job.SealFailures.Add((worker, _clock.Now));
        int workers = job.SealFailures.Select(failure => failure.Worker).Distinct().Count();
        bool enough = (job.SealFailures.Count >= options.FailuresBeforeGivingUp && workers >= options.WorkersBeforeGivingUp) || job.SealFailures.Count >= options.MostFailures;
        return enough ? [new BoardNews(NewsKind.Failed, id, $"sealing failed {job.SealFailures.Count} times, last on worker {worker}: {error}")] : [];
    }
}
