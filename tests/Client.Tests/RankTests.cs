using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using ShardInit.Client.CommandLine;
using ShardInit.Client.Tests.Support;
using Xunit.Abstractions;
using static ShardInit.Client.Tests.Support.CommandLineRun;

namespace ShardInit.Client.Tests;

/// <summary>Several processes with a rank each, right or wrong, killed, stopped or out of space: the directory is byte for byte that of one local run.</summary>
public sealed partial class RankTests : IDisposable
{
    private const int SIGCONT = 18, SIGSTOP = 19;

    private static readonly bool s_long = Environment.GetEnvironmentVariable("SHARDINIT_LONG") == "1";

    private readonly ITestOutputHelper _output;
    private readonly Scratch _scratch = new();
    private readonly string _config;
    private readonly string _local;
    private readonly TimeSpan _undisturbed;

    public RankTests(ITestOutputHelper output)
    {
        _output = output;
        _config = _scratch.Write("config.json", Models.SmallLlama);
        Stopwatch clock = Stopwatch.StartNew();
        Expect(ExitCode.Done, [.. Init("local"), "--engine", "local"]);
        _undisturbed = clock.Elapsed;
        _local = Scratch.Fingerprint(_scratch["local"]);
    }

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void Four_ranks_write_what_one_local_run_writes()
    {
        Outcome[] outcomes = Together("four", (0, 4), (1, 4), (2, 4), (3, 4));
        Assert.All(outcomes, outcome => Assert.True(outcome.ExitCode == ExitCode.Done, outcome.ToString()));
        Assert.Equal(_local, Scratch.Fingerprint(_scratch["four"]));
        for (int rank = 0; rank < 4; rank++) Assert.Contains($"rank {rank} of 4, from the command line", outcomes[rank].Error);
        // Rank 0 speaks for the whole; the others say one line.
        Assert.Contains("plan_id ", outcomes[0].Output);
        Assert.All(outcomes[1..], outcome => Assert.True(outcome.Output == "" && outcome.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length == 1, outcome.ToString()));
    }

    public static TheoryData<string, (int Rank, int World)[]> WrongGuesses => new()
    {
        { "all say rank 0 of 4", [(0, 4), (0, 4), (0, 4), (0, 4)] },
        { "rank 0 of 16 alone", [(0, 16)] },
        { "rank 15 of 16 alone", [(15, 16)] },
        { "the same rank twice", [(0, 3), (1, 3), (1, 3), (2, 3)] },
        { "everybody is the only one", [(0, 1), (0, 1), (0, 1)] },
        { "more ranks than files", [(0, 1000), (999, 1000), (500, 1000)] },
        { "worlds do not agree", [(0, 2), (1, 3), (4, 5)] },
    };

    [Theory]
    [MemberData(nameof(WrongGuesses))]
    public void Every_wrong_guess_ends_in_the_same_bytes(string name, (int Rank, int World)[] ranks)
    {
        Outcome[] outcomes = Together(name, ranks);
        Assert.All(outcomes, outcome => Assert.True(outcome.ExitCode == ExitCode.Done, outcome.ToString()));
        Assert.Equal(_local, Scratch.Fingerprint(_scratch[name]));
    }

    [Fact]
    public void The_number_of_ranks_may_change_half_way()
    {
        // Four begin and are killed in the midst, two go on, three join those.
        Process[] first = [.. Enumerable.Range(0, 4).Select(rank => Start(Rank("changed", rank, 4)))];
        WaitForFiles("changed", 10);
        foreach (Process process in first) Kill(process);
        int before = Directory.EnumerateFiles(_scratch["changed"], "*.arrow").Count();
        Assert.InRange(before, 10, FileCount - 1);
        Process[] second = [.. new[] { Rank("changed", 0, 2), Rank("changed", 1, 2), Rank("changed", 0, 3), Rank("changed", 1, 3), Rank("changed", 2, 3) }.Select(words => Start(words))];
        Assert.All(second, process =>
        {
            Outcome outcome = Finish(process);
            Assert.True(outcome.ExitCode == ExitCode.Done, outcome.ToString());
        });
        Assert.Equal(_local, Scratch.Fingerprint(_scratch["changed"]));
    }

