using ShardInit.Client.Tests.Support;
using static ShardInit.Client.Tests.Support.CommandLineRun;

namespace ShardInit.Client.Tests;

/// <summary>The script ./shardinit: from anywhere, by anybody, many at once.</summary>
public sealed class ScriptTests
{
    private static readonly string s_script = SourceTree.PathOf("shardinit");

    [SkippableFact]
    public void It_runs_from_any_directory_and_through_links()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "needs a POSIX shell");
        using Scratch scratch = new();
        Expect0($"cd / && '{s_script}' --version");
        Expect0($"ln -s '{s_script}' '{scratch["one"]}' && ln -s one '{scratch["two"]}' && cd '{scratch.Root}' && ./two --version");
        Assert.Contains("unknown command 'nosuch'", Shell($"'{s_script}' nosuch").Error);
        Assert.Equal(2, Shell($"'{s_script}' nosuch").ExitCode);
    }

    [SkippableFact]
    public void A_second_start_neither_builds_nor_waits_for_a_build()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "needs a POSIX shell");
        Expect0($"'{s_script}' --version");
        Outcome outcome = Expect0($"'{s_script}' --version");
        Assert.Empty(outcome.Error);
    }

    [SkippableFact]
    public void Without_dotnet_it_says_what_to_install()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "needs a POSIX shell");
        using Scratch scratch = new();
        // A PATH with the tools that the script uses and no dotnet.
        Expect0($"cd '{scratch.Root}' && for tool in dirname readlink env sh bash; do ln -s \"$(command -v $tool)\" $tool; done");
        Outcome outcome = Shell($"env -i PATH='{scratch.Root}' '{s_script}' --version");
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("expected the .NET 10 SDK", outcome.Error);
        Assert.Contains("publish", outcome.Error);
    }

    /// <summary>A copy of the sources without any build of them, and a user without any settings: four start at once, one builds, all run; so does whoever comes later.</summary>
    [SkippableFact]
    public void Many_may_start_it_at_once_on_a_fresh_clone_and_nobody_builds_again()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "needs a POSIX shell");
        using Scratch scratch = new();
        string copy = scratch["clone with space"];
        Expect0($"mkdir '{copy}' && cd '{SourceTree.Root}' && cp -r src shardinit Directory.Build.props Directory.Packages.props global.json '{copy}/'");
        // The packages that are there already: this is not about downloads.
        string home = $"NUGET_PACKAGES=\"${{NUGET_PACKAGES:-$HOME/.nuget/packages}}\" HOME='{scratch["home"]}'";
        Directory.CreateDirectory(scratch["home"]);
        Outcome outcome = Expect0($"export {home}; cd '{scratch.Root}'; pids=; for i in 1 2 3 4; do '{copy}/shardinit' --version & pids=\"$pids $!\"; done; for pid in $pids; do wait $pid || exit 1; done");
        Assert.Equal(4, outcome.OutputLines.Count(line => line.StartsWith("shardinit ", StringComparison.Ordinal)));
        Assert.Single(outcome.Error.Split('\n'), line => line.Contains("building (first", StringComparison.Ordinal));
        // NuGet has written settings of its own meanwhile; a batch job has no home; another user may not write there.
        foreach (string start in new[] { $"{home}", "env -i PATH=\"$PATH\" SHARDINIT_ORLEANS=\"${SHARDINIT_ORLEANS:-}\"", "env -i PATH=\"$PATH\" SHARDINIT_ORLEANS=\"${SHARDINIT_ORLEANS:-}\" HOME=/nonexistent setpriv --reuid 65534 --regid 65534 --clear-groups" })
        {
            if (start.Contains("setpriv", StringComparison.Ordinal) && (Environment.UserName != "root" || Shell("command -v setpriv").ExitCode != 0)) continue;
            outcome = Expect0($"chmod -R go-w '{scratch.Root}' && chmod a+rx '{scratch.Root}' && {start} '{copy}/shardinit' --version");
            Assert.True(outcome.Error.Length == 0, $"{start}: {outcome}");
        }
        // Another state of the sources is another build; the first one stays.
        File.AppendAllText(Path.Combine(copy, "src/Client/Program.cs"), "// changed\n");
        string first = Assert.Single(Directory.EnumerateFiles(Path.Combine(copy, "artifacts/shardinit"), "shardinit.dll", SearchOption.AllDirectories), IsPublished);
        string second = Expect0($"'{copy}/shardinit' where").Output.TrimEnd();
        Assert.NotEqual(first, second);
        Assert.True(File.Exists(first) && File.Exists(second));

        static bool IsPublished(string path) => !path.Contains("/work", StringComparison.Ordinal);
    }

    [SkippableFact]
    public void The_published_file_runs_where_there_is_no_dotnet()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "needs a POSIX shell");
        Skip.IfNot(Environment.GetEnvironmentVariable("SHARDINIT_LONG") == "1", "takes minutes: ./test --long");
        using Scratch scratch = new();
        Outcome outcome = Expect0($"cd '{scratch.Root}' && '{s_script}' publish nodes");
        Assert.Equal(scratch["nodes/shardinit"], outcome.Output.TrimEnd());
        Assert.Equal(["shardinit"], Directory.EnumerateFileSystemEntries(scratch["nodes"]).Select(path => Path.GetFileName(path)));
        string config = scratch.Write("config.json", Models.TinyLlama);
        Expect0($"cd / && env -i '{scratch["nodes/shardinit"]}' init '{config}' --out '{scratch["a"]}' && '{s_script}' init '{config}' --out '{scratch["b"]}'");
        Assert.Equal(Scratch.Fingerprint(scratch["a"]), Scratch.Fingerprint(scratch["b"]));
    }

    private static Outcome Expect0(string script)
    {
        Outcome outcome = Shell(script);
        Assert.True(outcome.ExitCode == 0, outcome.ToString());
        return outcome;
    }
}
