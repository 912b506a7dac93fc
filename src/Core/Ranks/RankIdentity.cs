namespace ShardInit.Ranks;

/// <summary>
/// Which of several processes this one is. Both numbers only order the work: a wrong guess costs time and never a byte, because whoever has
/// finished its share helps with what is left.
/// </summary>
/// <param name="Rank">From 0 to <paramref name="World"/> - 1.</param>
/// <param name="World">How many ranks there are, from 1 to <see cref="MaxWorld"/>.</param>
/// <param name="Source">Who said so, as people read it after "from".</param>
/// <param name="LocalRanks">Ranks on this machine, this one among them, where the launcher says so; else 1.</param>
public sealed record RankIdentity(int Rank, int World, string Source, int LocalRanks)
{
    public const int MaxWorld = 1_000_000;

    public const string CommandLine = "the command line";
    public const string OwnVariables = "SHARDINIT_RANK";
    public const string TorchRun = "torchrun";
    public const string OpenMpi = "Open MPI";
    public const string SlurmStep = "the Slurm step";
    public const string SlurmArray = "the Slurm array";
    public const string IndexedJob = "the Indexed Job";
    public const string Mpich = "MPICH";

    /// <summary><c>rank 3 of 16, from torchrun</c>.</summary>
    public override string ToString() => $"rank {Rank} of {World}, from {Source}";
}
