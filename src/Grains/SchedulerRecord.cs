using ShardInit.Cluster;

namespace ShardInit.Grains;

/// <summary>What is stored of the scheduler: which outputs have live jobs, and who computes wrongly.</summary>
public sealed record SchedulerRecord(int Version, IReadOnlyList<string> Outputs, IReadOnlyList<WrongWorker> Fenced)
{
    public const int CurrentVersion = 1;
}
