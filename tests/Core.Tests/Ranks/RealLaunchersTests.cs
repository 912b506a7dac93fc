using System.Diagnostics;
using ShardInit.Ranks;

namespace ShardInit.Core.Tests.Ranks;

/// <summary>The launchers themselves, where they are installed: three processes leave their environment in a file each, and it is read as theirs.</summary>
public sealed class RealLaunchersTests
{
    private const int World = 3;

    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(2);

    [SkippableTheory]
    [InlineData(RankIdentity.OpenMpi, "mpirun.openmpi --version", "mpirun.openmpi --allow-run-as-root --oversubscribe -n 3")]
    [InlineData(RankIdentity.Mpich, "mpiexec.hydra --version", "mpiexec.hydra -n 3")]
    // --redirects and --tee: without them torch 1.13 fails on Python 3.11.
    [InlineData(RankIdentity.TorchRun, "/usr/bin/python3 -c 'import torch.distributed.run'", "/usr/bin/python3 -m torch.distributed.run --no_python --nproc_per_node 3 --log_dir logs --redirects 1 --tee 1 --master_port 29517")]
    public void Its_processes_are_told_apart(string source, string probe, string launcher)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "needs a POSIX shell");
        Skip.IfNot(Shell("/", probe).ExitCode == 0, $"{source} is not installed");
        using Workspace workspace = new();
        workspace.Write("leave.sh", "env >\"environment.$$\"\n");
        (int exitCode, string text) = Shell(workspace.Path, $"{launcher} sh leave.sh");
        Assert.True(exitCode == 0, text);

        RankIdentity[] found = [.. Directory.EnumerateFiles(workspace.Path, "environment.*").Select(Identity).OrderBy(identity => identity.Rank)];
        Assert.Equal(Enumerable.Range(0, World).Select(rank => new RankIdentity(rank, World, source, World)), found);
    }

    private static RankIdentity Identity(string file)
    {
        Dictionary<string, string> values = new(StringComparer.Ordinal);
        foreach (string line in File.ReadAllLines(file).Where(line => line.Contains('='))) values.TryAdd(line.Split('=')[0], line.Split('=', 2)[1]);
        return Launcher.Find(null, null, values.GetValueOrDefault).Identity ?? throw new InvalidOperationException($"nobody in {string.Join(' ', values)}");
    }

    private static (int ExitCode, string Text) Shell(string directory, string script)
    {
        // Neither a launcher that runs the tests nor the user may speak for the launcher under test.
        ProcessStartInfo info = new("/bin/sh", ["-c", $"exec env -i PATH=\"$PATH\" HOME=\"$HOME\" sh -c '{script.Replace("'", "'\\''", StringComparison.Ordinal)}' 2>&1"])
        { RedirectStandardOutput = true, WorkingDirectory = directory };
        using Process process = Process.Start(info)!;
        Task<string> text = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(s_limit))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"'{script}' ran longer than {s_limit}");
        }
        return (process.ExitCode, text.Result);
    }
}
