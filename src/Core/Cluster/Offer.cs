namespace ShardInit.Cluster;

/// <summary>What a worker asks the scheduler for.</summary>
/// <param name="HeldBytes">Bytes of the leases that it holds, by its own count.</param>
/// <param name="TargetBytes">About how much it wants: what it writes in a second or two.</param>
public sealed record WorkRequest(string Worker, long HeldBytes, long TargetBytes)
{
    /// <summary>Jobs whose shards have just failed on this worker: it wants none of them for a while.</summary>
    public IReadOnlyList<string> Avoid { get; init; } = [];
}

/// <summary>
/// The scheduler's choice: ask this range for leases, then say how that went by <see cref="JobBoard.Settle"/>. Until then the bytes are set aside.
/// </summary>
/// <param name="Request">What to ask the range; null when the job is to be sealed.</param>
public sealed record Offer(long Number, JobRecord Job, RangeKey Range, LeaseRequest? Request)
{
    /// <summary>All files are committed: the worker writes index and manifest.</summary>
    public bool IsSeal => Request is null;

    internal long ReservedBytes { get; init; }
    internal long ChargedBytes { get; init; }
}
