using ShardInit.Ranks;

namespace ShardInit.Core.Tests.Ranks;

/// <summary>
/// Environments as launchers set them. Those named "seen" are cut from dumps of torch 1.13 (torchrun), Open MPI 4.1.4, MPICH 4.0.2 and Slurm 22.05 on one machine; for
/// several machines the numbers are changed as their documentation says.
/// </summary>
public sealed class LauncherTests
{
    private const string TorchRun = "GROUP_RANK=0 GROUP_WORLD_SIZE=1 LOCAL_RANK=1 LOCAL_WORLD_SIZE=3 MASTER_ADDR=127.0.0.1 OMP_NUM_THREADS=1 RANK=1 ROLE_RANK=1 ROLE_WORLD_SIZE=3 TORCHELASTIC_RUN_ID=none WORLD_SIZE=3";
    private const string OpenMpi = "OMPI_COMM_WORLD_LOCAL_RANK=2 OMPI_COMM_WORLD_LOCAL_SIZE=3 OMPI_COMM_WORLD_NODE_RANK=2 OMPI_COMM_WORLD_RANK=2 OMPI_COMM_WORLD_SIZE=3 OMPI_UNIVERSE_SIZE=2 PMIX_RANK=2";
    private const string Hydra = "MPI_LOCALNRANKS=3 MPI_LOCALRANKID=1 PMI_FD=8 PMI_RANK=1 PMI_SIZE=3";
    private const string Step = "SLURM_CPUS_ON_NODE=8 SLURM_CPUS_PER_TASK=2 SLURM_LOCALID=3 SLURM_NNODES=1 SLURM_NODEID=0 SLURM_NPROCS=4 SLURM_NTASKS=4 SLURM_PROCID=3 SLURM_STEPID=0 SLURM_STEP_NUM_NODES=1 SLURM_STEP_NUM_TASKS=4 SLURM_STEP_TASKS_PER_NODE=4 SLURM_TASKS_PER_NODE=4";
    private const string Array = "SLURM_ARRAY_JOB_ID=9 SLURM_ARRAY_TASK_COUNT=3 SLURM_ARRAY_TASK_ID=7 SLURM_ARRAY_TASK_MAX=10 SLURM_ARRAY_TASK_MIN=4 SLURM_ARRAY_TASK_STEP=3";
    private const string BatchOfOne = "SLURM_CPUS_ON_NODE=2 SLURM_JOB_NUM_NODES=1 SLURM_LOCALID=0 SLURM_NNODES=1 SLURM_NODEID=0 SLURM_PROCID=0 SLURM_TASKS_PER_NODE=1";
    private const string BatchOfTwo = "SLURM_CPUS_ON_NODE=2 SLURM_LOCALID=0 SLURM_NODEID=0 SLURM_NPROCS=2 SLURM_NTASKS=2 SLURM_PROCID=0 SLURM_TASKS_PER_NODE=2";
    private const string StepOfOne = "SLURM_LOCALID=0 SLURM_NODEID=0 SLURM_NTASKS=1 SLURM_PROCID=0 SLURM_STEPID=0 SLURM_STEP_NUM_TASKS=1 SLURM_STEP_TASKS_PER_NODE=1";

