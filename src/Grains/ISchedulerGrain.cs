using ShardInit.Cluster;

namespace ShardInit.Grains;

/// <summary>The one scheduler of the cluster. Key: <see cref="Key"/>. All that it knows can be lost and is brought back by the job records and the ranges.</summary>
public interface ISchedulerGrain : IGrainWithStringKey
{
    const string Key = "scheduler";

    /// <summary>Null when the worker may have leases, otherwise why not.</summary>
    Task<string?> Hello(WorkerHello hello);

    Task<WorkGrant> Ask(WorkRequest request);

    /// <summary>What ranges answered to a worker, and the jobs that it is sealing.</summary>
    /// <returns>The seals that are no longer the worker's.</returns>
    Task<IReadOnlyList<string>> Beat(string worker, IReadOnlyList<RangeReport> reports, IReadOnlyList<string> seals);

    /// <param name="output">Of the job: the scheduler may know it no more.</param>
    Task SealDone(string worker, string job, string output, SealResult result);

    /// <summary>A worker drains or ends.</summary>
    Task Leave(string worker);

    /// <summary>A job that workers may be given.</summary>
    /// <param name="ranges">Reports of its ranges, where they are new; null to have them asked.</param>
    Task Add(JobRecord record, IReadOnlyList<RangeReport>? ranges);

    /// <summary>A job that was cancelled, failed or sealed.</summary>
    Task Remove(string job);

    Task<JobProgress?> Progress(string job);

    Task<SchedulerView> View();
}

/// <summary>The state of the cluster for people and probes.</summary>
/// <param name="Workers">Heard of within the lease span.</param>
public sealed record SchedulerView(IReadOnlyList<string> Workers, IReadOnlyList<WrongWorker> Fenced, int Jobs);
