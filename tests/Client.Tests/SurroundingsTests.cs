using ShardInit.Client.CommandLine;
using ShardInit.Client.Tests.Support;
using static ShardInit.Client.Tests.Support.CommandLineRun;

namespace ShardInit.Client.Tests;

/// <summary>A process gets more than its arguments: closed descriptors, limits, names in no UTF-8. Each ends in an exit code and, where somebody can read it, one line.</summary>
public sealed class SurroundingsTests : IDisposable
{
    private readonly Scratch _scratch = new();
    private readonly string _config;

    public SurroundingsTests() => _config = _scratch.Write("config.json", Models.TinyLlama);

    public void Dispose() => _scratch.Dispose();

    /// <summary>The program's command line for a shell, behind what the shell is to do first.</summary>
    private Outcome Behind(string first, string arguments) => Shell($"{first} exec '{Dotnet}' '{ProgramFile}' {arguments}", _scratch.Root);

    [SkippableTheory]
    [InlineData("2>&-", ExitCode.Usage)]
    [InlineData("2>/dev/full", ExitCode.Usage)]
    [InlineData("0<&- 1>&- 2>&-", ExitCode.Usage)]
    public void Nobody_to_tell_is_no_reason_to_crash(string redirection, int expected)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "needs Linux");
        Outcome outcome = Behind("", $"plan nope.json {redirection}");
        Assert.True(outcome.ExitCode == expected, $"{redirection}: {outcome}");
    }

    [SkippableFact]
    public void Closed_descriptors_never_put_words_into_files()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "needs Linux");
        Expect(ExitCode.Done, "init", _config, "--out", _scratch["usual"], "--quiet");
        Outcome silent = Behind("", "init config.json --out silent 2>&-");
        Assert.True(silent.ExitCode == ExitCode.Done, silent.ToString());
        Assert.Contains("plan_id", silent.Output);
        Outcome unheard = Behind("", "init config.json --out unheard 0<&- 1>&-");
        Assert.True(unheard.ExitCode == ExitCode.Failed, unheard.ToString());
        Assert.Contains("standard output: expected it to be open, found it closed", unheard.Error);
        foreach (string name in new[] { "silent", "unheard" }) Assert.Equal(Scratch.Fingerprint(_scratch["usual"]), Scratch.Fingerprint(_scratch[name]));
    }

    [SkippableFact]
    public void A_limit_on_the_size_of_files_is_a_failure_like_a_full_disk()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "needs Linux");
        // Blocks of 1 KiB: enough for every file but the embedding. Without the setting .NET itself does not start below 2 GiB; ./shardinit sets it.
        Outcome limited = Behind("ulimit -f 48; export DOTNET_EnableWriteXorExecute=0;", "init config.json --dtype f32 --out out --quiet");
        Assert.True(limited.ExitCode == ExitCode.Failed, limited.ToString());
        Assert.Contains("files of this size", limited.Error);
        Assert.Contains("resume out", limited.Error);
        Expect(ExitCode.Done, "resume", _scratch["out"], "--quiet");
        Expect(ExitCode.Done, "init", _config, "--dtype", "f32", "--out", _scratch["usual"], "--quiet");
        Assert.Equal(Scratch.Fingerprint(_scratch["usual"]), Scratch.Fingerprint(_scratch["out"]));
    }

    [SkippableFact]
    public void Too_few_open_files_are_told_in_one_line()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "needs Linux");
        Outcome outcome = Behind("ulimit -n 80;", "plan config.json");
        Assert.True(outcome.ExitCode == ExitCode.Failed, outcome.ToString());
        Assert.Equal("shardinit: expected that 96 files or more may be open at once, found a limit of 80; raise it with 'ulimit -n 1024'\n", outcome.Error);
    }

    [SkippableFact]
    public void A_name_that_is_no_UTF8_is_refused_and_none_is_made_up()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "needs Linux");
        foreach (string arguments in new[] { "--out $'x\\xff'", "--out=$'x\\xff'" })
        {
            Outcome outcome = Behind("", $"init config.json {arguments}");
            Assert.True(outcome.ExitCode == ExitCode.Usage, outcome.ToString());
            Assert.Contains("expected UTF-8", outcome.Error);
        }
        Assert.Equal(["config.json"], Directory.EnumerateFileSystemEntries(_scratch.Root).Select(path => Path.GetFileName(path)));
        // A name that really holds the replacement character is a name like any other.
        File.Copy(_config, _scratch["x\uFFFD.json"]);
        Expect(ExitCode.Done, "plan", _scratch["x\uFFFD.json"], "--quiet");
    }

    [SkippableFact]
    public void A_link_to_nothing_is_called_that()
    {
        Skip.If(OperatingSystem.IsWindows(), "links need rights there");
        File.CreateSymbolicLink(_scratch["link"], _scratch["nowhere"]);
        Assert.Contains($"is a link to {_scratch["nowhere"]}, and nothing is there", Expect(ExitCode.Usage, "init", _config, "--out", _scratch["link"]).Error);
        Assert.False(Directory.Exists(_scratch["nowhere"]));
        Directory.CreateDirectory(_scratch["nowhere"]);
        Expect(ExitCode.Done, "init", _config, "--out", _scratch["link"], "--quiet");
    }

    [SkippableFact]
    public void Metrics_stay_out_of_the_checkpoint()
    {
        Skip.If(OperatingSystem.IsWindows(), "links need rights there");
        string directory = _scratch["out"];
        Directory.CreateDirectory(directory);
        File.CreateSymbolicLink(_scratch["link"], directory);
        foreach (string name in new[] { "out/run.prom", "link/run.prom" })
        {
            Assert.Contains("--metrics: expected a file outside of checkpoints", Expect(ExitCode.Usage, "init", _config, "--out", directory, "--metrics", _scratch[name]).Error);
            Assert.Empty(Directory.EnumerateFileSystemEntries(directory));
        }
        Expect(ExitCode.Done, "init", _config, "--out", directory, "--quiet", "--metrics", _scratch["run.prom"]);
        string before = Scratch.Fingerprint(directory);
        Expect(ExitCode.Usage, "resume", directory, "--metrics", Path.Combine(directory, "plan.json"));
        Assert.Equal(before, Scratch.Fingerprint(directory));
    }
}