    [Theory]
    // torchrun
    [InlineData("seen, 3 on one machine", TorchRun, 1, 3, RankIdentity.TorchRun, 3)]
    [InlineData("2 machines of 8", "RANK=13 WORLD_SIZE=16 LOCAL_RANK=5 LOCAL_WORLD_SIZE=8 GROUP_RANK=1", 13, 16, RankIdentity.TorchRun, 8)]
    [InlineData("by hand, without local ranks", "RANK=0 WORLD_SIZE=2", 0, 2, RankIdentity.TorchRun, 1)]
    [InlineData("one process", "RANK=0 WORLD_SIZE=1 LOCAL_WORLD_SIZE=1", 0, 1, RankIdentity.TorchRun, 1)]
    // Open MPI
    [InlineData("seen, 3 on one machine", OpenMpi, 2, 3, RankIdentity.OpenMpi, 3)]
    [InlineData("4 machines, ppr:2:node", "OMPI_COMM_WORLD_RANK=7 OMPI_COMM_WORLD_SIZE=8 OMPI_COMM_WORLD_LOCAL_SIZE=2", 7, 8, RankIdentity.OpenMpi, 2)]
    [InlineData("seen, mpirun in a batch script", "OMPI_COMM_WORLD_LOCAL_SIZE=2 OMPI_COMM_WORLD_RANK=1 OMPI_COMM_WORLD_SIZE=2 SLURM_CPUS_ON_NODE=2 SLURM_NTASKS=2 SLURM_PROCID=0", 1, 2, RankIdentity.OpenMpi, 2)]
    // Slurm, srun
    [InlineData("seen, 4 on one machine", Step, 3, 4, RankIdentity.SlurmStep, 4)]
    [InlineData("7 on 4 machines, first", "SLURM_PROCID=1 SLURM_NODEID=0 SLURM_STEP_NUM_TASKS=7 SLURM_STEP_TASKS_PER_NODE=2(x3),1", 1, 7, RankIdentity.SlurmStep, 2)]
    [InlineData("7 on 4 machines, third", "SLURM_PROCID=5 SLURM_NODEID=2 SLURM_STEP_NUM_TASKS=7 SLURM_STEP_TASKS_PER_NODE=2(x3),1", 5, 7, RankIdentity.SlurmStep, 2)]
    [InlineData("7 on 4 machines, last", "SLURM_PROCID=6 SLURM_NODEID=3 SLURM_STEP_NUM_TASKS=7 SLURM_STEP_TASKS_PER_NODE=2(x3),1", 6, 7, RankIdentity.SlurmStep, 1)]
    [InlineData("seen, a step of 3 in a job of 4", "SLURM_NTASKS=3 SLURM_NPROCS=3 SLURM_PROCID=2 SLURM_STEPID=1 SLURM_STEP_NUM_TASKS=3 SLURM_STEP_TASKS_PER_NODE=3 SLURM_NODEID=0", 2, 3, RankIdentity.SlurmStep, 3)]
    [InlineData("a smaller step than the job, old srun", "SLURM_NTASKS=64 SLURM_PROCID=1 SLURM_STEP_NUM_TASKS=2 SLURM_STEP_TASKS_PER_NODE=1(x2) SLURM_NODEID=1", 1, 2, RankIdentity.SlurmStep, 1)]
    [InlineData("seen, srun --mpi=pmi2", "PMI_FD=13 PMI_JOBID=14.2 PMI_RANK=1 PMI_SIZE=2 SLURM_NODEID=0 SLURM_NTASKS=2 SLURM_PROCID=1 SLURM_STEP_NUM_TASKS=2 SLURM_STEP_TASKS_PER_NODE=2", 1, 2, RankIdentity.SlurmStep, 2)]
    [InlineData("torchrun in a step, one a machine", "RANK=9 WORLD_SIZE=16 LOCAL_WORLD_SIZE=8 SLURM_PROCID=1 SLURM_NODEID=1 SLURM_STEP_NUM_TASKS=2 SLURM_STEP_TASKS_PER_NODE=1(x2)", 9, 16, RankIdentity.TorchRun, 8)]
    // Slurm, arrays
    [InlineData("seen, ids 4 7 10, no srun", Array + " " + BatchOfOne, 1, 3, RankIdentity.SlurmArray, 1)]
    [InlineData("seen, ids 4 7 10, --ntasks=2, no srun", Array + " " + BatchOfTwo, 1, 3, RankIdentity.SlurmArray, 1)]
    [InlineData("seen, ids 4 7 10, srun -n1", Array + " " + StepOfOne, 1, 3, RankIdentity.SlurmArray, 1)]
    [InlineData("seen, ids 4 7 10, srun of more", Array + " " + Step, 3, 4, RankIdentity.SlurmStep, 4)]
    [InlineData("0-15", "SLURM_ARRAY_TASK_COUNT=16 SLURM_ARRAY_TASK_ID=15 SLURM_ARRAY_TASK_MAX=15 SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_STEP=1", 15, 16, RankIdentity.SlurmArray, 1)]
    [InlineData("0-15:4", "SLURM_ARRAY_TASK_COUNT=4 SLURM_ARRAY_TASK_ID=12 SLURM_ARRAY_TASK_MAX=12 SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_STEP=4", 3, 4, RankIdentity.SlurmArray, 1)]
    [InlineData("seen, 1,5,9: holes", "SLURM_ARRAY_TASK_COUNT=3 SLURM_ARRAY_TASK_ID=9 SLURM_ARRAY_TASK_MAX=9 SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_STEP=1", 8, 9, RankIdentity.SlurmArray, 1)]
    [InlineData("seen, 1,5,9: its first", "SLURM_ARRAY_TASK_COUNT=3 SLURM_ARRAY_TASK_ID=1 SLURM_ARRAY_TASK_MAX=9 SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_STEP=1", 0, 9, RankIdentity.SlurmArray, 1)]
    [InlineData("without a count", "SLURM_ARRAY_TASK_ID=5 SLURM_ARRAY_TASK_MAX=9 SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_STEP=2", 2, 5, RankIdentity.SlurmArray, 1)]
    [InlineData("without a step", "SLURM_ARRAY_TASK_ID=5 SLURM_ARRAY_TASK_MAX=9 SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_COUNT=9", 4, 9, RankIdentity.SlurmArray, 1)]
    [InlineData("one id", "SLURM_ARRAY_TASK_ID=5 SLURM_ARRAY_TASK_MAX=5 SLURM_ARRAY_TASK_MIN=5 SLURM_ARRAY_TASK_STEP=1 SLURM_ARRAY_TASK_COUNT=1 SLURM_PROCID=0", 0, 1, RankIdentity.SlurmArray, 1)]
    // Kubernetes
    [InlineData("index 3 of 4", "JOB_COMPLETION_INDEX=3 SHARDINIT_WORLD=4 KUBERNETES_SERVICE_HOST=10.0.0.1", 3, 4, RankIdentity.IndexedJob, 1)]
    [InlineData("torchrun in its pods", "JOB_COMPLETION_INDEX=1 SHARDINIT_WORLD=2 " + TorchRun, 1, 3, RankIdentity.TorchRun, 3)]
    // MPICH, and Intel MPI with the same process manager
    [InlineData("seen, 3 on one machine", Hydra, 1, 3, RankIdentity.Mpich, 3)]
    [InlineData("seen, mpiexec in a batch script: the step of its manager", "MPI_LOCALNRANKS=2 MPI_LOCALRANKID=1 PMI_RANK=1 PMI_SIZE=2 SLURM_NODEID=0 SLURM_NTASKS=2 SLURM_PROCID=0 SLURM_STEP_NUM_TASKS=1 SLURM_STEP_TASKS_PER_NODE=1", 1, 2, RankIdentity.Mpich, 2)]
    [InlineData("2 machines of 4 in a Slurm job", "MPI_LOCALNRANKS=4 PMI_RANK=6 PMI_SIZE=8 SLURM_NODEID=1 SLURM_PROCID=1 SLURM_STEP_NUM_TASKS=2 SLURM_STEP_TASKS_PER_NODE=1(x2)", 6, 8, RankIdentity.Mpich, 4)]
    [InlineData("another process manager", "PMI_RANK=1 PMI_SIZE=2", 1, 2, RankIdentity.Mpich, 1)]
    // one's own
    [InlineData("own variables", "SHARDINIT_RANK=2 SHARDINIT_WORLD=3", 2, 3, RankIdentity.OwnVariables, 1)]
    [InlineData("the largest world", "SHARDINIT_RANK=999999 SHARDINIT_WORLD=1000000", 999999, 1000000, RankIdentity.OwnVariables, 1)]
    public void A_launcher_is_believed(string what, string environment, int rank, int world, string source, int localRanks)
    {
        Launch launch = Find(environment);
        Assert.True(new RankIdentity(rank, world, source, localRanks) == launch.Identity, $"{what}: {launch.Identity} with {launch.Identity?.LocalRanks} here");
        Assert.Empty(launch.Notes);
    }

