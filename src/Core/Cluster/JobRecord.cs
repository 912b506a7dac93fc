namespace ShardInit.Cluster;

/// <summary>All that is stored of a job. No clock: a time of one machine means nothing on another.</summary>
/// <param name="Version">Of this record; a reader refuses newer ones.</param>
/// <param name="Reason">Why it failed; empty otherwise.</param>
/// <param name="Submits">How often it was submitted, the first time included.</param>
public sealed record JobRecord(int Version, string Job, JobRequest Request, JobStatus Status, string Reason, int Submits)
{
    public const int CurrentVersion = 1;

    /// <summary>Workers may be given its shards.</summary>
    public bool IsLive => Status is JobStatus.Queued or JobStatus.Running or JobStatus.Sealing;
}
