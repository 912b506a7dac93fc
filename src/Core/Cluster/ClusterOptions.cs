namespace ShardInit.Cluster;

/// <summary>The spans and limits of a cluster. None of them can change a byte; wrong ones cost time.</summary>
public sealed record ClusterOptions
{
    /// <summary>A lease without a heartbeat for this long is given to somebody else.</summary>
    public TimeSpan LeaseSpan { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often a worker reports.</summary>
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>A lease whose worker reports but finishes no tile for this long is taken away. Above the longest whole-tensor computation, which is one step of a tile.</summary>
    public TimeSpan StuckSpan { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long a range that was read back from storage waits for the workers that hold its leases to report, before it gives out new ones.</summary>
    public TimeSpan RecoverySpan { get; init; } = TimeSpan.FromSeconds(7);

    /// <summary>A range writes its state at most once in this time, but for its first lease, its completion and disputes.</summary>
    public TimeSpan StorageInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>A worker that failed at a shard gets it again only after this time; another gets it at once, but after a second failure nobody does, and the pause doubles with each.</summary>
    public TimeSpan RetrySpan { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>A shard that failed this often, on at least <see cref="WorkersBeforeGivingUp"/> workers, fails the job.</summary>
    public int FailuresBeforeGivingUp { get; init; } = 3;

    public int WorkersBeforeGivingUp { get; init; } = 2;

    /// <summary>A shard that failed this often fails the job, even where one worker is all there is.</summary>
    public int MostFailures { get; init; } = 6;

    /// <summary>A file about which two machines disagree fails the job when no third has decided within this time and nothing else is left to do.</summary>
    public TimeSpan DecisionSpan { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Shards in one batch of leases.</summary>
    public int MostShardsInBatch { get; init; } = ShardRange.MaxShards;

    /// <summary>Value bytes leased to one worker at a time. A worker that holds nothing gets one shard of any size.</summary>
    public long BytesPerWorker { get; init; } = 16L << 30;

    /// <summary>Value bytes leased to the jobs of one tenant at a time. A tenant of which nothing is leased gets one shard of any size.</summary>
    public long BytesPerTenant { get; init; } = long.MaxValue;

    /// <summary>Shares of tenants relative to each other; 1 for those that are not named.</summary>
    public IReadOnlyDictionary<string, double> TenantWeights { get; init; } = new Dictionary<string, double>();

    /// <summary>
    /// Count machines, not processes: a worker that computed wrong bytes takes the other workers of its host with it, also after a restart, and a dispute is decided on a host of its own.
    /// Off, a fenced worker comes back by restarting.
    /// </summary>
    public bool FenceHosts { get; init; }

    /// <summary>How long a worker that got nothing from a range is not offered it again.</summary>
    public TimeSpan QuietSpan { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Workers of another release get no lease, even when their versions of bits and files agree.</summary>
    public bool SameProduct { get; init; } = true;

    /// <summary>The options themselves when they make sense.</summary>
    /// <exception cref="ArgumentException">Spans that take leases from healthy workers, or limits below 1.</exception>
    public ClusterOptions Checked()
    {
        if (HeartbeatInterval <= TimeSpan.Zero) throw new ArgumentException($"heartbeat interval: expected more than 0 s, found {HeartbeatInterval.TotalSeconds} s");
        if (LeaseSpan < 3 * HeartbeatInterval) throw new ArgumentException($"lease span: expected at least three heartbeats ({3 * HeartbeatInterval.TotalSeconds} s), found {LeaseSpan.TotalSeconds} s");
        if (RecoverySpan < HeartbeatInterval) throw new ArgumentException($"recovery span: expected at least one heartbeat ({HeartbeatInterval.TotalSeconds} s), found {RecoverySpan.TotalSeconds} s");
        if (StuckSpan < LeaseSpan) throw new ArgumentException($"stuck span: expected at least the lease span ({LeaseSpan.TotalSeconds} s), found {StuckSpan.TotalSeconds} s");
        if (TenantWeights.Any(tenant => !(tenant.Value > 0 && double.IsFinite(tenant.Value)))) throw new ArgumentException("tenant weights: expected finite numbers above 0");
        if (BytesPerWorker < 1 || BytesPerTenant < 1) throw new ArgumentException("bytes in flight: expected at least 1 per worker and per tenant");
        if (MostShardsInBatch < 1 || MostShardsInBatch > ShardRange.MaxShards) throw new ArgumentException($"shards in a batch: expected 1 to {ShardRange.MaxShards}, found {MostShardsInBatch}");
        if (FailuresBeforeGivingUp < 1 || MostFailures < FailuresBeforeGivingUp) throw new ArgumentException($"failures: expected 1 to {MostFailures} before giving up, found {FailuresBeforeGivingUp}");
        return this;
    }
}
