using ShardInit.Cluster;

namespace ShardInit.Grains;

/// <summary>
/// Owns the shards of one range of a job: up to 256 files, from planned over leased and written to committed. Key: <see cref="RangeName"/>. Called by silos only; every call answers in under a second,
/// nothing waits for a generator.
/// </summary>
public interface IShardGrain : IGrainWithStringKey
{
    Task<RangeGrant> Lease(LeaseRequest request);

    Task<HeartbeatReply> Heartbeat(string worker, IReadOnlyList<LeaseProgress> leases);

    Task<CompletionReply> Complete(string worker, string host, IReadOnlyList<Completion> completions);

    Task<RangeReport> Release(string worker, IReadOnlyList<int>? files);

    Task<RangeReport> Missing(IReadOnlyList<int> files);

    Task<RangeReport> Distrust(string worker);

    Task<IReadOnlyList<string?>> Digests();

    Task<RangeReport> Report();

    /// <summary>The job is live again: what failed before is tried again.</summary>
    Task<RangeReport> Open();

    /// <summary>The job was cancelled, failed or sealed. What is stored of the range is removed where <paramref name="forget"/>.</summary>
    Task Close(bool forget);
}