    [Theory]
    [InlineData("")]
    [InlineData("PATH=/bin HOME=/ LOCAL_RANK=0 MASTER_ADDR=localhost PMIX_RANK=0")]
    [InlineData("SLURM_JOB_ID=7 SLURM_NTASKS=4 SLURM_NNODES=2")] // salloc's shell
    [InlineData(BatchOfOne)] // a batch script of one process
    [InlineData("RANK= WORLD_SIZE= SHARDINIT_RANK= SHARDINIT_WORLD= SLURM_PROCID=")]
    public void Nothing_said_is_nobody(string environment)
    {
        Launch launch = Find(environment);
        Assert.Null(launch.Identity);
        Assert.Empty(launch.Notes);
    }

    [Theory]
    [InlineData("RANK=0", null, "RANK: expected WORLD_SIZE beside it, as torchrun sets both; ignored")]
    [InlineData("RANK=0 " + Step, RankIdentity.SlurmStep, "RANK: expected WORLD_SIZE beside it")]
    [InlineData("WORLD_SIZE=8", null, "WORLD_SIZE: expected RANK beside it")]
    [InlineData("RANK=4 WORLD_SIZE=4", null, "RANK: expected less than the 4 of WORLD_SIZE, found 4; ignored")]
    [InlineData("RANK=-1 WORLD_SIZE=4", null, "RANK: expected an integer from 0 on, found '-1'; ignored")]
    [InlineData("RANK=one WORLD_SIZE=4 " + OpenMpi, RankIdentity.OpenMpi, "RANK: expected an integer from 0 on, found 'one'; ignored")]
    [InlineData("RANK=0 WORLD_SIZE=0", null, "WORLD_SIZE: expected an integer from 1 on, found '0'; ignored")]
    [InlineData("RANK=0 WORLD_SIZE=1000001", null, "WORLD_SIZE: expected at most 1000000 ranks, found 1000001; ignored")]
    [InlineData("RANK=0 WORLD_SIZE=99999999999", null, "found '99999999999'; ignored")]
    [InlineData("RANK=0 WORLD_SIZE=2 LOCAL_WORLD_SIZE=two", RankIdentity.TorchRun, "LOCAL_WORLD_SIZE: expected an integer from 1 on, found 'two'; ignored")]
    [InlineData("OMPI_COMM_WORLD_RANK=1", null, "OMPI_COMM_WORLD_RANK: expected OMPI_COMM_WORLD_SIZE beside it")]
    [InlineData("PMI_RANK=1", null, "PMI_RANK: expected PMI_SIZE beside it, as MPICH sets both; ignored")]
    [InlineData("MPI_LOCALNRANKS=2 PMI_RANK=1", null, "PMI_RANK: expected PMI_SIZE beside it, as MPICH sets both; ignored")]
    [InlineData("SLURM_PROCID=4 SLURM_STEP_NUM_TASKS=4", null, "SLURM_PROCID: expected less than the 4 of SLURM_STEP_NUM_TASKS, found 4; ignored")]
    [InlineData("SLURM_PROCID=x SLURM_STEP_NUM_TASKS=4", null, "SLURM_PROCID: expected an integer from 0 on, found 'x'; ignored")]
    [InlineData("SLURM_PROCID=1 SLURM_STEP_NUM_TASKS=x", null, "SLURM_STEP_NUM_TASKS: expected an integer from 1 on, found 'x'; ignored")]
    [InlineData("SLURM_PROCID=1 SLURM_NODEID=4 SLURM_STEP_NUM_TASKS=7 SLURM_STEP_TASKS_PER_NODE=2(x3),1", RankIdentity.SlurmStep, "SLURM_STEP_TASKS_PER_NODE: expected a list such as 2(x3),1 with an item for node 4, found '2(x3),1'; taken as one rank a node")]
    [InlineData(BatchOfTwo, RankIdentity.SlurmStep, "the batch script runs the program once; start it with srun")] // seen: sbatch --ntasks=2 without srun
    [InlineData("SLURM_ARRAY_TASK_ID=5", null, "SLURM_ARRAY_TASK_ID: expected SLURM_ARRAY_TASK_MIN and SLURM_ARRAY_TASK_MAX beside it")]
    [InlineData("SLURM_ARRAY_TASK_ID=5 SLURM_ARRAY_TASK_MIN=6 SLURM_ARRAY_TASK_MAX=9", null, "SLURM_ARRAY_TASK_ID: expected 6 to 9, as SLURM_ARRAY_TASK_MIN and SLURM_ARRAY_TASK_MAX say, found 5; ignored")]
    [InlineData("SLURM_ARRAY_TASK_ID=5 SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_MAX=9 SLURM_ARRAY_TASK_STEP=0", RankIdentity.SlurmArray, "SLURM_ARRAY_TASK_STEP: expected an integer from 1 on, found '0'; ignored")]
    [InlineData("SLURM_ARRAY_TASK_ID=1 SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_MAX=3000000 SLURM_ARRAY_TASK_COUNT=2 SLURM_ARRAY_TASK_STEP=1", null, "expected at most 1000000 ranks, found 3000000; ignored")]
    [InlineData("SLURM_ARRAY_TASK_ID=1 SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_MAX=2147483647 SLURM_ARRAY_TASK_STEP=1", null, "expected at most 1000000 ranks, found 2147483647; ignored")]
    [InlineData("JOB_COMPLETION_INDEX=3", null, "JOB_COMPLETION_INDEX: expected SHARDINIT_WORLD beside it, set to the completions of the Job, found nothing; ignored")]
    [InlineData("JOB_COMPLETION_INDEX=x", null, "JOB_COMPLETION_INDEX: expected an integer from 0 on, found 'x'; ignored")]
    public void What_makes_no_sense_is_passed_over_with_a_note(string environment, string? source, string note)
    {
        Launch launch = Find(environment);
        Assert.Equal(source, launch.Identity?.Source);
        Assert.Contains(note, Assert.Single(launch.Notes));
        Assert.DoesNotContain('\n', launch.Notes[0]);
    }

