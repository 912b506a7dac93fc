using Microsoft.Win32.SafeHandles;

namespace ShardInit.Storage;

/// <summary>
/// A file on its way to its final name: created beside it under a name of its own, locked while its writer lives, flushed, then published in one
/// step. Disposed before that, it is deleted; left by a dead process, it has no lock and <see cref="WorkFiles.Delete"/> removes it.
/// </summary>
internal sealed class TemporaryFile : IDisposable
{
    private const int MaxAttempts = 20;

    private readonly FileOperations _operations;
    private readonly string _directory;

    public string FinalPath { get; }
    public string Path { get; }
    public SafeFileHandle Handle { get; }
    /// <summary>The final name is given; an error after that is one of making it durable.</summary>
    public bool IsPublished { get; private set; }

    public TemporaryFile(FileOperations operations, string directory, string finalName)
    {
        _operations = operations;
        _directory = directory;
        FinalPath = System.IO.Path.Combine(directory, finalName);
        while (true)
        {
            Path = System.IO.Path.Combine(directory, WorkFiles.Unfinished(finalName));
            Handle = operations.CreateNew(Path);
            // Between creation and lock another process may have taken the file for abandoned; it deletes only while it holds the lock,
            // so a lock on a name that is still there is safe.
            if (operations.TryLock(Handle) && operations.LengthOf(Path) is not null) return;
            Handle.Dispose();
            operations.Delete(Path);
        }
    }

    /// <summary>Flushes the file and gives it its final name unless that exists; false when it does.</summary>
    public bool TryPublish()
    {
        _operations.Flush(Handle, Path);
        if (!_operations.TryPublish(Path, FinalPath)) return false;
        Published();
        return true;
    }

    /// <summary>Flushes the file and gives it its final name in place of what has it.</summary>
    public void Replace()
    {
        _operations.Flush(Handle, Path);
        _operations.Replace(Path, FinalPath);
        Published();
    }

    /// <summary>Writes a whole small file and publishes it; false when the name exists and <paramref name="replace"/> is not set.</summary>
    public static bool Publish(FileOperations operations, string directory, string finalName, ReadOnlySpan<byte> bytes, bool replace)
    {
        using TemporaryFile file = new(operations, directory, finalName);
        operations.Write(file.Handle, file.Path, bytes, 0);
        if (!replace) return file.TryPublish();
        file.Replace();
        return true;
    }

    /// <summary>
    /// Publishes where other processes may be publishing the same: another may have been first, or its sealer may have removed our temporary file as left over
    /// (then we try again).
    /// </summary>
    /// <param name="publish">Writes and publishes; false when the name exists.</param>
    /// <param name="isThere">Whether what has the name is as good as ours.</param>
    public static void PublishRacing(Func<bool> publish, Func<bool> isThere)
    {
        for (int attempt = 1; attempt <= MaxAttempts; attempt++)
        {
            try
            {
                if (publish() || isThere()) return;
            }
            catch (IOException error) when (error.HResult == Errno.ENOENT && attempt < MaxAttempts)
            {
                if (isThere()) return;
            }
        }
        throw new IOException("another process keeps replacing the same file by a different one; stop it and run again");
    }

    public void Dispose()
    {
        if (!IsPublished)
        {
            try
            {
                _operations.Delete(Path);
            }
            catch (IOException)
            {
                // The failure that brought us here is the one to report; without its lock the file is removed by the next run.
            }
        }
        Handle.Dispose();
    }

    private void Published()
    {
        IsPublished = true;
        // The lock goes at once: .NET's own file API refuses to open a file that somebody has locked, under whatever name.
        Handle.Dispose();
        _operations.FlushDirectory(_directory);
    }
}
