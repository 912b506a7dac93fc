using Microsoft.Win32.SafeHandles;
using ShardInit.Errors;
using ShardInit.Planning;

namespace ShardInit.Storage;

/// <summary>
/// Watches that a directory still holds the plan that it was opened with. A process that was cut off for long (a hung node, a stopped process) may come back to a path that was
/// removed and made anew for another plan, with the same file names: it must neither replace nor seal anything there.
/// </summary>
/// <param name="stored">plan.json as it was when the directory was opened.</param>
internal sealed class PlanGuard(FileOperations operations, string directory, Plan plan, byte[] stored, PlanCodec codec)
{
    /// <summary>The ids stand in the first lines of plan.json, so its start tells plans apart, and costs nothing beside a shard.</summary>
    private const int StartLength = 4096;

    private volatile Known _known = new(stored.Length, stored[..Math.Min(stored.Length, StartLength)]);

    private sealed record Known(long Length, byte[] Start);

    /// <summary>To be called before anything gets its final name. Safe for concurrent use.</summary>
    /// <exception cref="PlanException">Another plan is there now, with the differences.</exception>
    /// <exception cref="IOException">plan.json is gone (ENOENT), or cannot be read.</exception>
    public void RefuseAnotherPlan()
    {
        string path = Path.Combine(directory, CheckpointFiles.Plan);
        if (IsKnown(path)) return;
        byte[] found = SmallFile.TryRead(operations, path, SmallFile.MaxPlanLength) ?? throw Gone(path);
        Plan there = codec.Read(found, path);
        if (there.PlanId != plan.PlanId)
        {
            throw new PlanException([
                $"{directory}: holds another plan than when this run began, so it was removed and made anew; nothing more is written to it. Differences (there, here):",
                .. codec.Differences(there, plan)]);
        }
        // Other texts outside the id: the sealed plan.json was put back.
        _known = new Known(found.Length, found[..Math.Min(found.Length, StartLength)]);
    }

    private bool IsKnown(string path)
    {
        using SafeFileHandle file = operations.TryOpenRead(path) ?? throw Gone(path);
        Known known = _known;
        if (RandomAccess.GetLength(file) != known.Length) return false;
        byte[] start = new byte[known.Start.Length];
        CommittedFile.ReadExactly(file, path, start, 0);
        return start.AsSpan().SequenceEqual(known.Start);
    }

    private static IOException Gone(string path) => FileErrors.Failed(Errno.ENOENT, "read", path);
}
