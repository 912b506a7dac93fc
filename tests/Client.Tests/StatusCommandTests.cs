using System.Text;
using System.Text.Json;
using ShardInit.Client.CommandLine;
using ShardInit.Client.Commands;
using ShardInit.Client.Tests.Support;
using ShardInit.Planning;
using ShardInit.Ranks;
using ShardInit.Storage;
using static ShardInit.Client.Tests.Support.CommandLineRun;

namespace ShardInit.Client.Tests;

/// <summary><c>status</c> as people and scripts see it; the states of a directory are in Core.Tests/Ranks.</summary>
public sealed class StatusCommandTests : IDisposable
{
    private readonly Scratch _scratch = new();
    private readonly string _directory;

    public StatusCommandTests()
    {
        string config = _scratch.Write("config.json", Models.TinyLlama);
        _directory = _scratch["out"];
        Expect(ExitCode.Done, "init", config, "--out", _directory, "--shard-size", "32KiB", "--quiet");
    }

    public void Dispose() => _scratch.Dispose();

    private static JsonElement Json(string directory) => JsonDocument.Parse(Expect(ExitCode.Done, "status", directory, "--json").Output).RootElement;

    private Plan Unseal()
    {
        File.Delete(Path.Combine(_directory, CheckpointFiles.Manifest));
        File.Delete(Path.Combine(_directory, CheckpointFiles.Index));
        using Checkpoint checkpoint = Checkpoint.OpenTolerant(_directory);
        return checkpoint.Plan;
    }

    /// <summary>A journal put together from its description: rank 1 of 4, one file after half a second.</summary>
    private void KeepJournal(Plan plan, int file)
    {
        string digests = string.Concat(Enumerable.Repeat(" crc32:00000000", plan.Files[file].Tiles.Length + 1));
        File.WriteAllText(Path.Combine(_directory, ".tmp-rank1-0123abcd4567abcd.journal"), $"{Checked($"journal 1 {plan.PlanId} 1 4 1700000000000")}\n{Checked($"committed {file} 500{digests}")}\ncommitted 0 6");
    }

