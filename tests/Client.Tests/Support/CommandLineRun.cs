using System.Diagnostics;
using System.Text;

namespace ShardInit.Client.Tests.Support;

/// <summary>What a process left behind.</summary>
public sealed record Outcome(int ExitCode, byte[] OutputBytes, string Error)
{
    public string Output { get; } = Encoding.UTF8.GetString(OutputBytes);

    public IEnumerable<string> OutputLines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public override string ToString() => $"exit code {ExitCode}\nstdout: {Output}\nstderr: {Error}";
}

/// <summary>Runs the built command line as a process of its own, as users do.</summary>
public static class CommandLineRun
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(5);

    /// <summary>The program that ./shardinit has built, where ./test names it; otherwise that of this build. Same sources, faster start.</summary>
    public static string ProgramFile { get; } = Environment.GetEnvironmentVariable("SHARDINIT_PROGRAM") ?? Path.Combine(AppContext.BaseDirectory, "shardinit.dll");

    /// <summary>The dotnet that runs the tests.</summary>
    public static string Dotnet { get; } = Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet";

    public static Outcome Run(params string[] arguments) => Finish(Start(arguments));

    /// <summary>Runs and insists on an exit code; on another one the whole outcome is the message.</summary>
    public static Outcome Expect(int exitCode, params string[] arguments)
    {
        Outcome outcome = Run(arguments);
        Assert.True(outcome.ExitCode == exitCode, $"expected exit code {exitCode} of 'shardinit {string.Join(' ', arguments)}', found {outcome}");
        return outcome;
    }

    public static Process Start(params string[] arguments) => Start(Dotnet, [ProgramFile, .. arguments]);

    public static Process Start(string file, IEnumerable<string> arguments, string? workingDirectory = null, Action<ProcessStartInfo>? also = null)
    {
        ProcessStartInfo info = new(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, WorkingDirectory = workingDirectory ?? "" };
        also?.Invoke(info);
        Process process = Process.Start(info)!;
        process.StandardInput.Close();
        return process;
    }

    public static Outcome Shell(string script, string? workingDirectory = null) => Finish(Start("/bin/bash", ["-c", script], workingDirectory));

    public static Outcome Finish(Process process)
    {
        using (process)
        {
            using MemoryStream output = new();
            Task copying = process.StandardOutput.BaseStream.CopyToAsync(output);
            Task<string> error = process.StandardError.ReadToEndAsync();
            if (!process.WaitForExit(s_limit))
            {
                process.Kill(entireProcessTree: true);
                throw new TimeoutException($"process {process.Id} ran longer than {s_limit}");
            }
            Task.WaitAll(copying, error);
            return new Outcome(process.ExitCode, output.ToArray(), error.Result);
        }
    }
}
