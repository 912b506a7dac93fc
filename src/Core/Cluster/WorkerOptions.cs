using ShardInit.Engine;
using ShardInit.Initializers;

namespace ShardInit.Cluster;

/// <summary>How one worker works. Nothing of it changes a byte.</summary>
public sealed record WorkerOptions
{
    /// <summary>Identity and versions: <see cref="WorkerHello.Of"/>.</summary>
    public required WorkerHello Hello { get; init; }

    /// <summary>The directory of a job on this machine: <see cref="OutputRoots.Resolve"/>.</summary>
    public required Func<JobRecord, string> DirectoryOf { get; init; }

    public int Threads { get; init; } = 1;

    public LaneChoice Lanes { get; init; } = LaneChoice.Auto;

    public PluginSet Plugins { get; init; } = PluginSet.None;

    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Pause between requests while there is nothing to do, and after a call that failed.</summary>
    public TimeSpan IdleInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>A request is for what the worker writes in this time, by its own measure: short, so that tenants take turns and a new job soon starts.</summary>
    public TimeSpan BatchSpan { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Size of the first request, before anything is measured, and the least later on. One shard is given whatever its size, so this is about many tiny ones: what waits in a worker keeps the shards of
    /// others waiting.
    /// </summary>
    public long LeastBatchBytes { get; init; } = 256 << 10;

    /// <summary>How long a sealer waits for files that a network file system may still be hiding.</summary>
    public TimeSpan SealPatience { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a result that nobody takes is kept and told again. Then it is dropped: the file is there, and its lease lapses.</summary>
    public TimeSpan ReportSpan { get; init; } = TimeSpan.FromMinutes(5);

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Told, one line each, what people should know: refusals, failed shards, calls without an answer. From any thread.</summary>
    public Action<string> Log { get; init; } = _ => { };
}