    private static string Checked(string words)
    {
        uint crc = uint.MaxValue;
        foreach (byte letter in Encoding.ASCII.GetBytes(words))
        {
            crc ^= letter;
            for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0xEDB88320 & (0u - (crc & 1)));
        }
        return $"{words} {~crc:x8}";
    }

    private static long ValueBytes(Plan plan, int file) => plan.Files[file].Tiles.Sum(tile => tile.ElementCount * Model.DTypes.ByteSize(plan.Tensors[tile.Tensor].DType));

    [Fact]
    public void A_sealed_directory()
    {
        string before = Scratch.Fingerprint(_directory);
        JsonElement status = Json(_directory);
        Assert.Equal(
            ["plan_id", "sealed", "files", "files_committed", "files_wrong_length", "bytes", "bytes_committed", "rate_bytes_per_second", "seconds_since_progress", "seconds_left", "unfinished", "ranks"],
            status.EnumerateObject().Select(member => member.Name));
        Assert.True(status.GetProperty("sealed").GetBoolean());
        Assert.Equal(status.GetProperty("files").GetInt32(), status.GetProperty("files_committed").GetInt32());
        Assert.Equal(status.GetProperty("bytes").GetInt64(), status.GetProperty("bytes_committed").GetInt64());
        foreach (string unknown in new[] { "rate_bytes_per_second", "seconds_since_progress", "seconds_left" }) Assert.Equal(JsonValueKind.Null, status.GetProperty(unknown).ValueKind);
        string text = Expect(ExitCode.Done, "status", _directory).Output;
        Assert.StartsWith($"{_directory}: sealed\n", text, StringComparison.Ordinal);
        Assert.Contains(", 100 %\n", text);
        Assert.DoesNotContain("rate", text);
        Assert.Equal(before, Scratch.Fingerprint(_directory));
    }

    [Fact]
    public void A_run_of_ranks_in_its_midst()
    {
        Plan plan = Unseal();
        File.Delete(Path.Combine(_directory, plan.Files[0].Name));
        string cut = Path.Combine(_directory, plan.Files[1].Name);
        File.WriteAllBytes(cut, File.ReadAllBytes(cut)[..^1]);
        File.WriteAllText(Path.Combine(_directory, $".tmp-{plan.Files[0].Name}-0123abcd4567abcd"), "");
        KeepJournal(plan, 2);
        string before = Scratch.Fingerprint(_directory);
        JsonElement status = Json(_directory);
        Assert.Equal(plan.PlanId, status.GetProperty("plan_id").GetString());
        Assert.Equal(
            (false, plan.Files.Length, plan.Files.Length - 2, 1, 1),
            (status.GetProperty("sealed").GetBoolean(), status.GetProperty("files").GetInt32(), status.GetProperty("files_committed").GetInt32(), status.GetProperty("files_wrong_length").GetInt32(),
                status.GetProperty("unfinished").GetInt32()));
        Assert.True(status.GetProperty("seconds_since_progress").GetDouble() >= 0);
        JsonElement rank = Assert.Single(status.GetProperty("ranks").EnumerateArray());
        Assert.Equal(["rank", "world", "files", "bytes", "rate_bytes_per_second", "seconds_since_progress"], rank.EnumerateObject().Select(member => member.Name));
        Assert.Equal(
            (1, 4, 1, ValueBytes(plan, 2), 2.0 * ValueBytes(plan, 2)),
            (rank.GetProperty("rank").GetInt32(), rank.GetProperty("world").GetInt32(), rank.GetProperty("files").GetInt32(), rank.GetProperty("bytes").GetInt64(),
                rank.GetProperty("rate_bytes_per_second").GetDouble()));

        string text = Expect(ExitCode.Done, "status", _directory).Output;
        Assert.StartsWith($"{_directory}: not sealed\n", text, StringComparison.Ordinal);
        Assert.Contains($"wrong       {plan.Files[1].Name}: expected ", text);
        Assert.Contains("unfinished  1 file\n", text);
        Assert.Contains("by this machine's clock", text);
        Assert.Matches(@"\nRANK  OF  FILES  VALUES +RATE +PROGRESS\n1     4   1 ", text);
        Assert.Equal(before, Scratch.Fingerprint(_directory));

        // And it goes on from there.
        Expect(ExitCode.Done, "resume", _directory, "--quiet");
        Assert.True(Json(_directory).GetProperty("sealed").GetBoolean());
    }

    [Fact]
    public void A_manifest_that_seals_nothing_is_named()
    {
        File.WriteAllText(Path.Combine(_directory, CheckpointFiles.Manifest), "{}");
        string text = Expect(ExitCode.Done, "status", _directory).Output;
        Assert.StartsWith($"{_directory}: not sealed\nmanifest    ", text, StringComparison.Ordinal);
        Assert.False(Json(_directory).GetProperty("sealed").GetBoolean());
    }

    [Fact]
    public void Without_a_checkpoint_it_fails()
    {
        Directory.CreateDirectory(_scratch["empty"]);
        foreach (string name in new[] { "nothing", "empty", "config.json" })
        {
            Outcome outcome = Expect(ExitCode.Usage, "status", _scratch[name]);
            Assert.Contains(_scratch[name], outcome.Error);
            Assert.Empty(outcome.Output);
        }
    }

    [Fact]
    public void Of_many_ranks_those_behind_are_shown()
    {
        RankStatus[] ranks = [.. Enumerable.Range(0, 100).Select(rank => new RankStatus(rank, 100, 1, 1000 - rank, null, null))];
        string[] lines = [.. StatusCommand.Lines("DIR", Status(ranks))];
        Assert.Equal("and 68 more; --json has all", lines[^1]);
        Assert.Equal(Enumerable.Range(0, 32).Select(row => $"{99 - row}"), lines[^33..^1].Select(line => line.Split(' ')[0]));
    }

    [Theory]
    [InlineData(0, "0 %")]
    [InlineData(999_999_999_999, "99 %")]
    [InlineData(1_000_000_000_000, "100 %")]
    public void A_hundred_percent_is_all(long committed, string percent) =>
        Assert.Contains(StatusCommand.Lines("DIR", Status([]) with { BytesCommitted = committed }), line => line.StartsWith("values ", StringComparison.Ordinal) && line.EndsWith(", " + percent, StringComparison.Ordinal));

    [Fact]
    public void The_rate_is_that_of_lately_with_the_time_left()
    {
        DirectoryStatus status = Status([]) with { BytesPerSecond = 2e9, BytesCommitted = 400_000_000_000, SinceProgress = TimeSpan.FromSeconds(3.21) };
        string[] lines = [.. StatusCommand.Lines("DIR", status)];
        Assert.Contains("rate        2.00 GB/s lately; 5 min 0 s left at this rate", lines);
        Assert.Contains("progress    3.2 s ago, by this machine's clock", lines);
        Assert.Contains("progress    nothing written yet", StatusCommand.Lines("DIR", Status([])));
    }

    private static DirectoryStatus Status(IReadOnlyList<RankStatus> ranks) => new()
    {
        PlanId = new string('0', 64), IsSealed = false, ManifestProblem = null, Files = 10, FilesCommitted = 1, Bytes = 1_000_000_000_000, BytesCommitted = 0, WrongLengths = [], Unfinished = 0,
        BytesPerSecond = null, SinceProgress = null, Ranks = ranks,
    };

    [Theory]
    [InlineData("0123456789abcdef0123456789abcdef", true)]
    [InlineData("data/run-1", true)]
    [InlineData("data/run-1/", true)]
    [InlineData("0123456789ABCDEF0123456789abcdef", true)]
    [InlineData("0123abcd", true)]
    [InlineData("0123abc", false)]
    [InlineData("0123456789abcdef0123456789abcdef0", false)]
    [InlineData("run-20260101", false)]
    [InlineData("name", false)]
    [InlineData("/data/run-1", false)]
    [InlineData("./data/run-1", false)]
    [InlineData("../data", false)]
    [InlineData("~/data", false)]
    public void Status_tells_jobs_from_directories_that_are_not_there(string word, bool isJob) => Assert.Equal(isJob, StatusCommand.IsJob(word));

    [Fact]
    public void Status_takes_what_is_there_for_a_directory()
    {
        using Scratch scratch = new();
        string relative = Path.GetRelativePath(Environment.CurrentDirectory, Directory.CreateDirectory(scratch["a/b"]).FullName);
        Assert.False(StatusCommand.IsJob(relative));
        Assert.False(StatusCommand.IsJob(scratch["a/b"]));
    }
}
