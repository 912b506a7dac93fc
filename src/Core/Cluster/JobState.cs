using ShardInit.Errors;

namespace ShardInit.Cluster;

/// <summary>
/// The job of one output directory, as a state machine. The directory is the truth: this is what people are told, and whether workers get its shards.
/// <code>
/// Queued    -> Running (first lease) | Sealing (all files were there) | Sealed (somebody else did it) | Cancelled | Failed
/// Running   -> Sealing (all files committed) | Sealed (likewise) | Cancelled | Failed
/// Sealing   -> Sealed | Running (a file is gone) | Failed
/// Sealed    -> Queued (submitted again, and the directory is no longer sealed)
/// Cancelled -> Queued (submitted again) | Sealed (a sealer of before, that slept, found all files there)
/// Failed    -> Queued (submitted again) | Sealed (the sealing was under way)
/// </code>
/// </summary>
public sealed class JobState
{
    /// <param name="stored">What storage holds; null when nothing.</param>
    /// <exception cref="InvalidOperationException">A newer release wrote it.</exception>
    public JobState(JobRecord? stored)
    {
        if (stored is { Version: > JobRecord.CurrentVersion or < 1 })
        {
            throw new InvalidOperationException($"job {stored.Job}: expected a record of version {JobRecord.CurrentVersion} or older, found {stored.Version}; a newer release wrote it, run that");
        }
        Record = stored;
    }

    /// <summary>Null before the first submit.</summary>
    public JobRecord? Record { get; private set; }

    public static bool IsLegal(JobStatus from, JobStatus to) => (from, to) switch
    {
        (JobStatus.Queued, JobStatus.Running or JobStatus.Sealing or JobStatus.Sealed or JobStatus.Cancelled or JobStatus.Failed) => true,
        (JobStatus.Running, JobStatus.Sealing or JobStatus.Sealed or JobStatus.Cancelled or JobStatus.Failed) => true,
        (JobStatus.Sealing, JobStatus.Sealed or JobStatus.Running or JobStatus.Failed) => true,
        (JobStatus.Sealed, JobStatus.Queued) => true,
        (JobStatus.Cancelled or JobStatus.Failed, JobStatus.Queued or JobStatus.Sealed) => true,
        _ => false,
    };

    /// <summary>Starts, continues or joins a job; or refuses it, changing nothing.</summary>
    /// <param name="directory">What <see cref="JobDirectory.Prepare"/> found in the output just now.</param>
    /// <param name="differences">First line of how the live job's plan differs from the asked one; asked for only where they do.</param>
    public SubmitAnswer Submit(JobRequest request, DirectoryLook directory, Func<string> differences)
    {
        if (Record is { IsLive: true } live && live.Request.PlanId != request.PlanId)
        {
            return Refused($"output {Problems.Quote(request.Output)}: job {live.Job} writes another plan there: {differences()}; choose another output, or cancel that job and remove what it wrote");
        }
        if (directory.Refusal is { } refusal) return Refused(refusal);
        if (Record is null || Record.Request.PlanId != request.PlanId)
        {
            Record = new JobRecord(JobRecord.CurrentVersion, request.Job, request, directory.IsSealed ? JobStatus.Sealed : JobStatus.Queued, "", 1);
            return new SubmitAnswer(SubmitOutcome.Started, request.Job, Record.Status, "");
        }
        if (Record.IsLive || (Record.Status == JobStatus.Sealed && directory.IsSealed)) return new SubmitAnswer(SubmitOutcome.Same, Record.Job, Record.Status, "");
        // Continues: with the new request's priority, the old one's identity.
        Record = Record with { Request = request, Submits = Record.Submits + 1 };
        Move(directory.IsSealed ? JobStatus.Sealed : JobStatus.Queued);
        return new SubmitAnswer(SubmitOutcome.Continued, Record.Job, Record.Status, "");

        SubmitAnswer Refused(string reason) => new(SubmitOutcome.Refused, request.Job, Record?.Status ?? JobStatus.Failed, reason);
    }

    /// <summary>Keeps what is committed. False where there is nothing to cancel: it has ended, or it is being sealed, which nobody can call back.</summary>
    public bool Cancel() => Record is { Status: JobStatus.Queued or JobStatus.Running } && Move(JobStatus.Cancelled);

    /// <summary>A worker was given a shard of it.</summary>
    public bool Start() => Record is { Status: JobStatus.Queued } && Move(JobStatus.Running);

    public bool AllCommitted() => Record is { Status: JobStatus.Queued or JobStatus.Running } && Move(JobStatus.Sealing);

    /// <summary>The sealer did not find all files.</summary>
    public bool FilesMissing() => Record is { Status: JobStatus.Sealing } && Move(JobStatus.Running);

    /// <summary>manifest.json is there. Also after a cancel or a failure that came while it was written: the directory is the truth.</summary>
    public bool Sealed() => Record is { Status: not JobStatus.Sealed } && Move(JobStatus.Sealed);

    public bool Fail(string reason)
    {
        if (Record is not { IsLive: true } || !Move(JobStatus.Failed)) return false;
        Record = Record! with { Reason = reason };
        return true;
    }

    private bool Move(JobStatus to)
    {
        if (!IsLegal(Record!.Status, to)) throw new InvalidOperationException($"job {Record.Job}: no way from {Record.Status} to {to}");
        Record = Record with { Status = to, Reason = "" };
        return true;
    }
}
