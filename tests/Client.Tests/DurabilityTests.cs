using System.Diagnostics;
using System.Runtime.InteropServices;
using ShardInit.Client.CommandLine;
using ShardInit.Client.Tests.Support;
using static ShardInit.Client.Tests.Support.CommandLineRun;

namespace ShardInit.Client.Tests;

/// <summary>Whatever ends a run, the next one ends in the bytes of a run that nothing disturbed.</summary>
public sealed partial class DurabilityTests : IDisposable
{
    private static readonly bool s_long = Environment.GetEnvironmentVariable("SHARDINIT_LONG") == "1";

    private readonly Scratch _scratch = new();
    private readonly string _config;
    private readonly string[] _options;
    private readonly string _quiet;
    private readonly TimeSpan _undisturbed;
    private readonly TimeSpan _working;

    public DurabilityTests()
    {
        _config = _scratch.Write("config.json", Models.SmallLlama);
        _options = ["--seed", "3", "--tile-size", "256KiB", "--shard-size", "1MiB"];
        Expect(ExitCode.Done, Init("quiet"));
        Stopwatch clock = Stopwatch.StartNew();
        Process process = Start(Init("quiet2"));
        WaitForWork(process, _scratch["quiet2"]);
        TimeSpan started = clock.Elapsed;
        Assert.Equal(ExitCode.Done, Finish(process).ExitCode);
        (_undisturbed, _working) = (clock.Elapsed, clock.Elapsed - started);
        _quiet = Scratch.Fingerprint(_scratch["quiet"]);
        Directory.Delete(_scratch["quiet2"], recursive: true);
    }

    public void Dispose() => _scratch.Dispose();

