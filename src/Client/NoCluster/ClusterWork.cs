using ShardInit.Client.CommandLine;

namespace ShardInit.Client.Commands;

/// <summary>The cluster commands of a build without Orleans: each says so. Cluster/ClusterWork.cs stands in its place in every other build.</summary>
internal static class ClusterWork
{
    public static int Serve(Invocation given) => throw LeftOut(given);

    public static int Submit(Invocation given) => throw LeftOut(given);

    public static int Status(Invocation given, string job) =>
        throw new UsageException($"{job}: expected a directory that init has begun, found none, and {What}");

    public static int Watch(Invocation given, string job) => throw LeftOut(given);

    public static int Cancel(Invocation given, string job) => throw LeftOut(given);

    public static int Jobs(Invocation given) => throw LeftOut(given);

    private const string What = "this build leaves the cluster out, because the package feed had no Orleans; give NuGet a feed that has the Microsoft.Orleans packages and run SHARDINIT_ORLEANS=true ./shardinit, "
        + "or copy the file that './shardinit publish' makes on a machine that has them";

    private static UsageException LeftOut(Invocation given) => new($"`{given.Command.Name}` needs the cluster: {What}");
}