    [Theory]
    [InlineData(3, null, "", "--rank 3: expected --world beside it, found nothing; give both, or neither")]
    [InlineData(null, 4, "", "--world 4: expected --rank beside it, found nothing; give both, or neither")]
    [InlineData(null, 4, "SHARDINIT_RANK=1 SHARDINIT_WORLD=4", "--world 4: expected --rank beside it")]
    [InlineData(4, 4, "", "--rank: expected an integer from 0 to 3 with --world 4, found 4")]
    [InlineData(0, 0, "", "--world: expected an integer from 1 to 1000000, found 0")]
    [InlineData(0, 1000001, "", "--world: expected an integer from 1 to 1000000, found 1000001")]
    [InlineData(null, null, "SHARDINIT_RANK=1", "SHARDINIT_RANK: expected SHARDINIT_WORLD beside it, found nothing; set it to the number of ranks")]
    [InlineData(null, null, "SHARDINIT_RANK=1 " + TorchRun, "SHARDINIT_RANK: expected SHARDINIT_WORLD beside it")]
    [InlineData(null, null, "SHARDINIT_WORLD=4", "SHARDINIT_WORLD: expected SHARDINIT_RANK beside it, or JOB_COMPLETION_INDEX as an Indexed Job sets it, found neither; set SHARDINIT_RANK")]
    [InlineData(null, null, "SHARDINIT_WORLD=4 " + Step, "SHARDINIT_WORLD: expected SHARDINIT_RANK beside it")]
    [InlineData(null, null, "SHARDINIT_RANK=4 SHARDINIT_WORLD=4", "SHARDINIT_RANK: expected an integer from 0 to 3, found '4'")]
    [InlineData(null, null, "SHARDINIT_RANK=0 SHARDINIT_WORLD=1000001", "SHARDINIT_WORLD: expected an integer from 1 to 1000000, found '1000001'")]
    [InlineData(null, null, "JOB_COMPLETION_INDEX=0 SHARDINIT_WORLD=four", "SHARDINIT_WORLD: expected an integer from 1 to 1000000, found 'four'")]
    [InlineData(null, null, "JOB_COMPLETION_INDEX= SHARDINIT_WORLD=4", "SHARDINIT_WORLD: expected SHARDINIT_RANK beside it, or JOB_COMPLETION_INDEX as an Indexed Job sets it, found neither; set SHARDINIT_RANK")]
    [InlineData(null, null, "JOB_COMPLETION_INDEX=x SHARDINIT_WORLD=4", "JOB_COMPLETION_INDEX: expected an integer from 0 on beside SHARDINIT_WORLD, found 'x'; set it as an Indexed Job does, or set SHARDINIT_RANK")]
    [InlineData(null, null, "JOB_COMPLETION_INDEX=-1 SHARDINIT_WORLD=4 " + TorchRun, "JOB_COMPLETION_INDEX: expected an integer from 0 on beside SHARDINIT_WORLD, found '-1'")]
    [InlineData(null, null, "JOB_COMPLETION_INDEX=4 SHARDINIT_WORLD=4", "SHARDINIT_WORLD: expected more than JOB_COMPLETION_INDEX, which is 4, found 4; set it to the completions of the Job")]
    public void What_the_user_says_must_be_right(int? rank, int? world, string environment, string problem) =>
        Assert.Contains(problem, Assert.Single(Workspace.ProblemsOf(() => Launcher.Find(rank, world, name => new Variables(environment)[name]))));

