using ShardInit.Client.CommandLine;
using ShardInit.Client.Output;
using ShardInit.Engine;
using ShardInit.Planning;
using ShardInit.Ranks;
using ShardInit.Storage;

namespace ShardInit.Client.Commands;

/// <summary><c>resume</c>: continue from what DIR holds, and seal. Needs neither model nor recipe: plan.json has every number.</summary>
internal static class ResumeCommand
{
    public static readonly Positional Directory = new("DIR", "a directory that init has begun");

    public static readonly CommandSpec Spec = new("resume", "Continue from what DIR holds, and seal it. Needs no model or recipe: plan.json in DIR has every number.",
        "resume /data/init", [Directory], [.. Planned.Running, Flags.Plugin, Flags.Json, Flags.Quiet], Run);

    private static int Run(Invocation given)
    {
        string directory = given.Word(Directory);
        using Interruption interruption = new();
        Plan plan;
        using (Checkpoint checkpoint = CheckpointWord.Open(directory)) plan = checkpoint.Plan;
        RankIdentity? rank = Launched.Identity(given);
        PlanValues values = new(plan, Planned.Values(given, rank, Planned.Plugins(given), interruption.Token));
        if (given.Get(Flags.Metrics) is { } metrics) MetricsFile.PathOf(metrics, rank?.Rank ?? 0, directory);
        if (rank is null or { Rank: 0 }) Planned.Say(given.Terminal, plan);
        if (rank is not null) return RankWriteRun.Run(given, rank, values, directory, interruption.Token);
        using CheckpointWriter writer = CheckpointWriter.Open(directory, plan);
        return WriteRun.Run(given, writer, values, directory, interruption.Token);
    }
}
