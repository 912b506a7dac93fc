using ShardInit.Client.CommandLine;

namespace ShardInit.Client.Commands;

/// <summary><c>submit</c>: plan here, and have a cluster write it.</summary>
internal static class SubmitCommand
{
    public static readonly CommandSpec Spec = new("submit", "Plan, and have a cluster write the checkpoint; the same submit again is the same job, and goes on with one that was cancelled or has failed.",
        "submit examples/llama-3.2-1b/config.json --seed 42 --out data/init --watch", [Planned.Model],
        [Flags.Output, .. Planned.Inputs, Flags.Priority, Flags.Watch, Flags.Cluster, Flags.Insecure, Flags.Json, Flags.Quiet], ClusterWork.Submit);
}
