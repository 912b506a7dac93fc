namespace ShardInit.Storage;

/// <summary>The one place where failed system calls become messages: what failed, on which path, what to do.</summary>
internal static class FileErrors
{
    /// <param name="error">errno of Linux.</param>
    /// <param name="doing">What was tried: "write", "flush" ...</param>
    public static IOException Failed(int error, string doing, string path) => new(error switch
    {
        Errno.ENOSPC => $"{path}: cannot {doing}: no space left on the device; free some and run again, finished files are kept",
        Errno.EDQUOT => $"{path}: cannot {doing}: disk quota exceeded; raise it or free space and run again, finished files are kept",
        Errno.EIO => $"{path}: cannot {doing}: input/output error of the device; check the disk, then run again, the file is written anew",
        Errno.EACCES or Errno.EPERM => $"{path}: cannot {doing}: permission denied; give this user write access to the directory or choose another",
        Errno.EROFS => $"{path}: cannot {doing}: the file system is read-only; choose another directory",
        Errno.EFBIG => $"{path}: cannot {doing}: the file system, or the limit of this process (ulimit -f), does not take files of this size; choose a smaller --shard-size or raise the limit",
        Errno.ENOENT => $"{path}: cannot {doing}: the file or its directory is gone; was it deleted by another process? run again",
        Errno.EISDIR => $"{path}: cannot {doing}: a directory has this name; remove it and run again",
        _ => $"{path}: cannot {doing}: {System.Runtime.InteropServices.Marshal.GetPInvokeErrorMessage(error)} (error {error})",
    }, error);

    public static IOException NotADirectory(string path) => new($"{path}: is a file, expected a directory; choose another");

    public static NoRegularFileException NoRegularFile(string path) => new($"{path}: expected a regular file, found a directory, pipe or device; remove it");

    public static IOException CannotCreate(string path, Exception cause) =>
        new($"{path}: cannot create the directory: {cause.Message}; choose a directory that this user may write", cause);

    public static IOException ShortRead(string path, long offset, long expected) =>
        new($"{path}: expected {expected} bytes at offset {offset}, the file ends before; it was changed while being read");
}

/// <summary>Something else has the name of a file: nothing that we wrote, and nothing that we may put a file in place of.</summary>
internal sealed class NoRegularFileException(string message) : IOException(message);
