using ShardInit.Client.CommandLine;
using ShardInit.Client.Output;
using ShardInit.Cluster;
using ShardInit.Engine;
using ShardInit.Grains;
using ShardInit.Grains.Client;

namespace ShardInit.Client.Cluster;

/// <summary>Follows a job to its end: what <c>watch</c> and <c>submit --watch</c> do.</summary>
internal static class JobWatch
{
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(Invocation given, ClusterClient cluster, string job, CancellationToken stop)
    {
        Terminal terminal = given.Terminal;
        EngineProgress progress = new();
        JobView? last = null;
        ProgressReport? report = null;
        try
        {
            (int Files, long Bytes) before = default;
            await foreach (JobView view in cluster.WatchAsync(job, cancel: stop))
            {
                if (given.Has(Flags.Json) && IsNews(last, view)) terminal.PrintJson(json => JobReport.Members(json, view));
                if (JobReport.Committed(view) is { } committed)
                {
                    // The bar shows what is left from here on, so that its rate is today's.
                    if (report is null) before = committed;
                    progress.Set(Math.Max(0, committed.Bytes - before.Bytes), view.Record.Request.Bytes - before.Bytes, Math.Max(0, committed.Files - before.Files), view.Record.Request.Files - before.Files);
                    if (view.Record.IsLive) report ??= new ProgressReport(terminal, progress, "writing");
                }
                last = view;
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            report?.Dispose();
            terminal.Error($"job {last?.Record.Job ?? job}: interrupted; the job goes on: '{Cli.ProgramName} watch {last?.Record.Job ?? job}' follows it, '{Cli.ProgramName} cancel {last?.Record.Job ?? job}' ends it");
            return ExitCode.Interrupted;
        }
        finally
        {
            report?.Dispose();
        }
        return Ended(terminal, last!.Record);
    }

    /// <summary>Something that a line is worth: not the mere passing of time.</summary>
    private static bool IsNews(JobView? last, JobView view) =>
        last is null || last.Record != view.Record || JobReport.Committed(last) != JobReport.Committed(view) || last.Progress?.DisputedShards != view.Progress?.DisputedShards;

    private static int Ended(Terminal terminal, JobRecord record)
    {
        switch (record.Status)
        {
            case JobStatus.Sealed:
                terminal.Say($"job {record.Job}: sealed; {Human.Bytes(record.Request.Bytes)} in {Human.Plural(record.Request.Files, "file")} at {record.Request.Output}");
                return ExitCode.Done;
            case JobStatus.Cancelled:
                terminal.Error($"job {record.Job}: cancelled; what is committed stays in {record.Request.Output}, and the same submit goes on from there");
                return ExitCode.Failed;
            default:
                terminal.Error($"job {record.Job}: failed: {record.Reason}; what is committed stays in {record.Request.Output}: mend the cause and submit again");
                return ExitCode.Failed;
        }
    }
}
