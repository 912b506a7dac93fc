using System.Security.Cryptography;
using ShardInit.Model;

namespace ShardInit.Client.Output;

/// <summary>
/// <c>--metrics</c>: a small file for the textfile collector of Prometheus, put in place whole when a run begins, every ten seconds and when it ends. That it cannot be written is
/// said once; the run does not depend on it.
/// </summary>
public sealed class MetricsFile : IDisposable
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    /// <summary>What stands for the rank in the name, so that the ranks of one machine can share a folder.</summary>
    public const string RankPlace = "{rank}";

    private readonly string _path;
    private readonly string _temporary;
    private readonly Func<RunMetrics> _snapshot;
    private readonly Terminal _terminal;
    private readonly ITimer _timer;
    private readonly Lock _writing = new();
    private bool _closed;
    private bool _told;

    /// <summary>Checks the name and begins.</summary>
    /// <param name="snapshot">Called from another thread, never by two at once.</param>
    /// <exception cref="IOException">As <see cref="PathOf"/>.</exception>
    public static MetricsFile Open(string template, int rank, Func<RunMetrics> snapshot, Terminal terminal) => new(PathOf(template, rank), snapshot, terminal, TimeProvider.System);

    /// <param name="path">From <see cref="PathOf"/>.</param>
    public MetricsFile(string path, Func<RunMetrics> snapshot, Terminal terminal, TimeProvider clock)
    {
        (_path, _snapshot, _terminal) = (path, snapshot, terminal);
        // Collectors read *.prom only. The name is drawn once: however the process ends, it leaves one such file at most.
        _temporary = $"{path}.tmp-{RandomNumberGenerator.GetHexString(8, lowercase: true)}";
        Write();
        _timer = clock.CreateTimer(_ => Write(), null, Interval, Interval);
    }

    /// <summary>The file of a rank; to be asked before a run begins, so that a wrong name is told while nothing is lost. Where a link stands under the name, what it points to.</summary>
    /// <param name="checkpoint">The directory that the run writes: not the place for this file.</param>
    /// <exception cref="IOException">The folder is missing, or something that is no file has the name.</exception>
    /// <exception cref="CommandLine.UsageException">The file would lie in a checkpoint.</exception>
    public static string PathOf(string template, int rank, string? checkpoint = null)
    {
        string path = template.Replace(RankPlace, $"{rank}", StringComparison.Ordinal);
        if (SpecialFiles.Is(path)) throw new IOException($"{path}: expected a file that can be replaced, found a pipe or device; name a file");
        if (Directory.Exists(path)) throw new IOException($"{path}: expected a file to write to, found a directory; name a file in it");
        if (new FileInfo(path).LinkTarget is not null) path = File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
        OutsideCheckpoints.Require(CommandLine.Flags.Metrics, path, checkpoint);
        string directory = Path.GetDirectoryName(Path.GetFullPath(path)) ?? ".";
        return Directory.Exists(directory) ? path : throw new IOException($"{path}: expected the directory {directory} to exist, found none; create it");
    }

    /// <summary>Writes how the run ended.</summary>
    public void Dispose()
    {
        _timer.Dispose();
        Write(last: true);
    }

    private void Write(bool last = false)
    {
        lock (_writing)
        {
            if (_closed) return;
            _closed = last;
            string text = _snapshot().ToPrometheus();
            try
            {
                File.WriteAllText(_temporary, text);
                File.Move(_temporary, _path, overwrite: true);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                DeleteTemporary();
                if (!_told) _terminal.Error($"{_path}: cannot write the metrics ({error.Message}); the run goes on without them");
                _told = true;
            }
        }
    }

    private void DeleteTemporary()
    {
        try
        {
            File.Delete(_temporary);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The folder is gone or closed to us, which has been told.
        }
    }
}
