namespace ShardInit.Cluster;

/// <summary>
/// Up to 256 consecutive shards of one job, each on its way planned → leased → written → committed. Authoritative for who should write what now; what is committed is decided by the
/// files alone, so losing this object, or having two of it for a while, costs work and never a byte. Not thread-safe: its grain takes one call at a time.
/// </summary>
public sealed partial class ShardRange
{
    public const int MaxShards = 256;

    private readonly ClusterOptions _options;
    private readonly MonotonicClock _clock;
    private readonly Shard[] _shards;
    private readonly HashSet<string> _distrusted = [];
    private readonly List<WrongWorker> _wrong = [];
    private readonly long _activation;
    private readonly TimeSpan _quietUntil;
    private long _sequence, _written, _lostLeases;
    private string? _failure;

    /// <param name="bytes">Value bytes of each shard.</param>
    /// <param name="stored">What storage holds of it; null when nothing, and then no lease was ever given out.</param>
    /// <exception cref="InvalidOperationException">A newer release wrote it.</exception>
    public ShardRange(RangeKey key, IReadOnlyList<long> bytes, ClusterOptions options, TimeProvider time, RangeSnapshot? stored = null)
    {
        if (bytes.Count is 0 or > MaxShards) throw new ArgumentException($"range {key}: expected 1 to {MaxShards} shards, found {bytes.Count}", nameof(bytes));
        Key = key;
        _options = options;
        _clock = new MonotonicClock(time);
        _activation = time.GetTimestamp();
        _shards = [.. bytes.Select(length => new Shard(length))];
        if (stored is null) return;
        Merge(stored);
        // Workers may hold leases that this life knows nothing of; each reports within a heartbeat.
        _quietUntil = IsComplete ? TimeSpan.Zero : options.RecoverySpan;
        (_dirty, _everStored, _completeStored) = (false, true, IsComplete);
    }

    public RangeKey Key { get; }

    public int FirstFile => Key.Number * MaxShards;

    public bool IsComplete => _shards.All(shard => shard.Committed);

    /// <summary>The job is live. A closed range gives out nothing, tells workers to drop what they hold, and still takes what they have committed.</summary>
    public bool IsOpen { get; private set; } = true;

    /// <summary>The job was cancelled, failed, or is sealed.</summary>
    public void Close()
    {
        IsOpen = false;
        foreach (Shard shard in _shards) shard.Held = null;
    }

    /// <summary>The job was submitted again: what failed before is tried again.</summary>
    public void Open()
    {
        IsOpen = true;
        _failure = null;
        _lastWorkAt = _clock.Now;
        foreach (Shard shard in _shards) shard.Failures.Clear();
    }

    /// <summary>Files that were committed are gone: the sealer did not find them.</summary>
    public RangeReport Missing(IEnumerable<int> files)
    {
        foreach (int file in files)
        {
            Shard shard = At(file);
            if (!shard.Committed) continue;
            (shard.Committed, shard.Digests, shard.By) = (false, null, null);
            (_dirty, _completeStored) = (true, false);
        }
        return Report();
    }

    /// <summary>Packed digests by shard, for the sealer; null where this life has not seen them, and the sealer reads the file.</summary>
    public IReadOnlyList<string?> Digests() => [.. _shards.Select(shard => shard.Committed ? shard.Digests : null)];

    /// <summary>Counts, after taking away what has lapsed.</summary>
    public RangeReport Report()
    {
        Expire();
        Shard[] planned = [.. _shards.Where(shard => shard.IsPlanned)];
        Shard[] undecided = [.. _shards.Where(shard => shard.Dispute is not null && shard.Held is null)];
        long[] sizes = [.. planned.Concat(undecided).Select(shard => shard.Bytes).DefaultIfEmpty()];
        bool gives = IsOpen && _failure is null;
        return new RangeReport
        {
            Range = Key, Activation = _activation, Sequence = ++_sequence, Shards = _shards.Length,
            CommittedShards = _shards.Count(shard => shard.Committed), CommittedBytes = _shards.Where(shard => shard.Committed).Sum(shard => shard.Bytes),
            PlannedShards = gives ? planned.Length : 0, PlannedBytes = gives ? planned.Sum(shard => shard.Bytes) : 0,
            SmallestBytes = sizes.Min(), LargestBytes = sizes.Max(),
            ToDecide = gives ? undecided.Length : 0, WrittenBytes = _written,
            Leased = [.. _shards.Where(shard => shard.Held is not null).GroupBy(shard => shard.Held!.Worker).Select(group => new LeasedBytes(group.Key, group.Sum(shard => shard.Bytes)))],
            Wrong = [.. _wrong], Failure = _failure ?? Undecidable(), LostLeases = _lostLeases,
        };
    }

    private Shard At(int file)
    {
        int index = file - FirstFile;
        if (index < 0 || index >= _shards.Length) throw new ArgumentOutOfRangeException(nameof(file), file, $"range {Key} has files {FirstFile} to {FirstFile + _shards.Length - 1}");
        return _shards[index];
    }

    private int FileOf(Shard shard) => FirstFile + Array.IndexOf(_shards, shard);

    private sealed class Shard(long bytes)
    {
        public long Bytes { get; } = bytes;
        public bool Committed { get; set; }
        /// <summary>Leases given out.</summary>
        public int Attempt { get; set; }
        /// <summary>The last attempt that was taken away because its worker was stuck or gave it up: it does not come back by a heartbeat.</summary>
        public int Taken { get; set; }
        public Held? Held { get; set; }
        public string? Digests { get; set; }
        /// <summary>Who computed it, as far as this life knows.</summary>
        public Claim? By { get; set; }
        public Dispute? Dispute { get; set; }
        /// <summary>Workers that had it in this life: where nobody says that he wrote what is there, it was one of them.</summary>
        public HashSet<string> Holders { get; } = [];
        /// <summary>Digests that a decision found right.</summary>
        public string? Truth { get; set; }
        public List<Failure> Failures { get; } = [];

        public bool IsPlanned => !Committed && Held is null && Dispute is null;
    }

    private sealed class Held(string worker, int attempt, LeaseKind kind, TimeSpan now)
    {
        public string Worker { get; } = worker;
        public int Attempt { get; } = attempt;
        public LeaseKind Kind { get; } = kind;
        public TimeSpan SeenAt { get; set; } = now;
        public TimeSpan ProgressAt { get; set; } = now;
        /// <summary>-1 while it waits in the worker's queue.</summary>
        public int TilesDone { get; set; } = -1;
    }

    /// <param name="Error">Null for a worker that was stuck.</param>
    private readonly record struct Failure(string Worker, string? Error, TimeSpan At);
}