    [Fact]
    public void All_problems_are_reported_at_once()
    {
        Assert.Equal(2, Workspace.ProblemsOf(() => Find("SHARDINIT_RANK=a SHARDINIT_WORLD=b")).Count);
        Assert.Equal(2, Workspace.ProblemsOf(() => Find("JOB_COMPLETION_INDEX=a SHARDINIT_WORLD=b")).Count);
        Assert.Equal(3, Workspace.ProblemsOf(() => Launcher.Find(1, null, name => new Variables("SHARDINIT_RANK=a SHARDINIT_WORLD=b")[name])).Count);
    }

    /// <summary>In the order of precedence. Each has a rank of its own, so that an answer names its source twice.</summary>
    private static readonly (string Environment, RankIdentity Identity)[] s_order =
    [
        ("SHARDINIT_RANK=1 SHARDINIT_WORLD=50", new(1, 50, RankIdentity.OwnVariables, 1)),
        ("RANK=2 WORLD_SIZE=50 LOCAL_WORLD_SIZE=5", new(2, 50, RankIdentity.TorchRun, 5)),
        ("OMPI_COMM_WORLD_RANK=3 OMPI_COMM_WORLD_SIZE=50 OMPI_COMM_WORLD_LOCAL_SIZE=6", new(3, 50, RankIdentity.OpenMpi, 6)),
        ("SLURM_PROCID=4 SLURM_STEP_NUM_TASKS=50 SLURM_NODEID=0 SLURM_STEP_TASKS_PER_NODE=7,43", new(4, 50, RankIdentity.SlurmStep, 7)),
        ("SLURM_ARRAY_TASK_ID=5 SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_MAX=49 SLURM_ARRAY_TASK_STEP=1 SLURM_ARRAY_TASK_COUNT=50", new(5, 50, RankIdentity.SlurmArray, 1)),
        ("JOB_COMPLETION_INDEX=6 SHARDINIT_WORLD=50", new(6, 50, RankIdentity.IndexedJob, 1)),
        ("PMI_RANK=7 PMI_SIZE=50", new(7, 50, RankIdentity.Mpich, 1)),
    ];