    [Fact]
    public void The_environment_of_a_launcher_says_the_rank_and_engine_local_overrides_it()
    {
        Outcome launched = Finish(Start(Dotnet, [ProgramFile, .. Init("torch")], also: info => (info.Environment["RANK"], info.Environment["WORLD_SIZE"], info.Environment["LOCAL_WORLD_SIZE"]) = ("2", "3", "2")));
        Assert.True(launched.ExitCode == ExitCode.Done, launched.ToString());
        Assert.Contains("rank 2 of 3, from torchrun", launched.Error);
        Assert.Equal(_local, Scratch.Fingerprint(_scratch["torch"]));
        Outcome local = Finish(Start(Dotnet, [ProgramFile, .. Init("torch-local"), "--engine", "local"], also: info => (info.Environment["RANK"], info.Environment["WORLD_SIZE"]) = ("2", "3")));
        Assert.True(local.ExitCode == ExitCode.Done && !local.Error.Contains("rank", StringComparison.Ordinal), local.ToString());
        Assert.Equal(_local, Scratch.Fingerprint(_scratch["torch-local"]));
    }

    [Fact]
    public void Another_plan_in_the_directory_is_refused_by_every_rank_with_the_differences()
    {
        Assert.Equal(ExitCode.Done, Finish(Start(Rank("other", 0, 2))).ExitCode);
        Outcome other = Finish(Start([.. Rank("other", 1, 2), "--dtype", "f32"]));
        Assert.True(other.ExitCode == ExitCode.Usage, other.ToString());
        Assert.Contains("holds another plan", other.Error);
        Assert.Contains("F32", other.Error);
        Assert.Equal(_local, Scratch.Fingerprint(_scratch["other"]));
    }

    [Fact]
    public void Own_shares_only_leave_a_directory_that_resume_seals_without_reading_it_again()
    {
        foreach (int rank in new[] { 2, 0, 1 })
        {
            Outcome outcome = Finish(Start([.. Rank("shares", rank, 3), "--own-share-only", "--json"]));
            Assert.True(outcome.ExitCode == ExitCode.Done, outcome.ToString());
            JsonElement json = JsonDocument.Parse(outcome.Output).RootElement;
            Assert.Equal("own share written", json.GetProperty("status").GetString());
            Assert.Equal(0, json.GetProperty("files_helped").GetInt32());
        }
        Assert.False(File.Exists(_scratch["shares/manifest.json"]));
        Assert.Equal(FileCount, Directory.EnumerateFiles(_scratch["shares"], "*.arrow").Count());
        Assert.Equal(3, Directory.EnumerateFiles(_scratch["shares"], ".tmp-*.journal").Count());
        Outcome resume = Expect(ExitCode.Done, "resume", _scratch["shares"], "--engine", "local");
        Assert.Contains("wrote 0 B in 0 files", resume.Error);
        Assert.Equal(_local, Scratch.Fingerprint(_scratch["shares"]));
    }

    /// <summary>A journal that is damaged or lost only means that shards are read again.</summary>
    [Theory]
    [InlineData("lost")]
    [InlineData("torn")]
    [InlineData("wrong")]
    public void Journals_are_only_a_saving(string what)
    {
        foreach (int rank in new[] { 0, 1 }) Assert.Equal(ExitCode.Done, Finish(Start([.. Rank(what, rank, 2), "--own-share-only", "--quiet"])).ExitCode);
        foreach (string journal in Directory.EnumerateFiles(_scratch[what], ".tmp-*.journal").ToArray())
        {
            if (what == "lost") File.Delete(journal);
            else if (what == "torn") File.WriteAllBytes(journal, File.ReadAllBytes(journal)[..^7]);
            else File.WriteAllText(journal, File.ReadAllText(journal).Replace("crc32:", "crc32:0", StringComparison.Ordinal));
        }
        Assert.Equal(ExitCode.Done, Finish(Start("resume", _scratch[what], "--quiet", "--rank", "0", "--world", "2")).ExitCode);
        Assert.Equal(_local, Scratch.Fingerprint(_scratch[what]));
    }

