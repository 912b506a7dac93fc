namespace ShardInit.Cluster;

/// <summary>A job that has shards to give out.</summary>
/// <param name="SmallestBytes">Of the shards that it would give.</param>
internal sealed record QueuedJob(string Job, string Tenant, int Priority, long SmallestBytes);

/// <summary>Whether a job can be served now.</summary>
internal enum Fit
{
    Fits,
    /// <summary>Not by this worker for the moment, for whatever reason.</summary>
    NotNow,
    /// <summary>The tenant has too many bytes in flight.</summary>
    TenantFull,
    /// <summary>The worker has too many bytes in flight for its smallest shard.</summary>
    WorkerFull,
}

/// <summary>
/// Which job gets the next lease. Tenants share by bytes and weight; within a tenant higher priorities go first, and jobs of one priority share by bytes, so that a small new job does not
/// wait for a large old one. What cannot be served is passed over, but not for ever: once others are a shard ahead of one that needs more room, the room is left to it.
/// </summary>
internal sealed class FairQueue(IReadOnlyDictionary<string, double> weights)
{
    private readonly FairShare<string> _tenants = new();
    private readonly Dictionary<string, FairShare<string>> _jobs = [];

    /// <summary>Bytes that were given to a job, or came back from it.</summary>
    public void Charge(string tenant, string job, long bytes)
    {
        _tenants.Charge(tenant, bytes, Weight(tenant));
        if (_jobs.TryGetValue(tenant, out FairShare<string>? share)) share.Charge(job, bytes, weight: 1);
    }

    public void Remove(string tenant, string job, bool lastOfTenant)
    {
        if (_jobs.TryGetValue(tenant, out FairShare<string>? share)) share.Remove(job);
        // The tenant's own account stays until it would forget nothing: an idle one is brought up to date when it returns.
        if (lastOfTenant) _jobs.Remove(tenant);
    }

    /// <param name="waiting">Every job that has something to give out, whether it fits or not; of equals the first one wins.</param>
    /// <returns>Null when nothing can be served, or when the room of this worker is left to somebody who needs more of it.</returns>
    public QueuedJob? Choose(IReadOnlyList<QueuedJob> waiting, Func<QueuedJob, Fit> fitOf)
    {
        ILookup<string, QueuedJob> byTenant = waiting.ToLookup(job => job.Tenant);
        (string Tenant, double Need)? held = null;
        List<string> full = [];
        foreach (string tenant in _tenants.Order(byTenant.Select(group => group.Key)))
        {
            (Fit fit, QueuedJob? job) = ChooseWithin(tenant, byTenant[tenant], fitOf);
            if (fit == Fit.TenantFull) full.Add(tenant);
            if (fit == Fit.WorkerFull) held ??= (tenant, job!.SmallestBytes / Weight(tenant));
            if (fit != Fit.Fits) continue;
            if (held is { } before && _tenants.Lag(before.Tenant, tenant) > before.Need) return null;
            _tenants.Serve(tenant);
            _jobs[tenant].Serve(job!.Job);
            foreach (string other in full) _tenants.Forfeit(other);
            return job;
        }
        return null;
    }

    /// <returns>The job that fits, or the one that is in the way and why.</returns>
    private (Fit Fit, QueuedJob? Job) ChooseWithin(string tenant, IEnumerable<QueuedJob> waiting, Func<QueuedJob, Fit> fitOf)
    {
        if (!_jobs.TryGetValue(tenant, out FairShare<string>? share)) _jobs[tenant] = share = new FairShare<string>();
        Dictionary<string, QueuedJob> jobs = waiting.ToDictionary(job => job.Job);
        (Fit Fit, QueuedJob Job)? held = null;
        foreach (QueuedJob job in share.Order(jobs.Keys).Select(id => jobs[id]).OrderByDescending(job => job.Priority))
        {
            Fit fit = fitOf(job);
            if (fit is Fit.TenantFull or Fit.WorkerFull) held ??= (fit, job);
            if (fit != Fit.Fits) continue;
            if (held is { } before && (before.Job.Priority > job.Priority || share.Lag(before.Job.Job, job.Job) > before.Job.SmallestBytes)) return before;
            return (Fit.Fits, job);
        }
        return held is { } full ? full : (Fit.NotNow, null);
    }

    private double Weight(string tenant) => weights.GetValueOrDefault(tenant, 1);
}
