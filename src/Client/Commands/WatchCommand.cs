using ShardInit.Client.CommandLine;

namespace ShardInit.Client.Commands;

/// <summary><c>watch</c>: follow a job to its end.</summary>
internal static class WatchCommand
{
    public static readonly Positional Job = new("JOB", "the id of a cluster's job, the beginning of it (8 digits or more), or the output (ROOT/PATH) that it writes");

    public static readonly CommandSpec Spec = new("watch", "Show how far a job is until it has ended: exit code 0 when it is sealed, 1 when it was cancelled or has failed; Ctrl-C leaves the job alone.",
        "watch data/init", [Job], [Flags.Cluster, Flags.Insecure, Flags.Json, Flags.Quiet], given => ClusterWork.Watch(given, given.Word(Job)));
}