    [SkippableFact]
    public void Ranks_killed_at_random_moments_end_by_themselves_or_by_resume()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "needs SIGKILL");
        int wanted = s_long ? 500 : 50;
        int seed = Environment.GetEnvironmentVariable("SHARDINIT_TEST_SEED") is { } text ? int.Parse(text) : Environment.TickCount;
        System.Random random = new(seed);
        (int kills, int midway, int byThemselves, int byResume) = (0, 0, 0, 0);
        List<TimeSpan> lost = [];
        for (int round = 0; kills < wanted; round++)
        {
            string name = $"killed{round}";
            int world = random.Next(2, 5);
            Process[] ranks = [.. Enumerable.Range(0, world).Select(rank => Start([.. Rank(name, rank, world), "--threads", "1"]))];
            // In one round of four everybody is killed; else one at least lives.
            int victims = random.Next(4) == 0 ? world : random.Next(1, world);
            foreach (Process victim in ranks.OrderBy(_ => random.Next()).Take(victims))
            {
                if (random.Next(3) > 0) WaitForFiles(name, random.Next(1, FileCount / 2), ranks);
                if (victim.WaitForExit(random.Next(0, (int)_undisturbed.TotalMilliseconds / 4))) continue;
                victim.Kill();
                victim.WaitForExit();
                kills++;
                if (!File.Exists(Path.Combine(_scratch[name], "manifest.json"))) midway++;
            }
            Stopwatch after = Stopwatch.StartNew();
            Outcome[] outcomes = [.. ranks.Select(Finish)];
            Assert.All(outcomes, outcome => Assert.True(outcome.ExitCode is ExitCode.Done or 137, $"seed {seed}, {name}: {outcome}"));
            bool isSealed = File.Exists(Path.Combine(_scratch[name], "manifest.json"));
            Assert.True(isSealed || outcomes.All(outcome => outcome.ExitCode == 137), $"seed {seed}, {name}: a rank ended well without sealing");
            if (isSealed) byThemselves++;
            else
            {
                byResume++;
                // Whoever was killed before plan.json was there has left nothing to resume.
                Expect(ExitCode.Done, File.Exists(Path.Combine(_scratch[name], "plan.json")) ? ["resume", _scratch[name], "--quiet"] : Init(name));
            }
            lost.Add(after.Elapsed);
            // A name that a killed rank made after the sealing goes with the next look at the directory.
            if (Directory.EnumerateFiles(_scratch[name], ".tmp-*").Any()) Expect(ExitCode.Done, "resume", _scratch[name], "--quiet");
            Assert.True(_local == Scratch.Fingerprint(_scratch[name]), $"seed {seed}: {name} differs from the local run");
            Directory.Delete(_scratch[name], recursive: true);
        }
        lost.Sort();
        _output.WriteLine($"seed {seed}: {kills} kills, {midway} before the sealing; {byThemselves} runs ended by themselves, {byResume} by resume; "
            + $"from the last kill to the end: median {lost[lost.Count / 2].TotalSeconds:0.0} s, longest {lost[^1].TotalSeconds:0.0} s; undisturbed run {_undisturbed.TotalSeconds:0.0} s");
        Assert.True(midway >= wanted / 2, $"seed {seed}: only {midway} of {kills} kills came before the sealing");
    }

    /// <summary>Both sides publish the same files, and whoever seals clears away what the others have in hand.</summary>
    [Fact]
    public void Repairing_beside_running_ranks_is_an_error_of_nobody()
    {
        for (int round = 0; round < (s_long ? 30 : 3); round++)
        {
            string name = $"repaired{round}";
            Process[] ranks = [.. Enumerable.Range(0, 3).Select(rank => Start([.. Rank(name, rank, 3), "--tile-size", "64KiB", "--shard-size", "64KiB"]))];
            SpinUntil(() => Array.TrueForAll(ranks, rank => rank.HasExited) || File.Exists(_scratch[$"{name}/plan.json"]));
            List<Process> all = [.. ranks];
            for (int count = 20; count <= 80; count += 20)
            {
                all.Add(Start("verify", _scratch[name], "--repair", "--quiet"));
                WaitForFiles(name, count, ranks);
            }
            Assert.All(all.Select(Finish), outcome => Assert.True(outcome.ExitCode == ExitCode.Done, outcome.ToString()));
            Expect(ExitCode.Done, "verify", _scratch[name], "--values", "--quiet");
        }
    }

    [SkippableFact]
    public void A_rank_that_is_stopped_in_the_middle_of_a_shard_keeps_nobody_and_wakes_to_no_harm()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "needs SIGSTOP");
        TimeSpan stop = TimeSpan.FromSeconds(s_long ? 30 : 12);
        Process stopped = Start([.. Rank("stopped", 0, 2), "--threads", "1"]);
        SpinUntil(() => stopped.HasExited || Unfinished("stopped").Any());
        Assert.Equal(0, Signal(stopped.Id, SIGSTOP));
        Stopwatch clock = Stopwatch.StartNew();
        string held = Assert.Single(Unfinished("stopped"));
        Outcome other = Finish(Start([.. Rank("stopped", 1, 2), "--json"]));
        TimeSpan took = clock.Elapsed;
        Assert.True(other.ExitCode == ExitCode.Done, other.ToString());
        Assert.True(took < stop, $"the other rank took {took}: it waited for the stopped one");
        Assert.Equal(_local, Scratch.Fingerprint(_scratch["stopped"]));
        Thread.Sleep(stop - took);
        Assert.Equal(0, Signal(stopped.Id, SIGCONT));
        Outcome woken = Finish(stopped);
        Assert.True(woken.ExitCode == ExitCode.Done, woken.ToString());
        Assert.Equal(_local, Scratch.Fingerprint(_scratch["stopped"]));
        _output.WriteLine($"stopped for {stop.TotalSeconds:0} s with {Path.GetFileName(held)} in hand; the other rank sealed after {took.TotalSeconds:0.0} s; undisturbed run {_undisturbed.TotalSeconds:0.0} s");
    }

    [SkippableFact]
    public void A_disk_that_is_full_on_one_ranks_turn_stops_that_rank_and_not_the_job()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "needs tmpfs");
        string mount = Directory.CreateDirectory(_scratch["small"]).FullName;
        Skip.IfNot(Shell($"mount -t tmpfs -o size=20m tmpfs '{mount}'").ExitCode == 0, "not allowed to mount a tmpfs");
        try
        {
            Outcome full = Finish(Start(Rank("small/out", 0, 2)));
            Assert.True(full.ExitCode == ExitCode.Failed, full.ToString());
            Assert.Single(full.Error.Split('\n'), line => line.Contains("no space left", StringComparison.Ordinal));
            Assert.Contains($"resume {Path.Combine(mount, "out")}", full.Error);
            Assert.DoesNotContain(Unfinished("small/out"), _ => true);
            Assert.True(Shell($"mount -o remount,size=200m '{mount}'").ExitCode == 0);
            Assert.Equal(ExitCode.Done, Finish(Start(Rank("small/out", 1, 2))).ExitCode);
            Assert.Equal(_local, Scratch.Fingerprint(Path.Combine(mount, "out")));
        }
        finally
        {
            Shell($"umount '{mount}'");
        }
    }

    [SkippableFact]
    public void Interrupted_politely_a_rank_says_what_is_left_and_clears_away()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "needs POSIX signals");
        Process process = Start("env", ["--default-signal=INT,TERM", Dotnet, ProgramFile, .. Rank("interrupted", 1, 2), "--threads", "1"]);
        WaitForFiles("interrupted", 5, process);
        Assert.Equal(0, Signal(process.Id, 15));
        Outcome outcome = Finish(process);
        Assert.True(outcome.ExitCode == ExitCode.Interrupted, outcome.ToString());
        Assert.Contains($"resume {_scratch["interrupted"]}", outcome.Error);
        Assert.DoesNotContain(Directory.EnumerateFiles(_scratch["interrupted"], ".tmp-*"), path => !path.EndsWith(".journal", StringComparison.Ordinal));
        Expect(ExitCode.Done, "resume", _scratch["interrupted"], "--quiet");
        Assert.Equal(_local, Scratch.Fingerprint(_scratch["interrupted"]));
    }

    [Fact]
    public void A_rank_without_a_world_and_a_share_without_a_rank_are_refused()
    {
        Assert.Contains("--world", Expect(ExitCode.Usage, [.. Init("refused"), "--rank", "0"]).Error);
        Assert.Contains("--rank", Expect(ExitCode.Usage, [.. Init("refused"), "--rank", "4", "--world", "4"]).Error);
        Assert.Contains("--own-share-only", Expect(ExitCode.Usage, [.. Init("refused"), "--own-share-only"]).Error);
        Assert.False(Directory.Exists(_scratch["refused"]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("third")]
    public void A_world_in_the_environment_without_a_rank_is_refused_unless_one_process_is_asked_for(string index)
    {
        string name = $"world {index}";
        Outcome Started(params string[] options) => Finish(Start(Dotnet, [ProgramFile, .. Init(name), .. options], also: info => (info.Environment["SHARDINIT_WORLD"], info.Environment["JOB_COMPLETION_INDEX"]) = ("4", index)));
        Outcome refused = Started();
        Assert.True(refused.ExitCode == ExitCode.Usage, refused.ToString());
        Assert.Contains("set SHARDINIT_RANK, from 0 on and another one for each process", refused.Error);
        Assert.False(Directory.Exists(_scratch[name]));
        Outcome local = Started("--engine", "local");
        Assert.True(local.ExitCode == ExitCode.Done, local.ToString());
        Assert.Equal(_local, Scratch.Fingerprint(_scratch[name]));
    }

    private int FileCount => Directory.EnumerateFiles(_scratch["local"], "*.arrow").Count(path => Path.GetFileName(path) != "index.arrow");

    private string[] Init(string directory) => ["init", _config, "--out", _scratch[directory], "--seed", "3", "--tile-size", "256KiB", "--shard-size", "1MiB"];

    private string[] Rank(string directory, int rank, int world) => [.. Init(directory), "--rank", $"{rank}", "--world", $"{world}"];

    private Outcome[] Together(string directory, params (int Rank, int World)[] ranks)
    {
        Process[] processes = [.. ranks.Select(rank => Start(Rank(directory, rank.Rank, rank.World)))];
        return [.. processes.Select(Finish)];
    }

    private IEnumerable<string> Unfinished(string directory) => !Directory.Exists(_scratch[directory]) ? []
        : Directory.EnumerateFiles(_scratch[directory], ".tmp-*.arrow-*");

    private void WaitForFiles(string directory, int count, params Process[] while_) =>
        SpinUntil(() => (while_.Length > 0 && Array.TrueForAll(while_, process => process.HasExited))
            || (Directory.Exists(_scratch[directory]) && Directory.EnumerateFiles(_scratch[directory], "*.arrow").Count() >= count));

    private static void SpinUntil(Func<bool> condition)
    {
        Stopwatch clock = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(clock.Elapsed < TimeSpan.FromMinutes(1), "waited a minute");
            Thread.Sleep(1);
        }
    }

    private static void Kill(Process process)
    {
        process.Kill();
        process.WaitForExit();
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Signal(int process, int signal);
}
