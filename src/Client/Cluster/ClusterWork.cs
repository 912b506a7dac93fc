using ShardInit.Client.Cluster;
using ShardInit.Client.CommandLine;
using ShardInit.Client.Output;
using ShardInit.Cluster;
using ShardInit.Errors;
using ShardInit.Grains;
using ShardInit.Grains.Client;
using ShardInit.Planning;
using ShardInit.Silo;

namespace ShardInit.Client.Commands;

/// <summary>What the cluster commands do. NoCluster/ClusterWork.cs stands in its place where the package feed has no Orleans.</summary>
internal static class ClusterWork
{
    public static int Serve(Invocation given)
    {
        SiloSettings settings = SiloSettingsReader.Read(given);
        using Interruption interruption = new();
        return SiloProgram.Run(settings, given.Terminal.Say, interruption.Token);
    }

    public static int Submit(Invocation given)
    {
        OutputName output = OutputName.Parse(given.Get(Flags.Output)!);
        Plan plan = Planned.Create(given, Planned.Plugins(given));
        ClusterClient.RefusePlugins(plan);
        ClusterSettings settings = Settings(given);
        Planned.Say(given.Terminal, plan);
        string job = JobId.Of(output, plan.PlanId);
        return Run(given, $"whether job {job} was accepted is unknown: the same command again is safe", async stop =>
        {
            await using ClusterClient cluster = await ClusterClient.ConnectAsync(settings, given.Terminal.Say, stop);
            SubmitAnswer answer;
            try
            {
                answer = await cluster.SubmitAsync(plan, output, given.Get(Flags.Priority) ?? 0, stop);
            }
            catch (UnauthorizedAccessException refusal)
            {
                throw new UsageException(refusal.Message);
            }
            if (answer.Outcome == SubmitOutcome.Refused) throw new UsageException($"job {answer.Job}: refused: {answer.Reason}");
            JobReport.Submitted(given, plan, output, answer);
            return given.Has(Flags.Watch) ? await JobWatch.RunAsync(given, cluster, answer.Job, stop) : ExitCode.Done;
        });
    }

    public static int Status(Invocation given, string job) => AskOf(given, job, async (cluster, stop) =>
    {
        JobView view = await cluster.StatusAsync(job, stop) ?? throw Unknown(job);
        if (given.Has(Flags.Json)) given.Terminal.PrintJson(json => JobReport.Members(json, view));
        else given.Terminal.Print(string.Join('\n', JobReport.Lines(view)));
        return ExitCode.Done;
    });

    public static int Watch(Invocation given, string job) => AskOf(given, job, (cluster, stop) => JobWatch.RunAsync(given, cluster, job, stop));

    public static int Cancel(Invocation given, string job) => AskOf(given, job, async (cluster, stop) =>
    {
        JobView view = await cluster.CancelAsync(job, stop) ?? throw Unknown(job);
        bool cancelled = view.Record.Status == JobStatus.Cancelled;
        if (given.Has(Flags.Json)) given.Terminal.PrintJson(json => JobReport.Members(json, view));
        else if (cancelled) given.Terminal.Say($"job {view.Record.Job}: cancelled; what is committed stays in {view.Record.Request.Output}, and the same submit goes on from there");
        if (view.Record.IsLive) given.Terminal.Error($"job {view.Record.Job}: too late to cancel: all its files are there, and it is being sealed; '{Cli.ProgramName} watch {view.Record.Job}' tells how that ends");
        else if (!cancelled) given.Terminal.Error($"job {view.Record.Job}: expected a job that goes on, found one that is {JobReport.StatusName(view.Record.Status)}");
        return cancelled ? ExitCode.Done : ExitCode.Failed;
    });

    public static int Jobs(Invocation given) => Ask(given, async (cluster, stop) =>
    {
        JobsView jobs = await cluster.JobsAsync(stop);
        if (given.Has(Flags.Json)) foreach (JobView view in jobs.Jobs) given.Terminal.PrintJson(json => JobReport.Members(json, view));
        else if (jobs.Jobs.Count > 0) given.Terminal.Print(string.Join('\n', JobReport.Table(jobs.Jobs)));
        else if (jobs.Silent.Count == 0) given.Terminal.Say("no jobs");
        foreach (SilentJob silent in jobs.Silent) given.Terminal.Error($"job {silent.Job} of {silent.Output}: expected its state, found no answer: {silent.Reason}; it is not listed; ask again, or '{Cli.ProgramName} status {silent.Job}'");
        return jobs.Silent.Count == 0 ? ExitCode.Done : ExitCode.Failed;
    });

    private static PlanException Unknown(string job) => new($"{Problems.Quote(job)}: expected a job of your tenant, found none; '{Cli.ProgramName} jobs' lists them");

    private static int AskOf(Invocation given, string job, Func<ClusterClient, CancellationToken, Task<int>> work)
    {
        // What is neither an id nor an output is found out without a cluster.
        if (!JobId.IsText(job)) OutputName.Parse(job);
        return Ask(given, work);
    }

    private static int Ask(Invocation given, Func<ClusterClient, CancellationToken, Task<int>> work)
    {
        ClusterSettings settings = Settings(given);
        return Run(given, "nothing was changed by that, and jobs go on", async stop =>
        {
            await using ClusterClient cluster = await ClusterClient.ConnectAsync(settings, given.Terminal.Say, stop);
            return await work(cluster, stop);
        });
    }

    /// <summary>The file that was named, or the environment's, or a silo of this machine.</summary>
    private static ClusterSettings Settings(Invocation given)
    {
        string? file = given.Get(Flags.Cluster) ?? Environment.GetEnvironmentVariable(Flags.ClusterVariable);
        ClusterSettings settings = string.IsNullOrEmpty(file) ? new ClusterSettings() : ClusterSettings.Load(file);
        return given.Has(Flags.Insecure) ? settings with { Insecure = true } : settings;
    }

    private static int Run(Invocation given, string interrupted, Func<CancellationToken, Task<int>> work)
    {
        using Interruption interruption = new();
        try
        {
            return work(interruption.Token).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException) when (interruption.Token.IsCancellationRequested)
        {
            given.Terminal.Error($"interrupted; {interrupted}");
            return ExitCode.Interrupted;
        }
    }
}
