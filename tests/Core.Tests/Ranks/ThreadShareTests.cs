using ShardInit.Ranks;

namespace ShardInit.Core.Tests.Ranks;

public sealed class ThreadShareTests
{
    private const int Many = 1024;

    [Theory]
    // Nobody bound anything: the machine is divided.
    [InlineData("one rank", RankIdentity.OwnVariables, 1, 64, 64, null, null, 64)]
    [InlineData("8 ranks", RankIdentity.OpenMpi, 8, 64, 64, null, null, 8)]
    [InlineData("3 ranks, rounded down", RankIdentity.TorchRun, 3, 64, 64, null, null, 21)]
    [InlineData("more ranks than cores", RankIdentity.OpenMpi, 8, 2, 2, null, null, 1)]
    // Bound by the launcher: the cores are the rank's own.
    [InlineData("mpirun, 2 ranks bound to a core each", RankIdentity.OpenMpi, 2, 1, 2, null, null, 1)]
    [InlineData("mpirun --map-by slot:PE=16", RankIdentity.OpenMpi, 4, 16, 64, null, null, 16)]
    [InlineData("srun -c 16, 4 on a machine, bound", RankIdentity.SlurmStep, 4, 16, 64, 64, 16, 16)]
    [InlineData("srun, 10 cores to 4: two have 3", RankIdentity.SlurmStep, 4, 3, 10, 10, null, 3)]
    [InlineData("srun, 10 cores to 4: two have 2", RankIdentity.SlurmStep, 4, 2, 10, 10, null, 2)]
    [InlineData("bound to whole cores, -c 3 on 2 threads a core", RankIdentity.SlurmStep, 4, 4, 16, 16, 3, 4)]
    [InlineData("bound to a socket that 4 of 8 share", RankIdentity.OpenMpi, 8, 64, 128, null, null, 16)]
    // torchrun divides what it was given, it binds nothing.
    [InlineData("torchrun of 8 in a task of 64 of 128", RankIdentity.TorchRun, 8, 64, 128, 128, 64, 8)]
    [InlineData("torchrun of 8 on a machine", RankIdentity.TorchRun, 8, 128, 128, null, null, 16)]
    // Slurm without binding and without cpusets: what it gave the step is divided, within what was asked for a task.
    [InlineData("16 of 128 to 4 tasks", RankIdentity.SlurmStep, 4, 128, 128, 16, null, 4)]
    [InlineData("16 of 128 to 4 tasks of 4", RankIdentity.SlurmStep, 4, 128, 128, 16, 4, 4)]
    [InlineData("a whole machine, one task of 8", RankIdentity.SlurmStep, 1, 128, 128, 128, 8, 8)]
    [InlineData("a task of an array", RankIdentity.SlurmArray, 1, 128, 128, 2, 2, 2)]
    [InlineData("mpirun in a Slurm job: the count of another program's task", RankIdentity.OpenMpi, 4, 128, 128, 128, 1, 32)]
    // cpusets of containers
    [InlineData("a pod with 4 exclusive cores", RankIdentity.IndexedJob, 1, 4, 4, null, null, 4)]
    [InlineData("4 ranks in such a pod", RankIdentity.TorchRun, 4, 4, 4, null, null, 1)]
    public void Cores_are_shared_or_owned(string what, string source, int localRanks, int affinity, int cpuset, int? onNode, int? perTask, int threads)
    {
        int found = ThreadShare.Of(new NodeCores(affinity, cpuset, null, onNode, perTask), new RankIdentity(0, Math.Max(localRanks, 2), source, localRanks), Many);
        Assert.True(threads == found, $"{what}: expected {threads}, found {found}");
    }

    [Theory]
    [InlineData(1, 64, 8.0, 8)]
    [InlineData(1, 64, 1.5, 2)]
    [InlineData(1, 64, 0.25, 1)]
    [InlineData(4, 64, 8.0, 2)]
    [InlineData(4, 64, 2.0, 1)]
    [InlineData(4, 8, 64.0, 2)] // a quota above the cores changes nothing
    public void A_quota_is_always_divided(int localRanks, int cores, double quota, int threads) =>
        Assert.Equal(threads, ThreadShare.Of(new NodeCores(cores, cores, quota, null, null), new RankIdentity(0, 8, RankIdentity.OpenMpi, localRanks), Many));

    [Fact]
    public void A_quota_is_divided_for_bound_ranks_too() =>
        Assert.Equal(3, ThreadShare.Of(new NodeCores(16, 64, 12, null, null), new RankIdentity(0, 4, RankIdentity.OpenMpi, 4), Many));

    [Theory]
    [InlineData(64, 8, 8)]
    [InlineData(64, 64, 64)]
    [InlineData(0, 64, 1)] // what no kernel says
    public void It_is_at_least_one_and_at_most_what_the_runtime_sees(int affinity, int processorCount, int threads) =>
        Assert.Equal(threads, ThreadShare.Of(new NodeCores(affinity, 64, null, null, null), new RankIdentity(0, 1, RankIdentity.OwnVariables, 1), processorCount));

    /// <summary>Whatever the ranks of a machine are told, together they fill it and never take more than the rounding adds.</summary>
    [Fact]
    public void Unbound_ranks_never_take_more_cores_than_there_are()
    {
        for (int cores = 1; cores <= 130; cores++)
        {
            for (int localRanks = 1; localRanks <= cores; localRanks++)
            {
                int threads = ThreadShare.Of(new NodeCores(cores, cores, null, null, null), new RankIdentity(0, localRanks, RankIdentity.OpenMpi, localRanks), Many);
                Assert.True(threads * localRanks <= cores && (threads + 1) * localRanks > cores, $"{localRanks} ranks with {threads} threads each on {cores} cores");
            }
        }
    }

    [Fact]
    public void On_this_machine_one_rank_takes_what_it_may_and_many_take_one()
    {
        Assert.InRange(ThreadShare.OfThisMachine(new RankIdentity(0, 1, RankIdentity.OwnVariables, 1)), 1, Environment.ProcessorCount);
        Assert.Equal(1, ThreadShare.OfThisMachine(new RankIdentity(0, 100_000, RankIdentity.TorchRun, 100_000)));
    }
}
