using ShardInit.Errors;

namespace ShardInit.Ranks;

/// <summary>
/// What Slurm says about a process, which depends on who started it. As seen with Slurm 22.05:
/// <list type="bullet">
/// <item>a task of <c>srun</c> has SLURM_PROCID and everything named SLURM_STEP_;</item>
/// <item>a batch script has SLURM_PROCID=0 and no SLURM_STEP_; SLURM_NTASKS is there where the job asked for tasks, though one process runs;</item>
/// <item>in an array both look the same, with SLURM_ARRAY_ beside it.</item>
/// </list>
/// </summary>
internal static class SlurmLauncher
{
    private const string Rank = "SLURM_PROCID";
    private const string StepTasks = "SLURM_STEP_NUM_TASKS";
    private const string JobTasks = "SLURM_NTASKS";
    private const string StepTasksPerNode = "SLURM_STEP_TASKS_PER_NODE";
    private const string Node = "SLURM_NODEID";
    private const string ArrayId = "SLURM_ARRAY_TASK_ID";
    private const string ArrayLeast = "SLURM_ARRAY_TASK_MIN";
    private const string ArrayMost = "SLURM_ARRAY_TASK_MAX";
    private const string ArrayStep = "SLURM_ARRAY_TASK_STEP";
    private const string ArrayCount = "SLURM_ARRAY_TASK_COUNT";

    public static RankIdentity? Step(LauncherVariables variables)
    {
        if (variables.Number(Rank) is not { } rank) return null;
        int? stepTasks = variables.Number(StepTasks, 1);
        // In an array, the batch script itself and a step of one task are one process of the array.
        if (variables.Has(ArrayId) && stepTasks is null or 1) return null;
        if (stepTasks is { } tasks) return variables.Identity(RankIdentity.SlurmStep, (Rank, rank), (StepTasks, tasks), TasksOnThisNode(variables));

        if (variables.Number(JobTasks, 1) is not { } jobTasks) return null;
        if (jobTasks > 1) variables.Note($"{StepTasks}: expected in a step of {jobTasks} tasks, found nothing: the batch script runs the program once; start it with srun to have all ranks at work");
        return variables.Identity(RankIdentity.SlurmStep, (Rank, rank), (JobTasks, jobTasks), 1);
    }

    /// <summary>
    /// <c>--array=4-10:3</c> has the ids 4, 7 and 10: ranks 0, 1 and 2 of 3. A list with holes, <c>--array=1,5,9</c>, has step 1 and count 3: its
    /// ranks are 0, 4 and 8, so the world is the span of 9. The shares that nobody begins with are done by whoever is free.
    /// </summary>
    public static RankIdentity? Array(LauncherVariables variables)
    {
        if (variables.Number(ArrayId) is not { } id) return null;
        if (variables.Number(ArrayLeast) is not { } least || variables.Number(ArrayMost) is not { } most)
        {
            variables.Note($"{ArrayId}: expected {ArrayLeast} and {ArrayMost} beside it, as Slurm sets all three; ignored");
            return null;
        }
        if (id < least || id > most)
        {
            variables.Note($"{ArrayId}: expected {least} to {most}, as {ArrayLeast} and {ArrayMost} say, found {id}; ignored");
            return null;
        }
        int step = variables.Number(ArrayStep, 1) ?? 1;
        int span = (int)Math.Min((long)(most - least) / step + 1, int.MaxValue);
        int world = Math.Max(span, variables.Number(ArrayCount, 1) ?? span);
        return variables.Identity(RankIdentity.SlurmArray, (ArrayId, (id - least) / step), (ArrayCount, world), 1);
    }

    private static int TasksOnThisNode(LauncherVariables variables)
    {
        if (variables.Text(StepTasksPerNode) is not { } text || variables.Number(Node) is not { } node) return 1;
        if (OfNode(text, node) is { } tasks) return tasks;
        variables.Note($"{StepTasksPerNode}: expected a list such as 2(x3),1 with an item for node {node}, found {Problems.Quote(text)}; taken as one rank a node");
        return 1;
    }

    /// <summary>One item of Slurm's list of counts, <c>2(x3),1</c> being 2, 2, 2, 1; null where the list is none or is too short.</summary>
    internal static int? OfNode(string list, int node)
    {
        foreach (string item in list.Split(','))
        {
            int times = 1;
            int bracket = item.IndexOf("(x", StringComparison.Ordinal);
            if (bracket >= 0 && (!item.EndsWith(')') || !LauncherVariables.TryNumber(item[(bracket + 2)..^1], 1, int.MaxValue, out times))) return null;
            if (!LauncherVariables.TryNumber(bracket < 0 ? item : item[..bracket], 1, RankIdentity.MaxWorld, out int count)) return null;
            if (node < times) return count;
            node -= times;
        }
        return null;
    }
}
