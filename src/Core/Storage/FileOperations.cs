using Microsoft.Win32.SafeHandles;

namespace ShardInit.Storage;

/// <summary>
/// Every call by which this library changes a directory, one virtual method each, so that tests can fail the k-th of them. Failures are
/// <see cref="IOException"/>s from <see cref="FileErrors"/>.
/// </summary>
internal abstract class FileOperations
{
    /// <summary>The operations of this system: crash-safe on Linux x64 and arm64, managed elsewhere.</summary>
    public static FileOperations System { get; } =
        OperatingSystem.IsLinux() && Libc.IsKnownArchitecture ? new LinuxFileOperations() : new ManagedFileOperations();

    /// <summary>Creates a file that must not exist, for reading and writing.</summary>
    public abstract SafeFileHandle CreateNew(string path);

    /// <summary>A second handle on the file that writes past the page cache; null where the file system has no such thing.</summary>
    public abstract SafeFileHandle? TryOpenDirect(string path);

    /// <summary>Opens for reading past the page cache: what is on the medium, not what memory remembers. Null where the file system has no such thing.</summary>
    public abstract SafeFileHandle? TryOpenReadDirect(string path);

    /// <summary>Opens for reading without any lock of its own; null when there is no such file.</summary>
    public abstract SafeFileHandle? TryOpenRead(string path);

    /// <summary>Takes the lock that says "a live process is writing this"; false when another has it. Released when the handle closes.</summary>
    public abstract bool TryLock(SafeFileHandle file);

    /// <summary>Opens a file whose lock no live process holds, and takes it; null when one does or the file is gone.</summary>
    public abstract SafeFileHandle? TryOpenAbandoned(string path);

    /// <summary>The file is there and no live process holds its lock, as far as can be told. Looks only: needs no more than the right to read.</summary>
    public virtual bool IsAbandoned(string path)
    {
        using SafeFileHandle? file = TryOpenAbandoned(path);
        return file is not null;
    }

    /// <summary>Gives the file its final length and, where the file system can, its space.</summary>
    public abstract void Reserve(SafeFileHandle file, string path, long length);

    /// <summary>Writes all bytes at the offset.</summary>
    public abstract void Write(SafeFileHandle file, string path, ReadOnlySpan<byte> bytes, long offset);

    /// <summary>As <see cref="Write"/> on a handle of <see cref="TryOpenDirect"/>; false when the file system refuses the alignment, nothing being promised then.</summary>
    public abstract bool TryWriteDirect(SafeFileHandle file, string path, ReadOnlySpan<byte> bytes, long offset);

    /// <summary>fsync of the file. After an error the kernel may have dropped the data: never retried.</summary>
    public abstract void Flush(SafeFileHandle file, string path);

    /// <summary>Gives a finished file its final name unless that exists; false when it does. Atomic.</summary>
    public abstract bool TryPublish(string temporary, string final);

    /// <summary>Gives a finished file its final name in place of what has it. Atomic.</summary>
    public abstract void Replace(string temporary, string final);

    /// <summary>Deletes a file; no error when it is gone already.</summary>
    public abstract void Delete(string path);

    /// <summary>fsync of a directory: makes published names durable.</summary>
    public abstract void FlushDirectory(string directory);

    /// <summary>Length of a regular file; null when there is none of this name. On a network file system the answer may be some time old, either way.</summary>
    public virtual long? LengthOf(string path)
    {
        FileInfo file = new(path);
        return file.Exists ? file.Length : null;
    }

    /// <summary>Names of everything in a directory. On a network file system new names may be missing for a minute (acdirmax of nfs(5) is 60 s by default).</summary>
    public virtual IReadOnlyList<string> List(string directory) => [.. Directory.EnumerateFileSystemEntries(directory).Select(path => Path.GetFileName(path)!)];

    /// <summary>Creates a file; null when the name exists. The server of a network file system decides, not this machine's cache.</summary>
    public virtual SafeFileHandle? TryCreateNew(string path)
    {
        try
        {
            return CreateNew(path);
        }
        catch (IOException error) when (error.HResult == Errno.EEXIST || File.Exists(path))
        {
            return null;
        }
    }

    /// <summary>Adds bytes to the end of a file that one process alone writes, and closes it, which is when other machines see them; false when the file is gone.</summary>
    public virtual bool TryAppend(string path, ReadOnlySpan<byte> bytes)
    {
        try
        {
            using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
            RandomAccess.Write(file, bytes, RandomAccess.GetLength(file));
            return true;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
    }

    /// <summary>Creates a directory and its parents, durably.</summary>
    public void CreateDirectory(string directory)
    {
        if (Directory.Exists(directory)) return;
        if (File.Exists(directory)) throw FileErrors.NotADirectory(directory);
        string? parent = Path.GetDirectoryName(Path.GetFullPath(directory));
        if (!string.IsNullOrEmpty(parent)) CreateDirectory(parent);
        try
        {
            Directory.CreateDirectory(directory);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw FileErrors.CannotCreate(directory, error);
        }
        if (!string.IsNullOrEmpty(parent)) FlushDirectory(parent);
    }
}