    [Fact]
    public void Of_every_pair_the_first_is_believed()
    {
        for (int first = 0; first < s_order.Length; first++)
        {
            for (int second = first; second < s_order.Length; second++)
            {
                string both = $"{s_order[first].Environment} {s_order[second].Environment}";
                Assert.Equal(s_order[first].Identity, Find(both).Identity);
                Assert.Equal(new RankIdentity(0, 2, RankIdentity.CommandLine, 1), Launcher.Find(0, 2, name => new Variables(both)[name]).Identity);
            }
        }
        Assert.Equal(s_order[0].Identity, Find(string.Join(' ', s_order.Select(source => source.Environment))).Identity);
    }

    [Fact]
    public void It_says_where_it_took_them_from()
    {
        Assert.Equal("rank 1 of 3, from torchrun", Find(TorchRun).Identity!.ToString());
        Assert.Equal("rank 3 of 4, from the Slurm step", Find(Step).Identity!.ToString());
        Assert.Equal("rank 0 of 2, from the command line", Launcher.Find(0, 2, _ => null).Identity!.ToString());
    }

    [Theory]
    [InlineData("4", 0, 4)]
    [InlineData("4", 1, null)]
    [InlineData("1,2,1(x3),3,2", 0, 1)]
    [InlineData("1,2,1(x3),3,2", 1, 2)]
    [InlineData("1,2,1(x3),3,2", 4, 1)]
    [InlineData("1,2,1(x3),3,2", 5, 3)]
    [InlineData("1,2,1(x3),3,2", 6, 2)]
    [InlineData("1,2,1(x3),3,2", 7, null)]
    [InlineData("128(x2147483647)", 2147483646, 128)]
    [InlineData("", 0, null)]
    [InlineData("0", 0, null)]
    [InlineData("2(x0)", 0, null)]
    [InlineData("2(x", 0, null)]
    [InlineData("2(3)", 0, null)]
    [InlineData("(x3)", 0, null)]
    [InlineData("a,2", 1, null)]
    public void Counts_of_a_node_are_read_out_of_the_list(string list, int node, int? count) => Assert.Equal(count, SlurmLauncher.OfNode(list, node));

    private static Launch Find(string environment)
    {
        Variables variables = new(environment);
        return Launcher.Find(null, null, name => variables[name]);
    }
}
