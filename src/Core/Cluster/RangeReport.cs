namespace ShardInit.Cluster;

/// <summary>
/// What a range tells the scheduler: counts, never shards. Every call to a range answers with one, so that a lost answer is mended by the next.
/// </summary>
public sealed record RangeReport
{
    public required RangeKey Range { get; init; }
    /// <summary>Which life of the range speaks; any number that two lives hardly share.</summary>
    public required long Activation { get; init; }
    /// <summary>Grows with every report of one life: an older one that arrives late is dropped.</summary>
    public required long Sequence { get; init; }
    public required int Shards { get; init; }
    public required int CommittedShards { get; init; }
    public required long CommittedBytes { get; init; }
    /// <summary>Neither committed nor leased nor disputed.</summary>
    public required int PlannedShards { get; init; }
    public required long PlannedBytes { get; init; }
    /// <summary>Bytes of the smallest shard that can be leased, decisions included; 0 when there is none.</summary>
    public required long SmallestBytes { get; init; }
    /// <summary>Of the largest one.</summary>
    public required long LargestBytes { get; init; }
    /// <summary>Disputed shards that wait for a machine to decide.</summary>
    public required int ToDecide { get; init; }
    /// <summary>Bytes that this life of the range saw written and committed, so without those that were there before.</summary>
    public required long WrittenBytes { get; init; }
    public required IReadOnlyList<LeasedBytes> Leased { get; init; }
    /// <summary>Workers that a decision found wrong.</summary>
    public required IReadOnlyList<WrongWorker> Wrong { get; init; }
    /// <summary>Why the job cannot be finished; null while it can.</summary>
    public required string? Failure { get; init; }
    /// <summary>Leases taken away since the life began: lapsed, stuck or failed.</summary>
    public required long LostLeases { get; init; }

    public bool IsComplete => CommittedShards == Shards;

    /// <summary>True where a lease may be had.</summary>
    public bool HasWork => PlannedShards > 0 || ToDecide > 0;

    public long LeasedTotal => Leased.Sum(leased => leased.Bytes);

    /// <summary>What a range says that never gave out a lease: a new job's need not be asked.</summary>
    public static RangeReport OfNew(RangeKey range, IReadOnlyList<long> bytes) => new()
    {
        Range = range, Activation = 0, Sequence = 0, Shards = bytes.Count, CommittedShards = 0, CommittedBytes = 0, PlannedShards = bytes.Count, PlannedBytes = bytes.Sum(),
        SmallestBytes = bytes.Min(), LargestBytes = bytes.Max(), ToDecide = 0, WrittenBytes = 0, Leased = [], Wrong = [], Failure = null, LostLeases = 0,
    };
}

/// <summary>What one worker holds of a range.</summary>
public sealed record LeasedBytes(string Worker, long Bytes);

/// <summary>A worker whose digests of a file a scalar computation on a third machine refuted.</summary>
public sealed record WrongWorker(string Worker, string Host, int File);
