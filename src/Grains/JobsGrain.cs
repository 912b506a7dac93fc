using Orleans.Concurrency;
using ShardInit.Cluster;
using ShardInit.Grains.Client;

namespace ShardInit.Grains;

/// <summary>Shows a session the jobs of its tenant.</summary>
[StatelessWorker]
internal sealed class JobsGrain(OutputRoots roots, TimeProvider time) : Grain, IJobsGrain
{
    /// <summary>People read the last ones; each costs a call.</summary>
    private const int Most = 100;

    /// <summary>How long one job is waited for: less than the half minute after which the client takes the whole list for lost.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(10);

    public async Task<JobsView> All()
    {
        IReadOnlyList<ListedJob> listed = await GrainFactory.GetGrain<IJobListGrain>(IJobListGrain.KeyOf(TenantContext.Tenant)).All();
        (JobView? View, SilentJob? Silent)[] answers = await Task.WhenAll(listed.Take(Most).DistinctBy(job => job.Output).Select(Ask));
        return new JobsView([.. answers.Select(answer => answer.View).OfType<JobView>()], [.. answers.Select(answer => answer.Silent).OfType<SilentJob>()]);
    }

    private async Task<(JobView? View, SilentJob? Silent)> Ask(ListedJob job)
    {
        try
        {
            return (await GrainFactory.GetGrain<IJobGrain>(job.Output).View().WaitAsync(s_limit, time), null);
        }
        catch (Exception error)
        {
            // Storage gives its reason on a line of its own.
            return (null, new SilentJob(job.Job, job.Output, roots.WithoutPaths(OneLine.Of(error.Message.ReplaceLineEndings(" ")))));
        }
    }

    public async Task<string?> OutputOf(string job)
    {
        IReadOnlyList<ListedJob> listed = await GrainFactory.GetGrain<IJobListGrain>(IJobListGrain.KeyOf(TenantContext.Tenant)).All();
        return listed.FirstOrDefault(other => other.Job == job)?.Output;
    }
}
