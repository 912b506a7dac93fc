namespace ShardInit.Cluster;

public enum NewsKind
{
    /// <summary>The job got its first lease: <see cref="JobState.Start"/>.</summary>
    Started,
    /// <summary>All its files are committed: <see cref="JobState.AllCommitted"/>. Where the job then is <see cref="JobStatus.Sealing"/>, <see cref="JobBoard.AllowSeal"/>: the next worker that asks is told to seal.</summary>
    AllCommitted,
    /// <summary>They are not after all: <see cref="JobState.FilesMissing"/>.</summary>
    Reopened,
    /// <summary>Its manifest is there: <see cref="JobState.Sealed"/>, and close its ranges.</summary>
    Sealed,
    /// <summary>It cannot be finished: <see cref="JobState.Fail"/> with the text, and close its ranges.</summary>
    Failed,
    /// <summary>A worker computes wrongly and gets no lease any more: an error for logs and metrics, and <see cref="ShardRange.Distrust"/> for every range of every live job.</summary>
    WorkerFenced,
}

/// <summary>Something that the owner of the board has to pass on.</summary>
/// <param name="Text">The reason of a failure; the sentence for the log of a fence.</param>
public sealed record BoardNews(NewsKind Kind, string Job, string Text = "", WrongWorker? Worker = null);
