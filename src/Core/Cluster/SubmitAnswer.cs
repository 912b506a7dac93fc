namespace ShardInit.Cluster;

public enum SubmitOutcome
{
    /// <summary>A new job.</summary>
    Started = 0,
    /// <summary>The job was there: live or sealed.</summary>
    Same = 1,
    /// <summary>It had been cancelled, had failed, or its directory is no longer whole.</summary>
    Continued = 2,
    /// <summary>Another plan has this output; nothing was changed.</summary>
    Refused = 3,
}

/// <param name="Job">The job that was asked for.</param>
/// <param name="Reason">Why it was refused; empty otherwise.</param>
public sealed record SubmitAnswer(SubmitOutcome Outcome, string Job, JobStatus Status, string Reason);
