using Microsoft.Win32.SafeHandles;

namespace ShardInit.Storage;

/// <summary>
/// macOS and Windows by the base library alone. Runs and gives the same bytes, but without the crash-safety promise: names are not flushed, and
/// publishing without replacing has a window.
/// </summary>
internal class ManagedFileOperations : FileOperations
{
    // The share mode is the lock here: a writer lets nobody else write. Delete lets the file be renamed while it is open.
    public override SafeFileHandle CreateNew(string path) => Try("create", path, () =>
        File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete));

    public override SafeFileHandle? TryOpenDirect(string path) => null;

    public override SafeFileHandle? TryOpenReadDirect(string path) => null;

    public override SafeFileHandle? TryOpenRead(string path) => !File.Exists(path) ? null
        : Try("open", path, () => File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));

    public override bool TryLock(SafeFileHandle file) => true;

    public override SafeFileHandle? TryOpenAbandoned(string path)
    {
        try
        {
            // None is an exclusive lock on Unix; Windows excludes by access already, and could not delete an unshared file.
            return File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, OperatingSystem.IsWindows() ? FileShare.Delete : FileShare.None);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public override void Reserve(SafeFileHandle file, string path, long length) => Try("reserve", path, () => RandomAccess.SetLength(file, length));

    public override void Write(SafeFileHandle file, string path, ReadOnlySpan<byte> bytes, long offset)
    {
        try
        {
            RandomAccess.Write(file, bytes, offset);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Wrap("write", path, error);
        }
    }

    public override bool TryWriteDirect(SafeFileHandle file, string path, ReadOnlySpan<byte> bytes, long offset) => false;

    public override void Flush(SafeFileHandle file, string path) => Try("flush", path, () => RandomAccess.FlushToDisk(file));

    public override bool TryPublish(string temporary, string final)
    {
        if (File.Exists(final)) return false;
        try
        {
            File.Move(temporary, final, overwrite: false);
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return File.Exists(final) ? false : throw Wrap("publish", final, error);
        }
    }

    public override void Replace(string temporary, string final) => Try("publish", final, () => File.Move(temporary, final, overwrite: true));

    public override void Delete(string path) => Try("delete", path, () => File.Delete(path));

    public override void FlushDirectory(string directory) { }

    private static void Try(string doing, string path, Action action) => Try(doing, path, () => { action(); return 0; });

    private static T Try<T>(string doing, string path, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Wrap(doing, path, error);
        }
    }

    private static IOException Wrap(string doing, string path, Exception cause) =>
        new($"{path}: cannot {doing}: {cause.Message}; check space and permissions, then run again", cause);
}
