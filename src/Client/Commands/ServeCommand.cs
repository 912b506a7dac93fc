using ShardInit.Client.CommandLine;

namespace ShardInit.Client.Commands;

/// <summary><c>serve</c>: a silo of a cluster, until it is told to stop.</summary>
internal static class ServeCommand
{
    public static readonly CommandSpec Spec = new("serve", "Run a silo of a cluster until Ctrl-C or SIGTERM, which let it finish what it has begun; a second one ends it at once.",
        "serve --root data=/data", [], [Flags.Settings, Flags.Root, Flags.Insecure, Flags.SiloThreads, Flags.Lanes, Flags.Quiet], ClusterWork.Serve);
}
