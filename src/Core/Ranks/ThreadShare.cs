namespace ShardInit.Ranks;

/// <summary>
/// How many threads a rank takes where nobody says: its share of the cores that it may use, so that the ranks of one machine fill it and do not
/// fight for it. Threads never change a byte.
/// </summary>
public static class ThreadShare
{
    /// <summary>
    /// <list type="number">
    /// <item>The ranks of a machine share the cores of the cpuset, or fewer where Slurm gave the step fewer.</item>
    /// <item>A process that may use all of those takes one part of as many as there are local ranks; under Slurm at most what --cpus-per-task asked.</item>
    /// <item>A process that may use fewer was bound by its launcher: those cores are its own and are not divided. Where bindings of that width cannot
    /// all be apart (bound to a socket that several ranks share), it takes an even part of the whole. torchrun does not bind; a narrow affinity under it is that of all its ranks.</item>
    /// <item>A quota of CPU time holds for all ranks of the container and is always divided; rounded up, since a thread too many only waits.</item>
    /// </list>
    /// </summary>
    /// <param name="processorCount">The most that the result can be.</param>
    public static int Of(NodeCores cores, RankIdentity identity, int processorCount)
    {
        int localRanks = identity.LocalRanks;
        int shared = Math.Max(1, Math.Min(cores.Cpuset, cores.SlurmOnNode ?? int.MaxValue));
        bool bound = cores.Affinity < shared && identity.Source != RankIdentity.TorchRun;
        int threads;
        if (bound)
        {
            threads = cores.Affinity <= RoundedUp(shared, localRanks) ? cores.Affinity : shared / localRanks;
        }
        else
        {
            threads = Math.Min(cores.Affinity, shared) / localRanks;
            if (identity.Source is RankIdentity.SlurmStep or RankIdentity.SlurmArray) threads = Math.Min(threads, cores.SlurmPerTask ?? int.MaxValue);
        }
        if (cores.Quota is { } quota) threads = (int)Math.Min(threads, Math.Ceiling(quota / localRanks));
        return Math.Clamp(threads, 1, Math.Max(1, processorCount));
    }

    /// <summary>The share on this machine, now.</summary>
    public static int OfThisMachine(RankIdentity identity) => OperatingSystem.IsLinux()
        ? Of(NodeCores.Read("/", Environment.GetEnvironmentVariable), identity, Environment.ProcessorCount)
        : Math.Max(1, Environment.ProcessorCount / identity.LocalRanks);

    private static int RoundedUp(int amount, int parts) => (amount - 1) / parts + 1;
}
