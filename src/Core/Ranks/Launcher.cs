using ShardInit.Errors;

namespace ShardInit.Ranks;

/// <summary>Who this process is, and what was ignored on the way to that answer.</summary>
/// <param name="Identity">Null where nobody started it as one of several.</param>
/// <param name="Notes">Variables of launchers that were not used and why, each one line.</param>
public sealed record Launch(RankIdentity? Identity, IReadOnlyList<string> Notes);

/// <summary>
/// Where a process learns its rank. The first that answers: the flags; SHARDINIT_RANK and SHARDINIT_WORLD; torchrun; Open MPI; the Slurm step; a
/// Slurm array; a Kubernetes Indexed Job; MPICH. Launchers stand inside one another (torchrun or mpirun in a Slurm job), so those that start
/// processes come before those that give out machines.
/// <para>
/// What the user says himself must be right, or nothing runs. What a launcher says and makes no sense is passed over with a note: the same names are
/// used by others (RANK), and a wrong guess only costs time.
/// </para>
/// <para>
/// What they set, as seen with torch 1.13, Open MPI 4.1.4, MPICH 4.0.2 and Slurm 22.05; https://docs.open-mpi.org/en/v5.0.x/tuning-apps/environment-var.html says the same of
/// Open MPI 5, https://slurm.schedmd.com/srun.html and https://slurm.schedmd.com/job_array.html of Slurm.
/// </para>
/// </summary>
public static class Launcher
{
    public const string OwnRank = "SHARDINIT_RANK";
    public const string OwnWorld = "SHARDINIT_WORLD";
    public const string CompletionIndex = "JOB_COMPLETION_INDEX";

    // MPICH's process manager sets MPI_LOCALNRANKS. In a Slurm job its ranks also see the step that started the manager itself, one task a machine: the
    // manager is nearer. Without that variable PMI_RANK may be Slurm's own (srun --mpi=pmi2), so it is asked last.
    private static readonly Func<LauncherVariables, RankIdentity?>[] s_launchers = [TorchRun, OpenMpi, Hydra, SlurmLauncher.Step, SlurmLauncher.Array, IndexedJob, Mpich];

    /// <param name="rank">The value of --rank, null where it was not given.</param>
    /// <param name="world">The value of --world, null where it was not given.</param>
    /// <param name="environment">Value of a variable, or null.</param>
    /// <exception cref="PlanException">The flags or the variables of SHARDINIT_ do not name one rank of several: every problem.</exception>
    public static Launch Find(int? rank, int? world, Func<string, string?> environment)
    {
        LauncherVariables variables = new(environment);
        Problems problems = new();
        RankIdentity? identity = FromFlags(rank, world, problems) ?? FromOwnVariables(variables, problems);
        problems.ThrowIfAny();
        for (int i = 0; identity is null && i < s_launchers.Length; i++) identity = s_launchers[i](variables);
        return new Launch(identity, variables.Notes);
    }

    private static RankIdentity? FromFlags(int? rank, int? world, Problems problems)
    {
        if (rank is null && world is null) return null;
        if (rank is null) problems.Add($"--world {world}: expected --rank beside it, found nothing; give both, or neither");
        if (world is null) problems.Add($"--rank {rank}: expected --world beside it, found nothing; give both, or neither");
        if (world is < 1 or > RankIdentity.MaxWorld) problems.Add($"--world: expected an integer from 1 to {RankIdentity.MaxWorld}, found {world}");
        else if (rank < 0 || rank >= world) problems.Add($"--rank: expected an integer from 0 to {world - 1} with --world {world}, found {rank}");
        return problems.Any ? null : new RankIdentity(rank!.Value, world!.Value, RankIdentity.CommandLine, 1);
    }

    private static RankIdentity? FromOwnVariables(LauncherVariables variables, Problems problems)
    {
        (string? rankText, string? worldText) = (variables.Text(OwnRank), variables.Text(OwnWorld));
        if (rankText is null && worldText is null) return null;
        int world = 0;
        if (worldText is null) problems.Add($"{OwnRank}: expected {OwnWorld} beside it, found nothing; set it to the number of ranks");
        else if (!LauncherVariables.TryNumber(worldText, 1, RankIdentity.MaxWorld, out world)) problems.Add($"{OwnWorld}: expected an integer from 1 to {RankIdentity.MaxWorld}, found {Problems.Quote(worldText)}");

        if (rankText is null)
        {
            // Alone it is right for an Indexed Job, which knows the rank but not the world.
            string? index = variables.Text(CompletionIndex);
            if (index is null) problems.Add($"{OwnWorld}: expected {OwnRank} beside it, or {CompletionIndex} as an Indexed Job sets it, found neither; set {OwnRank}, from 0 on and another one for each process");
            else if (!LauncherVariables.TryNumber(index, 0, int.MaxValue, out _)) problems.Add($"{CompletionIndex}: expected an integer from 0 on beside {OwnWorld}, found {Problems.Quote(index)}; set it as an Indexed Job does, or set {OwnRank}, from 0 on and another one for each process");
            return null;
        }
        int most = world > 0 ? world - 1 : RankIdentity.MaxWorld - 1;
        if (!LauncherVariables.TryNumber(rankText, 0, most, out int rank)) problems.Add($"{OwnRank}: expected an integer from 0 to {most}, found {Problems.Quote(rankText)}");
        return problems.Any ? null : new RankIdentity(rank, world, RankIdentity.OwnVariables, 1);
    }

    private static RankIdentity? TorchRun(LauncherVariables variables) => variables.Identity(RankIdentity.TorchRun, "RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE");

    private static RankIdentity? OpenMpi(LauncherVariables variables) => variables.Identity(RankIdentity.OpenMpi, "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_SIZE");

    private static RankIdentity? Hydra(LauncherVariables variables) => variables.Has("MPI_LOCALNRANKS") ? Mpich(variables) : null;

    private static RankIdentity? Mpich(LauncherVariables variables) => variables.Identity(RankIdentity.Mpich, "PMI_RANK", "PMI_SIZE", "MPI_LOCALNRANKS");

    private static RankIdentity? IndexedJob(LauncherVariables variables)
    {
        if (variables.Number(CompletionIndex) is not { } index) return null;
        if (variables.Text(OwnWorld) is not { } text || !LauncherVariables.TryNumber(text, 1, RankIdentity.MaxWorld, out int world))
        {
            variables.Note($"{CompletionIndex}: expected {OwnWorld} beside it, set to the completions of the Job, found nothing; ignored");
            return null;
        }
        if (index >= world) throw new PlanException($"{OwnWorld}: expected more than {CompletionIndex}, which is {index}, found {world}; set it to the completions of the Job");
        return new RankIdentity(index, world, RankIdentity.IndexedJob, 1);
    }
}
