using ShardInit.Client.CommandLine;

namespace ShardInit.Client.Commands;

/// <summary><c>cancel</c>: end a job.</summary>
internal static class CancelCommand
{
    public static readonly CommandSpec Spec = new("cancel", "End a job. What is committed stays, and the same submit goes on from there.",
        "cancel data/init", [WatchCommand.Job], [Flags.Cluster, Flags.Insecure, Flags.Json, Flags.Quiet], given => ClusterWork.Cancel(given, given.Word(WatchCommand.Job)));
}
