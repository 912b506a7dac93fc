namespace ShardInit.Cluster;

/// <summary>
/// What is stored of a range. Only saves work: a range without it, or with an old one, hands shards out again, and workers find them committed. Leases are not in it.
/// </summary>
/// <param name="Version">Of this record; a reader refuses newer ones.</param>
/// <param name="Committed">One bit a shard, the first in the lowest bit of the first byte.</param>
/// <param name="Attempts">Leases given out, by shard.</param>
/// <param name="Disputes">Normally empty.</param>
/// <param name="Wrong">Normally empty.</param>
public sealed record RangeSnapshot(int Version, byte[] Committed, int[] Attempts, IReadOnlyList<StoredDispute> Disputes, IReadOnlyList<WrongWorker> Wrong)
{
    public const int CurrentVersion = 1;

    public bool IsCommitted(int shard) => shard / 8 < Committed.Length && (Committed[shard / 8] >> (shard % 8) & 1) != 0;
}

/// <summary>One shard that two machines computed differently.</summary>
/// <param name="Published">Digests of what has the file's name; null when not known.</param>
/// <param name="Truth">Digests that the decision found right; null while undecided.</param>
public sealed record StoredDispute(int Shard, string? Published, string? Truth, IReadOnlyList<Claim> Claims);

/// <summary>What one worker says about a shard.</summary>
/// <param name="Worker">Empty when not known.</param>
public sealed record Claim(string Worker, string Host, string Digests);
