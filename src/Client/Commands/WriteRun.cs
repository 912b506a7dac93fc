using ShardInit.Client.CommandLine;
using ShardInit.Client.Output;
using ShardInit.Engine;
using ShardInit.Planning;
using ShardInit.Storage;

namespace ShardInit.Client.Commands;

/// <summary>What <c>init</c> and <c>resume</c> share: run, report, explain an interruption.</summary>
internal static class WriteRun
{
    public static int Run(Invocation given, CheckpointWriter writer, PlanValues values, string directory, CancellationToken cancel)
    {
        (Plan plan, Terminal terminal) = (values.Plan, given.Terminal);
        bool wasSealed = writer.IsSealed;
        EngineProgress progress = new();
        int missing = wasSealed ? 0 : writer.MissingFiles.Count;
        if (!wasSealed && missing < plan.Files.Length) terminal.Say($"{directory}: {Human.Count(plan.Files.Length - missing)} of {Human.Plural(plan.Files.Length, "file")} are there already; writing the rest");
        if (missing > 0) terminal.Say($"running     {Human.Plural(Planned.Threads(given), "thread")}, {Human.Lanes(values.Lanes)}");
        double seconds;
        using MetricsFile? metrics = RunMeasures.OfLocal(given, writer, progress);
        using (ProgressReport report = new(terminal, progress, "writing"))
        {
            try
            {
                LocalEngine.Run(writer, values, Planned.Threads(given), progress, cancel);
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                report.Dispose();
                terminal.Error($"{directory}: interrupted with {Human.Count(plan.Files.Length - missing + progress.FilesDone)} of {Human.Plural(plan.Files.Length, "file")} written; "
                    + $"nothing is lost: continue with '{Cli.ProgramName} resume {directory}'");
                return ExitCode.Interrupted;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                report.Dispose();
                terminal.Error(exception.Message);
                terminal.Error($"{directory}: {Human.Count(plan.Files.Length - missing + progress.FilesDone)} of {Human.Plural(plan.Files.Length, "file")} are written and stay; "
                    + $"mend the cause and continue with '{Cli.ProgramName} resume {directory}'");
                return ExitCode.Failed;
            }
            seconds = report.Seconds;
        }
        Report(given, plan, directory, wasSealed, progress, seconds);
        return ExitCode.Done;
    }

    private static void Report(Invocation given, Plan plan, string directory, bool wasSealed, EngineProgress progress, double seconds)
    {
        if (given.Has(Flags.Json))
        {
            given.Terminal.PrintJson(json =>
            {
                PlanReport.Members(json, plan);
                json.WriteString("out", directory);
                json.WriteString("status", wasSealed ? "already sealed" : "sealed");
                json.WriteNumber("files_written", progress.FilesDone);
                json.WriteNumber("bytes_written", progress.BytesDone);
                json.WriteNumber("seconds", Math.Round(seconds, 3));
            });
            return;
        }
        given.Terminal.Say(wasSealed
            ? $"{directory}: already sealed with this plan; nothing to do (to check it: {Cli.ProgramName} verify {directory})"
            : $"{directory}: sealed; wrote {Human.Bytes(progress.BytesDone)} in {Human.Plural(progress.FilesDone, "file")}, {Human.Seconds(seconds)}, {Human.Rate(progress.BytesDone / Math.Max(seconds, 1e-3))}");
        if (!given.Terminal.Quiet) given.Terminal.Print($"values_id {plan.ValuesId}\nplan_id {plan.PlanId}\nseed {plan.Seed}");
    }
}
