using System.Globalization;
using System.Text.Json;
using ShardInit.Client.CommandLine;
using ShardInit.Client.Output;
using ShardInit.Cluster;
using ShardInit.Ranks;

namespace ShardInit.Client.Commands;

/// <summary><c>status</c>: how far a directory or a job of a cluster is, while it is being written or afterwards. Looks only.</summary>
internal static class StatusCommand
{
    /// <summary>Ranks and names that people see; --json has all ranks.</summary>
    private const int MaxRanks = 32, MaxNames = 5;

    private static readonly Positional s_directory = new("DIR|JOB", "a directory that init has begun, or the id or output (ROOT/PATH) of a cluster's job");

    public static readonly CommandSpec Spec = new("status", "Show how far DIR or JOB is: files and bytes committed, each rank, rate, time left; changes nothing and may be asked at any moment.",
        "status /data/init", [s_directory], [Flags.Cluster, Flags.Insecure, Flags.Json], Run);

    private static int Run(Invocation given)
    {
        string directory = given.Word(s_directory);
        if (given.Has(Flags.Cluster) || IsJob(directory)) return ClusterWork.Status(given, directory);
        CheckpointWord.Require(directory);
        DirectoryStatus status = DirectoryStatus.Read(directory, DateTimeOffset.UtcNow);
        if (given.Has(Flags.Json)) given.Terminal.PrintJson(json => Write(json, status));
        else given.Terminal.Print(string.Join('\n', Lines(directory, status)));
        return ExitCode.Done;
    }

    /// <summary>Whether a word means a job: it has the form of a job's id, of the beginning of one, or of an output, and nothing here has that name.</summary>
    internal static bool IsJob(string word)
    {
        if (Path.Exists(word)) return false;
        if (JobName.IsText(word)) return true;
        return word.Contains('/') && !Path.IsPathFullyQualified(word) && !word.StartsWith("./", StringComparison.Ordinal) && !word.StartsWith("../", StringComparison.Ordinal) && !word.StartsWith('~');
    }

    internal static IEnumerable<string> Lines(string directory, DirectoryStatus status)
    {
        yield return $"{directory}: {(status.IsSealed ? "sealed" : "not sealed")}";
        if (status.ManifestProblem is { } problem) yield return $"manifest    {problem.Message}";
        yield return $"plan_id     {status.PlanId}";
        yield return $"files       {Human.Count(status.FilesCommitted)} of {Human.Count(status.Files)} committed";
        yield return $"values      {Human.Bytes(status.BytesCommitted)} of {Human.Bytes(status.Bytes)}, {Percent(status)} %";
        foreach (WrongLength wrong in status.WrongLengths.Take(MaxNames)) yield return $"wrong       {wrong.Name}: expected {wrong.Expected} bytes, found {wrong.Found}; resume writes it anew";
        if (status.WrongLengths.Count > MaxNames) yield return $"            and {Human.Count(status.WrongLengths.Count - MaxNames)} more of a wrong length";
        if (status.Unfinished > 0) yield return $"unfinished  {Human.Plural(status.Unfinished, "file")}";
        if (status.IsSealed) yield break;
        if (status.BytesPerSecond is { } rate) yield return $"rate        {Human.Rate(rate)} lately; {Human.Seconds(status.SecondsLeft ?? 0)} left at this rate";
        yield return status.SinceProgress is { } since ? $"progress    {Human.Seconds(since.TotalSeconds)} ago, by this machine's clock" : "progress    nothing written yet";
        if (status.Ranks.Count == 0) yield break;
        yield return "";
        foreach (string line in RankTable(status.Ranks)) yield return line;
        if (status.Ranks.Count > MaxRanks) yield return $"and {Human.Count(status.Ranks.Count - MaxRanks)} more; --json has all";
    }

    /// <summary>Those behind come first: they are why somebody asks.</summary>
    private static IEnumerable<string> RankTable(IReadOnlyList<RankStatus> ranks)
    {
        List<string[]> rows = [["RANK", "OF", "FILES", "VALUES", "RATE", "PROGRESS"]];
        rows.AddRange(ranks.OrderBy(rank => rank.Bytes).ThenBy(rank => rank.Rank).Take(MaxRanks).Select(rank => new[]
        {
            $"{rank.Rank}", $"{rank.World}", Human.Count(rank.Files), Human.Bytes(rank.Bytes), rank.BytesPerSecond is { } rate ? Human.Rate(rate) : "-",
            rank.SinceProgress is { } since ? $"{Human.Seconds(since.TotalSeconds)} ago" : "-",
        }));
        return Human.Table(rows);
    }

    // Rounded down: 100 only where nothing is missing.
    private static string Percent(DirectoryStatus status) =>
        (status.Bytes == 0 ? 100 : (long)((Int128)status.BytesCommitted * 100 / status.Bytes)).ToString(CultureInfo.InvariantCulture);

    private static void Write(Utf8JsonWriter json, DirectoryStatus status)
    {
        json.WriteString("plan_id", status.PlanId);
        json.WriteBoolean("sealed", status.IsSealed);
        json.WriteNumber("files", status.Files);
        json.WriteNumber("files_committed", status.FilesCommitted);
        json.WriteNumber("files_wrong_length", status.WrongLengths.Count);
        json.WriteNumber("bytes", status.Bytes);
        json.WriteNumber("bytes_committed", status.BytesCommitted);
        WriteRounded(json, "rate_bytes_per_second", status.BytesPerSecond);
        WriteRounded(json, "seconds_since_progress", status.SinceProgress?.TotalSeconds);
        WriteRounded(json, "seconds_left", status.SecondsLeft);
        json.WriteNumber("unfinished", status.Unfinished);
        json.WriteStartArray("ranks");
        foreach (RankStatus rank in status.Ranks)
        {
            json.WriteStartObject();
            json.WriteNumber("rank", rank.Rank);
            json.WriteNumber("world", rank.World);
            json.WriteNumber("files", rank.Files);
            json.WriteNumber("bytes", rank.Bytes);
            WriteRounded(json, "rate_bytes_per_second", rank.BytesPerSecond);
            WriteRounded(json, "seconds_since_progress", rank.SinceProgress?.TotalSeconds);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteRounded(Utf8JsonWriter json, string member, double? value)
    {
        if (value is { } number) json.WriteNumber(member, Math.Round(number, 3));
        else json.WriteNull(member);
    }
}
