using ShardInit.Client.CommandLine;

namespace ShardInit.Client.Commands;

/// <summary><c>jobs</c>: what the caller's tenant has on a cluster.</summary>
internal static class JobsCommand
{
    public static readonly CommandSpec Spec = new("jobs", "List the jobs of your tenant on a cluster, newest first.", "jobs --json", [], [Flags.Cluster, Flags.Insecure, Flags.Json], ClusterWork.Jobs);
}
