using ShardInit.Cluster;

namespace ShardInit.Grains;

/// <summary>The job of one output, as clients see it. Key: the canonical text of its <see cref="OutputName"/>, so that one directory has one job.</summary>
public interface IJobGrain : IGrainWithStringKey, IClientCall
{
    /// <summary>Starts, continues or joins the job. Sent again after a time-out it joins: the answer is the same.</summary>
    Task<SubmitAnswer> Submit(JobOrder order);

    /// <summary>Keeps what is committed. Null where there is no such job; false where it has ended already, or is being sealed, which cannot be called back.</summary>
    Task<bool?> Cancel(string job);

    /// <summary>Null where the output never had a job.</summary>
    Task<JobView?> View();
}

/// <summary>The same grain, as the rest of the cluster sees it.</summary>
public interface IJobControl : IGrainWithStringKey
{
    /// <summary>The stored record; answered also while the grain waits for something else.</summary>
    [Orleans.Concurrency.AlwaysInterleave]
    Task<JobRecord?> Record();

    /// <summary>Something happened to the job.</summary>
    /// <returns>Its state then; null where the output has another job, or none.</returns>
    Task<JobStatus?> Tell(BoardNews news);
}
