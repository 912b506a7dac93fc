using ShardInit.Cluster;

namespace ShardInit.Core.Tests.Cluster.Simulation;

/// <summary>One job of a world: its request, its grain, its ranges, its directory.</summary>
internal sealed class SimulatedJob
{
    public SimulatedJob(World world, string name, string tenant, int priority, IReadOnlyList<long> sizes)
    {
        Sizes = sizes;
        Request = new JobRequest($"root/{name}", new string('0', 63) + "1", tenant, priority, sizes.Count, sizes.Sum());
        Directory = new SimulatedDirectory(sizes.Count);
        Ranges = [.. sizes.Chunk(ShardRange.MaxShards).Select((chunk, number) => new SimulatedRange(world, new RangeKey(Request.Job, number), chunk))];
    }

    public string Id => Request.Job;
    public JobRequest Request { get; }
    public JobState State { get; } = new(null);
    public IReadOnlyList<long> Sizes { get; }
    public SimulatedRange[] Ranges { get; }
    public SimulatedDirectory Directory { get; }
    public TimeSpan SubmittedAt { get; set; }
    public TimeSpan? FirstLeaseAt { get; set; }
    public TimeSpan? SealedAt { get; set; }
    public List<(TimeSpan At, long Bytes)> Commits { get; } = [];
    /// <summary>Leases of a shard that another living worker was still holding.</summary>
    public int GivenAway { get; set; }

    /// <summary>What a sound machine computes.</summary>
    public string RightDigests(int file) => $"{Id[..4]}-{file}";
}
