using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace ShardInit.Storage;

/// <summary>The crash-safe way: POSIX calls with their errors looked at.</summary>
[SupportedOSPlatform("linux")]
internal class LinuxFileOperations : FileOperations
{
    private const uint Mode = 0x1A4; // 0644, cut by the umask

    public override SafeFileHandle CreateNew(string path) =>
        Open(path, Libc.ReadWrite | Libc.Create | Libc.Exclusive) ?? throw FileErrors.Failed(Marshal.GetLastPInvokeError(), "create", path);

    public override SafeFileHandle? TryOpenDirect(string path) => Open(path, Libc.WriteOnly | Libc.Direct);

    public override SafeFileHandle? TryOpenReadDirect(string path) => Open(path, Libc.ReadOnly | Libc.Direct);

    public override SafeFileHandle? TryOpenRead(string path)
    {
        // Non-blocking, for a pipe under the name of a file would wait for its writer.
        SafeFileHandle? file = Open(path, Libc.ReadOnly | Libc.NonBlocking);
        if (file is not null) return IsRegular(file, path) ? file : throw FileErrors.NoRegularFile(path);
        int error = Marshal.GetLastPInvokeError();
        return error == Errno.ENOENT ? null : throw FileErrors.Failed(error, "open", path);
    }

    private static bool IsRegular(SafeFileHandle file, string path)
    {
        if (!Directory.Exists(path))
        {
            try
            {
                RandomAccess.GetLength(file);
                return true;
            }
            catch (NotSupportedException)
            {
                // Not seekable: a pipe, a socket, a terminal.
            }
        }
        file.Dispose();
        return false;
    }

    public override bool TryLock(SafeFileHandle file)
    {
        while (Libc.Lock(file, Libc.LockExclusive | Libc.LockNonBlocking) != 0)
        {
            int error = Marshal.GetLastPInvokeError();
            if (error == Errno.EAGAIN) return false;
            // A file system without locks: nobody can take this one, so nobody deletes the file, which is safe.
            if (error != Errno.EINTR) return true;
        }
        return true;
    }

    public override SafeFileHandle? TryOpenAbandoned(string path)
    {
        SafeFileHandle? file = Open(path, Libc.ReadWrite);
        if (file is null) return null;
        if (Libc.Lock(file, Libc.LockExclusive | Libc.LockNonBlocking) == 0) return file;
        file.Dispose();
        return null;
    }

    public override bool IsAbandoned(string path)
    {
        using SafeFileHandle? file = Open(path, Libc.ReadOnly | Libc.NonBlocking);
        if (file is null) return Marshal.GetLastPInvokeError() != Errno.ENOENT;
        return Libc.Lock(file, Libc.LockShared | Libc.LockNonBlocking) == 0 || Marshal.GetLastPInvokeError() != Errno.EAGAIN;
    }

    public override void Reserve(SafeFileHandle file, string path, long length)
    {
        if (length == 0) return;
        while (Libc.Reserve(file, 0, 0, length) != 0)
        {
            int error = Marshal.GetLastPInvokeError();
            if (error == Errno.EINTR) continue;
            if (error is not (Errno.EOPNOTSUPP or Errno.ENOSYS or Errno.EINVAL)) throw FileErrors.Failed(error, $"reserve {length} bytes", path);
            if (Libc.SetLength(file, length) != 0) throw FileErrors.Failed(Marshal.GetLastPInvokeError(), $"set the length to {length} bytes", path);
            return;
        }
    }

    public override void Write(SafeFileHandle file, string path, ReadOnlySpan<byte> bytes, long offset)
    {
        int error = WriteAll(file, bytes, offset);
        if (error != 0) throw FileErrors.Failed(error, $"write {bytes.Length} bytes at offset {offset}", path);
    }

    public override bool TryWriteDirect(SafeFileHandle file, string path, ReadOnlySpan<byte> bytes, long offset)
    {
        int error = WriteAll(file, bytes, offset);
        if (error == Errno.EINVAL) return false;
        return error == 0 ? true : throw FileErrors.Failed(error, $"write {bytes.Length} bytes at offset {offset}", path);
    }

    public override void Flush(SafeFileHandle file, string path)
    {
        if (Libc.Flush(file) != 0) throw FileErrors.Failed(Marshal.GetLastPInvokeError(), "flush", path);
    }

    public override bool TryPublish(string temporary, string final)
    {
        int error = RenameWithoutReplacing(temporary, final);
        if (error is Errno.EINVAL or Errno.ENOSYS or Errno.EOPNOTSUPP) error = LinkThenUnlink(temporary, final);
        if (error == Errno.EEXIST) return false;
        return error == 0 ? true : throw FileErrors.Failed(error, "publish", final);
    }

    public override void Replace(string temporary, string final)
    {
        if (Libc.Rename(temporary, final) != 0) throw FileErrors.Failed(Marshal.GetLastPInvokeError(), "publish", final);
    }

    public override void Delete(string path)
    {
        if (Libc.Unlink(path) == 0) return;
        int error = Marshal.GetLastPInvokeError();
        if (error != Errno.ENOENT) throw FileErrors.Failed(error, "delete", path);
    }

    public override void FlushDirectory(string directory)
    {
        using SafeFileHandle handle = Open(directory, Libc.ReadOnly | Libc.Directory)
            ?? throw FileErrors.Failed(Marshal.GetLastPInvokeError(), "open", directory);
        if (Libc.Flush(handle) == 0) return;
        int error = Marshal.GetLastPInvokeError();
        // Some network file systems have no fsync for directories: their names are durable when the call that made them returns.
        if (error is not (Errno.EINVAL or Errno.ENOSYS or Errno.EOPNOTSUPP)) throw FileErrors.Failed(error, "flush", directory);
    }

    private static SafeFileHandle? Open(string path, int flags)
    {
        while (true)
        {
            int descriptor = Libc.Open(path, flags | Libc.CloseOnExec, Mode);
            if (descriptor >= 0) return new SafeFileHandle(descriptor, ownsHandle: true);
            if (Marshal.GetLastPInvokeError() != Errno.EINTR) return null;
        }
    }

    /// <summary>0 or errno.</summary>
    private static unsafe int WriteAll(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset)
    {
        fixed (byte* start = bytes)
        {
            for (int done = 0; done < bytes.Length;)
            {
                nint count = Libc.WriteAt(file, start + done, (nuint)(bytes.Length - done), offset + done);
                if (count > 0) { done += (int)count; continue; }
                int error = count == 0 ? Errno.ENOSPC : Marshal.GetLastPInvokeError();
                if (error != Errno.EINTR) return error;
            }
        }
        return 0;
    }

    private static int RenameWithoutReplacing(string temporary, string final)
    {
        try
        {
            return Libc.Rename(Libc.WorkingDirectory, temporary, Libc.WorkingDirectory, final, Libc.NoReplace) == 0 ? 0 : Marshal.GetLastPInvokeError();
        }
        catch (EntryPointNotFoundException)
        {
            return Errno.ENOSYS; // an older C library
        }
    }

    private static int LinkThenUnlink(string temporary, string final)
    {
        if (Libc.Link(temporary, final) != 0) return Marshal.GetLastPInvokeError();
        _ = Libc.Unlink(temporary); // published already; a name left over is removed when the directory is sealed
        return 0;
    }
}
