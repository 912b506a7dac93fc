using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace ShardInit.Cluster.Tests.Processes;

/// <summary>One <c>shardinit serve</c> as a process of its own.</summary>
public sealed partial class SiloProcess : IDisposable
{
    private const int SIGTERM = 15, SIGCONT = 18, SIGSTOP = 19;

    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(5);

    private readonly Process _process;
    private readonly StringBuilder _log = new();
    private readonly TaskCompletionSource _up = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public SiloProcess(string settingsFile)
    {
        _process = Shardinit.Start("serve", "--settings", settingsFile);
        _process.ErrorDataReceived += (_, line) => Take(line.Data);
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
    }

    /// <summary>Everything that it said.</summary>
    public string Log
    {
        get { lock (_log) return _log.ToString(); }
    }

    public IEnumerable<string> LogLines => Log.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    /// <summary>Warnings and worse of one category or below it.</summary>
    public IEnumerable<string> Warnings(string category) => LogLines.Where(line => line.StartsWith('{')).Select(line => JsonDocument.Parse(line).RootElement)
        .Where(entry => entry.GetProperty("LogLevel").GetString() is "Warning" or "Error" or "Critical" && entry.GetProperty("Category").GetString()!.StartsWith(category, StringComparison.Ordinal))
        .Select(entry => entry.GetProperty("Message").GetString()!);

    public async Task IsUp()
    {
        Task first = await Task.WhenAny(_up.Task, _process.WaitForExitAsync(), Task.Delay(s_limit));
        Assert.True(first == _up.Task, $"a silo did not come up: {Log}");
    }

    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Pause() => Assert.Equal(0, Signal(_process.Id, SIGSTOP));

    public void Resume() => Assert.Equal(0, Signal(_process.Id, SIGCONT));

    public void Terminate() => Assert.Equal(0, Signal(_process.Id, SIGTERM));

    public async Task<int> Ended()
    {
        await _process.WaitForExitAsync().WaitAsync(s_limit);
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited) Kill();
        _process.Dispose();
    }

    private void Take(string? line)
    {
        if (line is null) return;
        lock (_log) _log.Append(line).Append('\n');
        if (line.Contains(" is up: ", StringComparison.Ordinal)) _up.TrySetResult();
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Signal(int process, int signal);
}