    [SkippableFact]
    public void Killed_at_random_moments_and_resumed_it_ends_in_the_same_bytes()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "needs SIGKILL");
        int wanted = s_long ? 1000 : 50;
        int seed = Environment.GetEnvironmentVariable("SHARDINIT_TEST_SEED") is { } text ? int.Parse(text) : Environment.TickCount;
        System.Random random = new(seed);
        (int kills, int midway, int round) = (0, 0, 0);
        while (kills < wanted)
        {
            string directory = _scratch[$"killed{round++}"];
            while (kills < wanted)
            {
                using Process process = Start(File.Exists(Path.Combine(directory, "plan.json")) ? ["resume", directory, "--quiet"] : Init(Path.GetFileName(directory)));
                // One kill in four at any moment at all, the start of the runtime included; the others after work has begun.
                bool anywhere = random.Next(4) == 0;
                int delay = anywhere ? random.Next(1, (int)_undisturbed.TotalMilliseconds) : random.Next(0, (int)_working.TotalMilliseconds);
                if (!anywhere) WaitForWork(process, directory);
                if (process.WaitForExit(delay))
                {
                    Assert.True(process.ExitCode == ExitCode.Done, $"seed {seed}, {directory}: {process.StandardError.ReadToEnd()}");
                    break;
                }
                process.Kill();
                process.WaitForExit();
                kills++;
                if (Temporaries(directory).Count > 0) midway++;
            }
            Expect(ExitCode.Done, Init(Path.GetFileName(directory)));
            Assert.True(_quiet == Scratch.Fingerprint(directory), $"seed {seed}: {directory} differs from the undisturbed run");
            Directory.Delete(directory, recursive: true);
        }
        // The test is worth something only where the kills hit files being written.
        Assert.True(midway >= wanted / 4, $"seed {seed}: only {midway} of {kills} kills left an unfinished file");
    }

    [SkippableTheory]
    [InlineData(2)]
    [InlineData(15)]
    public void Interrupted_politely_it_leaves_no_temporary_file_and_says_how_to_go_on(int signal)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "needs POSIX signals");
        // Long enough that a signal on the first finished file comes before the end: some hundred files.
        string config = _scratch.Write("long.json", Models.SmallLlama.Replace("\"num_hidden_layers\": 8", "\"num_hidden_layers\": 48", StringComparison.Ordinal));
        Assert.Contains("48", File.ReadAllText(config));
        string[] Long(string directory) => ["init", config, "--out", _scratch[directory], .. _options];
        Expect(ExitCode.Done, Long("undisturbed"));
        const string directory = "stopped";
        // A shell that starts tests in the background has them ignore SIGINT, and so would the program.
        Process process = Start("env", ["--default-signal=INT,TERM", Dotnet, ProgramFile, .. Long(directory)]);
        SpinUntil(() => Directory.Exists(_scratch[directory]) && Directory.EnumerateFiles(_scratch[directory], "*.arrow").Any());
        Assert.Equal(0, Kill(process.Id, signal));
        Outcome outcome = Finish(process);
        Assert.True(outcome.ExitCode == ExitCode.Interrupted, outcome.ToString());
        Assert.Contains($"resume {_scratch[directory]}", outcome.Error);
        Assert.DoesNotContain(Directory.EnumerateFiles(_scratch[directory]), path => Path.GetFileName(path).StartsWith('.'));
        Assert.False(File.Exists(_scratch[directory + "/manifest.json"]));
        Expect(ExitCode.Failed, "verify", _scratch[directory]);
        Expect(ExitCode.Done, "resume", _scratch[directory]);
        Assert.Equal(Scratch.Fingerprint(_scratch["undisturbed"]), Scratch.Fingerprint(_scratch[directory]));
    }

    [Fact]
    public void Several_processes_at_once_write_one_directory()
    {
        for (int round = 0; round < (s_long ? 50 : 5); round++)
        {
            string directory = $"shared{round}";
            Process[] processes = [.. Enumerable.Range(0, 3).Select(_ => Start(Init(directory)))];
            foreach (Process process in processes)
            {
                Outcome outcome = Finish(process);
                Assert.True(outcome.ExitCode == ExitCode.Done, outcome.ToString());
            }
            Assert.Equal(_quiet, Scratch.Fingerprint(_scratch[directory]));
        }
    }

    [SkippableFact]
    public void A_limit_on_file_sizes_fails_once_and_clearly_and_the_rest_follows_later()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "needs ulimit");
        string directory = _scratch["limited"];
        // 512 KiB: shards of 1 MiB do not fit. (The runtime's own memory file is one as well, unless W^X is off.) Beyond the limit the kernel sends SIGXFSZ, which a process that ignores it sees as EFBIG.
        Outcome outcome = Shell($"trap '' XFSZ; export DOTNET_EnableWriteXorExecute=0; ulimit -f 512; exec '{Dotnet}' '{ProgramFile}' {string.Join(' ', Init("limited").Select(word => $"'{word}'"))}");
        Assert.True(outcome.ExitCode == ExitCode.Failed, outcome.ToString());
        Assert.Contains("limited", outcome.Error);
        Assert.DoesNotContain("   at ", outcome.Error);
        Assert.DoesNotContain(Directory.EnumerateFiles(directory), path => Path.GetFileName(path).StartsWith('.'));
        Expect(ExitCode.Done, "resume", directory);
        Assert.Equal(_quiet, Scratch.Fingerprint(directory));
    }

    [SkippableFact]
    public void A_full_disk_fails_once_and_clearly_and_the_rest_follows_later()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "needs tmpfs");
        string mount = Directory.CreateDirectory(_scratch["small"]).FullName;
        Skip.IfNot(Shell($"mount -t tmpfs -o size=20m tmpfs '{mount}'").ExitCode == 0, "not allowed to mount a tmpfs");
        try
        {
            string directory = Path.Combine(mount, "out");
            Outcome outcome = Expect(ExitCode.Failed, Init("small/out"));
            Assert.Contains("no space left", outcome.Error);
            Assert.Contains($"resume {directory}", outcome.Error);
            Assert.Single(outcome.Error.Split('\n'), line => line.Contains("no space left", StringComparison.Ordinal));
            Assert.DoesNotContain(Directory.EnumerateFiles(directory), path => Path.GetFileName(path).StartsWith('.'));
            Assert.True(Shell($"mount -o remount,size=200m '{mount}'").ExitCode == 0);
            Expect(ExitCode.Done, "resume", directory);
            Assert.Equal(_quiet, Scratch.Fingerprint(directory));
        }
        finally
        {
            Shell($"umount '{mount}'");
        }
    }

    private string[] Init(string directory, bool quiet = true) => ["init", _config, "--out", _scratch[directory], .. quiet ? ["--quiet"] : Array.Empty<string>(), .. _options];

    private static HashSet<string> Temporaries(string directory) =>
        Directory.Exists(directory) ? [.. Directory.EnumerateFiles(directory, ".tmp-*").Where(path => !path.Contains("plan.json", StringComparison.Ordinal))] : [];

    /// <summary>Returns when a shard is being written that was not before, or when the process has ended.</summary>
    private static void WaitForWork(Process process, string directory)
    {
        HashSet<string> before = Temporaries(directory);
        SpinUntil(() => process.HasExited || !Temporaries(directory).IsSubsetOf(before));
    }

    private static void SpinUntil(Func<bool> condition)
    {
        Stopwatch clock = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(clock.Elapsed < TimeSpan.FromMinutes(1), "waited a minute");
            Thread.Sleep(1);
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);
}
