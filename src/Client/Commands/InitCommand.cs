using ShardInit.Client.CommandLine;
using ShardInit.Client.Output;
using ShardInit.Engine;
using ShardInit.Initializers;
using ShardInit.Planning;
using ShardInit.Ranks;
using ShardInit.Storage;

namespace ShardInit.Client.Commands;

/// <summary><c>init</c>: plan and run here; continues by itself where DIR holds the same plan.</summary>
internal static class InitCommand
{
    public static readonly CommandSpec Spec = new("init", "Plan, and write the checkpoint with the cores of this machine; continues by itself when DIR holds the same plan.",
        "init examples/llama-3.2-1b/config.json --seed 42 --out /data/init", [Planned.Model],
        [Flags.Out, .. Planned.Inputs, .. Planned.Running, Flags.OwnShareOnly, Flags.Json, Flags.Quiet], Run);

    private static int Run(Invocation given)
    {
        PluginSet plugins = Planned.Plugins(given);
        Plan plan = Planned.Create(given, plugins);
        LargePlan.LetGo(plan.Tensors.Length);
        string directory = given.Get(Flags.Out)!;
        RefuseBrokenLink(directory);
        RankIdentity? rank = Launched.Identity(given);
        using Interruption interruption = new();
        PlanValues values = new(plan, Planned.Values(given, rank, plugins, interruption.Token));
        if (given.Get(Flags.Metrics) is { } metrics) MetricsFile.PathOf(metrics, rank?.Rank ?? 0, directory);
        if (rank is null or { Rank: 0 }) Planned.Say(given.Terminal, plan);
        if (rank is not null) return RankWriteRun.Run(given, rank, values, directory, interruption.Token);
        using CheckpointWriter writer = CheckpointWriter.Open(directory, plan);
        return WriteRun.Run(given, writer, values, directory, interruption.Token);
    }

    private static void RefuseBrokenLink(string directory)
    {
        if (new FileInfo(directory).LinkTarget is { } target && !Directory.Exists(directory) && File.ResolveLinkTarget(directory, returnFinalTarget: true) is not { Exists: true })
        {
            throw new UsageException($"{Flags.Out.Name}: {directory} is a link to {target}, and nothing is there; create that directory, or remove the link");
        }
    }
}
