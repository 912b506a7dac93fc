using System.Globalization;
using System.Text;
using ShardInit.Planning;

namespace ShardInit.Storage;

/// <summary>
/// What one rank has committed, line by line, so that whoever seals reads no shard again. Only a saving: a journal that is lost, cut short or damaged means that its files are
/// read once more. A line is words, then the CRC-32 of what stands before it; a line that a crash cut off has none that fits, and is passed over.
/// <code>
/// journal 1 PLAN_ID RANK WORLD UNIX_MS CRC            first line; UNIX_MS for people only, nothing is decided by it
/// committed FILE MS FILE_DIGEST TILE_DIGEST... CRC    FILE counts from 0 in the order of the plan; MS since the first line, by the rank's own clock
/// </code>
/// </summary>
internal sealed class Journal
{
    public const int Version = 1;

    private readonly FileOperations _operations;
    private readonly Lock _lock = new();
    private readonly TimeProvider _clock;
    private readonly long _start;
    private bool _broken;

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>Begins one. Where the directory does not take it the rank works without.</summary>
    /// <param name="clock">For the times that people read; that of the system where none is given.</param>
    public Journal(FileOperations operations, string directory, Plan plan, int rank, int world, TimeProvider? clock = null)
    {
        _operations = operations;
        _clock = clock ?? TimeProvider.System;
        _start = _clock.GetTimestamp();
        Path = System.IO.Path.Combine(directory, WorkFiles.Journal(rank));
        try
        {
            using (operations.CreateNew(Path)) { }
            Append(string.Create(CultureInfo.InvariantCulture, $"journal {Version} {plan.PlanId} {rank} {world} {_clock.GetUtcNow().ToUnixTimeMilliseconds()}"));
        }
        catch (IOException)
        {
            _broken = true;
        }
    }

    /// <summary>To be called once the file is durable under its final name.</summary>
    public void Committed(int file, FileDigests digests) => Append(string.Create(CultureInfo.InvariantCulture,
        $"committed {file} {(long)_clock.GetElapsedTime(_start).TotalMilliseconds} {digests.File}{string.Concat(digests.Tiles.Select(tile => " " + tile))}"));

    /// <summary>When the directory is sealed, or the journal says nothing.</summary>
    public void Delete()
    {
        try
        {
            _operations.Delete(Path);
        }
        catch (IOException)
        {
            // The next run of any command that opens the directory for writing removes it.
        }
    }

    private void Append(string words)
    {
        byte[] line = Encoding.ASCII.GetBytes(words);
        line = [.. line, .. Encoding.ASCII.GetBytes($" {Crc32.Compute(line):x8}\n")];
        lock (_lock)
        {
            if (_broken) return;
            try
            {
                // After a failure a line may be there in part; nothing may follow it.
                _broken = !_operations.TryAppend(Path, line);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                _broken = true;
            }
        }
    }
}
