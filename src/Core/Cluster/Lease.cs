namespace ShardInit.Cluster;

/// <summary>Up to <see cref="ShardRange.MaxShards"/> consecutive files of a job: what one grain owns.</summary>
/// <param name="Number">From 0; its first file is Number × <see cref="ShardRange.MaxShards"/>.</param>
public readonly record struct RangeKey(string Job, int Number)
{
    /// <summary>Where there is none.</summary>
    public static RangeKey None { get; } = new("", 0);

    public override string ToString() => $"{Job}/{Number}";

    /// <summary>How many ranges a job of so many files has.</summary>
    public static int CountFor(int files) => (files + ShardRange.MaxShards - 1) / ShardRange.MaxShards;

    /// <summary>The range of a file, by its index in the plan.</summary>
    public static RangeKey Of(string job, int file) => new(job, file / ShardRange.MaxShards);
}

/// <summary>What is to be done with a shard.</summary>
public enum LeaseKind
{
    /// <summary>Write it, unless it is there.</summary>
    Write = 0,
    /// <summary>Write it and put it in place of what has its name, which is known to be wrong.</summary>
    Replace = 1,
    /// <summary>Compute its digests with scalar lanes and write nothing: two machines disagree about it.</summary>
    Decide = 2,
}

/// <summary>One shard for one worker. Only saves work: two workers that write one shard write the same bytes.</summary>
/// <param name="File">Index in the files of the plan.</param>
/// <param name="Attempt">Counts the leases of the shard from 1.</param>
/// <param name="Bytes">Value bytes.</param>
public sealed record Lease(int File, int Attempt, LeaseKind Kind, long Bytes);

/// <summary>How far a worker is with a lease.</summary>
/// <param name="TilesDone">Tiles that are written: real progress, not the fact that a thread lives.</param>
public sealed record LeaseProgress(int File, int Attempt, LeaseKind Kind, int TilesDone);

/// <summary>What became of a lease.</summary>
/// <param name="Digests">Packed digests as this worker computed them, or found them where <paramref name="Written"/> is false; null when it failed.</param>
/// <param name="Published">Digests of another content that it found under the name; null normally.</param>
/// <param name="Written">False where the file was there already.</param>
/// <param name="Error">Why there is no result; null when there is one.</param>
public sealed record Completion(int File, int Attempt, LeaseKind Kind, string? Digests, string? Published, bool Written, string? Error);

public enum CompletionResult
{
    /// <summary>Committed by this, or counted as a failure where it was one.</summary>
    Accepted = 0,
    /// <summary>It was committed before, with the same digests.</summary>
    Duplicate = 1,
    /// <summary>Other digests than those known: the shard is disputed, or the worker already known to be wrong.</summary>
    Differs = 2,
}
