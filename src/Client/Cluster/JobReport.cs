using System.Globalization;
using System.Text.Json;
using ShardInit.Client.CommandLine;
using ShardInit.Client.Output;
using ShardInit.Cluster;
using ShardInit.Grains;
using ShardInit.Planning;

namespace ShardInit.Client.Cluster;

/// <summary>A job of a cluster, for people and as JSON members (docs/cluster.md).</summary>
internal static class JobReport
{
    public static string StatusName(JobStatus status) => status.ToString().ToLowerInvariant();

    /// <summary>How much is committed: known while the job is live and when it is sealed.</summary>
    public static (int Files, long Bytes)? Committed(JobView view) =>
        view.Record.Status == JobStatus.Sealed ? (view.Record.Request.Files, view.Record.Request.Bytes)
        : view.Progress is { } progress ? (progress.CommittedShards, progress.CommittedBytes) : null;

    public static void Submitted(Invocation given, Plan plan, OutputName output, SubmitAnswer answer)
    {
        Terminal terminal = given.Terminal;
        if (given.Has(Flags.Json))
        {
            terminal.PrintJson(json =>
            {
                PlanReport.Members(json, plan);
                json.WriteString("job", answer.Job);
                json.WriteString("out", output.ToString());
                json.WriteString("outcome", answer.Outcome.ToString().ToLowerInvariant());
                json.WriteString("status", StatusName(answer.Status));
            });
            return;
        }
        terminal.Say(answer.Outcome switch
        {
            SubmitOutcome.Started when answer.Status == JobStatus.Sealed => $"job {answer.Job}: {output} is sealed with this plan already; nothing to do",
            SubmitOutcome.Started => $"job {answer.Job}: accepted; writes {output}",
            SubmitOutcome.Continued => $"job {answer.Job}: goes on in {output} from what is committed",
            _ => $"job {answer.Job}: was there already, {StatusName(answer.Status)}; writes {output}",
        });
        if (!given.Has(Flags.Watch) && answer.Status != JobStatus.Sealed) terminal.Say($"follow it with '{Cli.ProgramName} watch {answer.Job}'");
        if (!terminal.Quiet) terminal.Print($"job {answer.Job}\nvalues_id {plan.ValuesId}\nplan_id {plan.PlanId}\nseed {plan.Seed}");
    }

    public static IEnumerable<string> Lines(JobView view)
    {
        (JobRecord record, JobProgress? progress) = (view.Record, view.Progress);
        yield return $"job {record.Job}: {StatusName(record.Status)}";
        if (record.Reason.Length > 0) yield return $"reason      {record.Reason}";
        yield return $"output      {record.Request.Output}";
        yield return $"tenant      {record.Request.Tenant}, priority {record.Request.Priority.ToString(CultureInfo.InvariantCulture)}";
        yield return $"plan_id     {record.Request.PlanId}";
        if (Committed(view) is not var (files, bytes))
        {
            yield return $"files       {Human.Count(record.Request.Files)}";
            yield return $"values      {Human.Bytes(record.Request.Bytes)}";
            yield break;
        }
        yield return $"files       {Human.Count(files)} of {Human.Count(record.Request.Files)} committed";
        yield return $"values      {Human.Bytes(bytes)} of {Human.Bytes(record.Request.Bytes)}, {Percent(bytes, record.Request.Bytes)} %";
        if (progress is null) yield break;
        yield return $"workers     {Human.Count(view.Workers)}, {Human.Bytes(progress.LeasedBytes)} in hand";
        if (progress.DisputedShards > 0) yield return $"disputed    {Human.Plural(progress.DisputedShards, "file")}: two workers disagree, a third decides";
        if (progress.LostLeases > 0) yield return $"lost        {Human.Plural(progress.LostLeases, "lease")}: given to other workers";
        if (view.RateBytesPerSecond is > 0 and { } rate) yield return $"rate        {Human.Rate(rate)} lately; {Human.Seconds((record.Request.Bytes - bytes) / rate)} left at this rate";
        yield return $"progress    {Human.Seconds(progress.SinceProgress.TotalSeconds)} ago";
    }

    public static IEnumerable<string> Table(IReadOnlyList<JobView> jobs)
    {
        List<string[]> rows = [["JOB", "STATUS", "FILES", "VALUES", "RATE", "OUTPUT"]];
        rows.AddRange(jobs.Select(view => new[]
        {
            view.Record.Job, StatusName(view.Record.Status),
            Committed(view) is var (files, _) ? $"{Human.Count(files)} of {Human.Count(view.Record.Request.Files)}" : Human.Count(view.Record.Request.Files),
            Human.Bytes(view.Record.Request.Bytes), view.RateBytesPerSecond is > 0 and { } rate ? Human.Rate(rate) : "-", view.Record.Request.Output,
        }));
        return Human.Table(rows);
    }

    public static void Members(Utf8JsonWriter json, JobView view)
    {
        (JobRecord record, JobProgress? progress) = (view.Record, view.Progress);
        (int Files, long Bytes)? committed = Committed(view);
        json.WriteString("job", record.Job);
        json.WriteString("status", StatusName(record.Status));
        json.WriteString("reason", record.Reason);
        json.WriteString("out", record.Request.Output);
        json.WriteString("tenant", record.Request.Tenant);
        json.WriteNumber("priority", record.Request.Priority);
        json.WriteNumber("submits", record.Submits);
        json.WriteString("plan_id", record.Request.PlanId);
        json.WriteNumber("files", record.Request.Files);
        WriteNumber(json, "files_committed", committed?.Files);
        json.WriteNumber("bytes", record.Request.Bytes);
        WriteNumber(json, "bytes_committed", committed?.Bytes);
        WriteNumber(json, "bytes_leased", progress?.LeasedBytes);
        WriteNumber(json, "files_disputed", progress?.DisputedShards);
        WriteNumber(json, "leases_lost", progress?.LostLeases);
        WriteNumber(json, "rate_bytes_per_second", view.RateBytesPerSecond);
        WriteNumber(json, "seconds_since_progress", progress?.SinceProgress.TotalSeconds);
        json.WriteNumber("workers", view.Workers);
    }

    // Rounded down: 100 only where nothing is missing.
    private static long Percent(long done, long total) => total == 0 ? 100 : (long)((Int128)done * 100 / total);

    private static void WriteNumber(Utf8JsonWriter json, string member, double? value)
    {
        if (value is not { } number || !double.IsFinite(number)) json.WriteNull(member);
        else if (number == Math.Truncate(number) && Math.Abs(number) < 1L << 53) json.WriteNumber(member, (long)number);
        else json.WriteNumber(member, Math.Round(number, 3));
    }

    private static void WriteNumber(Utf8JsonWriter json, string member, long? value)
    {
        if (value is { } number) json.WriteNumber(member, number);
        else json.WriteNull(member);
    }
}
