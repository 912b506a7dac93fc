using System.Text.Json;
using ShardInit.Client.CommandLine;
using ShardInit.Planning;
using ShardInit.Ranks;

namespace ShardInit.Client.Output;

/// <summary>What a rank says at its end.</summary>
internal static class RankReport
{
    /// <param name="run">Null where the directory was sealed before.</param>
    public static void Sealed(Invocation given, RankIdentity rank, Plan plan, string directory, RankRun? run, TimeSpan took)
    {
        string text = run is null
            ? $"{directory}: already sealed with this plan; nothing to do (to check it: {Cli.ProgramName} verify {directory})"
            : $"{directory}: sealed; {Wrote(rank, run, took)}";
        End(given, rank, plan, directory, run, took, run is null ? "already sealed" : "sealed", text);
    }

    public static void OwnShare(Invocation given, RankIdentity rank, Plan plan, string directory, RankRun run, TimeSpan took) =>
        End(given, rank, plan, directory, run, took, "own share written",
            $"{directory}: the share of rank {rank.Rank} of {rank.World} is written, the directory is not sealed: when all ranks have ended, run '{Cli.ProgramName} resume {directory}'; {Wrote(rank, run, took)}");

    /// <returns>The exit code.</returns>
    public static int Stopped(Terminal terminal, RankIdentity rank, RankRun run, Plan plan, string directory, Exception why)
    {
        (int files, _) = run.Committed;
        string left = $"{directory}: rank {rank.Rank} of {rank.World} knows {Human.Count(files)} of {Human.Plural(plan.Files.Length, "file")} to be written; nothing is lost";
        if (why is OperationCanceledException)
        {
            terminal.Error($"{left}: interrupted; the other ranks go on, or continue with '{Cli.ProgramName} resume {directory}'");
            return ExitCode.Interrupted;
        }
        terminal.Error(why.Message);
        terminal.Error($"{left}: the other ranks go on; where none is left, mend the cause and continue with '{Cli.ProgramName} resume {directory}'");
        return ExitCode.Failed;
    }

    private static string Wrote(RankIdentity rank, RankRun run, TimeSpan took)
    {
        string helped = run.Counts.Helped > 0 ? $", {Human.Count(run.Counts.Helped)} of them of other shares" : "";
        string twice = run.Counts.Duplicated > 0 ? $", {Human.Count(run.Counts.Duplicated)} written by another as well" : "";
        return $"rank {rank.Rank} wrote {Human.Bytes(run.Counts.Bytes)} in {Human.Plural(run.Counts.Files, "file")}{helped}{twice}, {Human.Seconds(took.TotalSeconds)}";
    }

    /// <summary>Rank 0 speaks for all; the others only where data was asked for.</summary>
    private static void End(Invocation given, RankIdentity rank, Plan plan, string directory, RankRun? run, TimeSpan took, string status, string text)
    {
        if (given.Has(Flags.Json)) given.Terminal.PrintJson(json => Members(json, rank, plan, directory, run, took, status));
        else if (rank.Rank == 0)
        {
            given.Terminal.Say(text);
            if (!given.Terminal.Quiet) given.Terminal.Print($"values_id {plan.ValuesId}\nplan_id {plan.PlanId}\nseed {plan.Seed}");
        }
    }

    private static void Members(Utf8JsonWriter json, RankIdentity rank, Plan plan, string directory, RankRun? run, TimeSpan took, string status)
    {
        PlanReport.Members(json, plan);
        json.WriteString("out", directory);
        json.WriteString("status", status);
        json.WriteNumber("rank", rank.Rank);
        json.WriteNumber("world", rank.World);
        json.WriteString("rank_from", rank.Source);
        json.WriteNumber("files_written", run?.Counts.Files ?? 0);
        json.WriteNumber("bytes_written", run?.Counts.Bytes ?? 0);
        json.WriteNumber("files_helped", run?.Counts.Helped ?? 0);
        json.WriteNumber("files_duplicated", run?.Counts.Duplicated ?? 0);
        json.WriteNumber("seconds", Math.Round(took.TotalSeconds, 3));
    }
}
