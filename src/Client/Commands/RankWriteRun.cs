using System.Diagnostics;
using ShardInit.Client.CommandLine;
using ShardInit.Client.Output;
using ShardInit.Engine;
using ShardInit.Planning;
using ShardInit.Ranks;
using ShardInit.Storage;

namespace ShardInit.Client.Commands;

/// <summary>What <c>init</c> and <c>resume</c> do as one of several ranks. Rank 0 shows the progress of the whole; every other one says one line.</summary>
internal static class RankWriteRun
{
    public static int Run(Invocation given, RankIdentity rank, PlanValues values, string directory, CancellationToken cancel)
    {
        (Plan plan, Terminal terminal) = (values.Plan, given.Terminal);
        RankOptions options = new() { OwnShareOnly = given.Has(Flags.OwnShareOnly) };
        long start = Stopwatch.GetTimestamp();
        ShareOrder order = ShareOrder.Of(plan, rank.Rank, rank.World);
        int threads = Planned.Threads(given, rank);
        terminal.Say($"{rank}: {Human.Plural(threads, "thread")}, {Human.Lanes(values.Lanes)}, own share {Human.Count(order.OwnCount)} of {Human.Plural(plan.Files.Length, "file")} of {directory}");
        using CheckpointWriter writer = RankRun.Open(directory, plan, options, cancel);
        if (writer.IsSealed)
        {
            RunMeasures.OfRank(given, rank, plan, null)?.Dispose();
            RankReport.Sealed(given, rank, plan, directory, null, Stopwatch.GetElapsedTime(start));
            return ExitCode.Done;
        }
        using RankRun run = new(writer, rank, options);
        using MetricsFile? metrics = RunMeasures.OfRank(given, rank, plan, run);
        WholeProgress whole = new(run, plan);
        using ProgressReport? report = rank.Rank == 0 ? new ProgressReport(terminal, whole.Progress, "writing", whole.Look) : null;
        try
        {
            run.Run(values, threads, cancel);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException || (exception is OperationCanceledException && cancel.IsCancellationRequested))
        {
            report?.Dispose();
            return RankReport.Stopped(terminal, rank, run, plan, directory, exception);
        }
        report?.Dispose();
        if (run.IsSealed) RankReport.Sealed(given, rank, plan, directory, run, Stopwatch.GetElapsedTime(start));
        else RankReport.OwnShare(given, rank, plan, directory, run, Stopwatch.GetElapsedTime(start));
        return ExitCode.Done;
    }
}
