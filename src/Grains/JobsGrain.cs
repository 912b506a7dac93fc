using Orleans.Concurrency;

namespace ShardInit.Grains;

/// <summary>Shows a session the jobs of its tenant.</summary>
[StatelessWorker]
internal sealed class JobsGrain : Grain, IJobsGrain
{
    /// <summary>People read the last ones; each costs a call.</summary>
    private const int Most = 100;

    public async Task<IReadOnlyList<JobView>> All()
    {
        IReadOnlyList<ListedJob> listed = await GrainFactory.GetGrain<IJobListGrain>(IJobListGrain.KeyOf(TenantContext.Tenant)).All();
        JobView?[] views = await Task.WhenAll(listed.Take(Most).DistinctBy(job => job.Output).Select(job => GrainFactory.GetGrain<IJobGrain>(job.Output).View()));
        return [.. views.OfType<JobView>()];
    }

    public async Task<string?> OutputOf(string job)
    {
        IReadOnlyList<ListedJob> listed = await GrainFactory.GetGrain<IJobListGrain>(IJobListGrain.KeyOf(TenantContext.Tenant)).All();
        return listed.FirstOrDefault(other => other.Job == job)?.Output;
    }
}
