namespace ShardInit.Cluster;

/// <summary>Where a job is. The numbers are stored: append only.</summary>
public enum JobStatus
{
    /// <summary>Nothing leased yet.</summary>
    Queued = 0,
    /// <summary>At least one lease was given out.</summary>
    Running = 1,
    /// <summary>Every file is committed; index and manifest are to be written.</summary>
    Sealing = 2,
    /// <summary>manifest.json is there. The end.</summary>
    Sealed = 3,
    /// <summary>By its user; what is committed stays, and the same submit goes on from there.</summary>
    Cancelled = 4,
    /// <summary>For the reason of the record; what is committed stays, and the same submit goes on from there.</summary>
    Failed = 5,
}
