using System.Diagnostics;
using System.Text;

namespace ShardInit.Cluster.Tests.Processes;

/// <summary>The command line, as users run it.</summary>
internal static class Shardinit
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(10);

    private static readonly string s_file = Environment.GetEnvironmentVariable("SHARDINIT_PROGRAM") ?? Path.Combine(AppContext.BaseDirectory, "shardinit.dll");

    public static string Dotnet { get; } = Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet";

    public static Process Start(params string[] arguments)
    {
        ProcessStartInfo info = new(Dotnet, [s_file, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        Process process = Process.Start(info)!;
        process.StandardInput.Close();
        return process;
    }

    public static async Task<Outcome> Run(params string[] arguments) => await Finish(Start(arguments));

    public static async Task<Outcome> Finish(Process process)
    {
        using (process)
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync().WaitAsync(s_limit);
            return new Outcome(process.ExitCode, await output, await error);
        }
    }

    /// <summary>Runs and insists on an exit code.</summary>
    public static async Task<Outcome> Expect(int exitCode, params string[] arguments)
    {
        Outcome outcome = await Run(arguments);
        Assert.True(outcome.ExitCode == exitCode, $"expected exit code {exitCode} of 'shardinit {string.Join(' ', arguments)}', found {outcome}");
        return outcome;
    }
}

internal sealed record Outcome(int ExitCode, string Output, string Error)
{
    public override string ToString() => new StringBuilder($"exit code {ExitCode}\nstdout: ").Append(Output).Append("\nstderr: ").Append(Error).ToString();
}
