using ShardInit.Cluster;

namespace ShardInit.Grains;

/// <summary>What people are told about a job.</summary>
/// <param name="Progress">Null unless it is live.</param>
/// <param name="RateBytesPerSecond">Value bytes committed a second, over the last reports; null while unknown.</param>
/// <param name="Workers">Workers that hold shards of it.</param>
public sealed record JobView(JobRecord Record, JobProgress? Progress, double? RateBytesPerSecond, int Workers);
