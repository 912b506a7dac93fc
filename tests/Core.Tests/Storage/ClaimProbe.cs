using System.Diagnostics;
using ShardInit.Storage;
using Xunit;

namespace ShardInit.Core.Tests.Storage;

/// <summary>Another process that tries for a claim and, if it gets it, keeps it until it is told to let go or is killed.</summary>
internal sealed class ClaimProbe : IDisposable
{
    private const string Taken = "taken", Refused = "refused";

    private readonly Process _process;

    public ClaimProbe(string directory, string name)
    {
        _process = Process.Start(new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", ["exec", typeof(ClaimProbe).Assembly.Location, "claim", directory, name])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true,
        })!;
        string? answer = _process.StandardOutput.ReadLine();
        Assert.True(answer is Taken or Refused, $"found '{answer}'");
        Has = answer == Taken;
    }

    public bool Has { get; }

    /// <summary>In the other process.</summary>
    public static int Run(string directory, string name)
    {
        using Claim? claim = Claim.TryTake(FileOperations.System, directory, name);
        Console.WriteLine(claim is null ? Refused : Taken);
        Console.In.ReadToEnd();
        return 0;
    }

    public void LetGo()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
    }

    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited) Kill();
        _process.Dispose();
    }
}
