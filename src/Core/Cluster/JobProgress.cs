namespace ShardInit.Cluster;

/// <summary>How far a job is, by the last reports of its ranges.</summary>
/// <param name="WrittenBytes">Committed by workers since the ranges came to life: the rate is its difference over time.</param>
/// <param name="SinceProgress">Since the last commit that the scheduler heard of.</param>
public sealed record JobProgress(
    string Job, int Shards, int CommittedShards, int DisputedShards, long Bytes, long CommittedBytes, long LeasedBytes, long WrittenBytes, long LostLeases, TimeSpan SinceProgress, string? Sealer);
