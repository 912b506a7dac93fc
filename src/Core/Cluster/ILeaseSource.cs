namespace ShardInit.Cluster;

/// <summary>
/// The scheduler and the ranges as a worker sees them. Calls may block, may throw when nobody answers (the outcome is then unknown, and the worker goes on with what it holds), and come from
/// several threads at once.
/// </summary>
public interface ILeaseSource
{
    /// <summary>The worker introduces itself. Null when it may have leases, otherwise why not.</summary>
    string? Hello(WorkerHello hello);

    /// <summary>Work, or nothing for now.</summary>
    WorkGrant Ask(WorkRequest request);

    /// <summary>Renews leases.</summary>
    BeatReply Heartbeat(WorkerBeat beat);

    /// <summary>Results of one range. Repeated until a call returns.</summary>
    IReadOnlyList<CompletionResult> Complete(string worker, RangeKey range, IReadOnlyList<Completion> completions);

    /// <summary>Gives leases back that were not begun; all of the worker's where <paramref name="files"/> is null.</summary>
    void Release(string worker, RangeKey range, IReadOnlyList<int>? files);

    /// <summary>Packed digests of a range's shards, null where it does not know them: <see cref="ShardRange.Digests"/>.</summary>
    IReadOnlyList<string?> Digests(RangeKey range);

    /// <summary>What came of sealing. Repeated until a call returns.</summary>
    void SealDone(string worker, string job, SealResult result);
}

/// <summary>One batch: shards of one range, or a job to seal, or neither.</summary>
/// <param name="Job">Null when there is nothing for now.</param>
/// <param name="IsUnknown">The scheduler does not know the worker (any more): it should say hello again.</param>
public sealed record WorkGrant(JobRecord? Job, RangeKey Range, IReadOnlyList<Lease> Leases, bool IsSeal, bool IsUnknown)
{
    public static WorkGrant Nothing { get; } = new(null, RangeKey.None, [], false, false);
    public static WorkGrant Unknown { get; } = new(null, RangeKey.None, [], false, true);
}

/// <summary>One heartbeat of a worker over all that it holds.</summary>
/// <param name="Seals">Jobs that it is sealing.</param>
public sealed record WorkerBeat(string Worker, IReadOnlyList<RangeBeat> Ranges, IReadOnlyList<string> Seals);

public sealed record RangeBeat(RangeKey Range, IReadOnlyList<LeaseProgress> Leases);

/// <summary>What the worker should drop; ranges that did not answer are left out.</summary>
public sealed record BeatReply(IReadOnlyList<LostLeases> Lost, IReadOnlyList<string> LostSeals);

public sealed record LostLeases(RangeKey Range, IReadOnlyList<int> Files);
