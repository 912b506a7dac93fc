using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace ShardInit.Storage;

/// <summary>errno values of Linux.</summary>
internal static class Errno
{
    public const int EPERM = 1, ENOENT = 2, EINTR = 4, EIO = 5, EAGAIN = 11, EACCES = 13, EEXIST = 17, EISDIR = 21, EINVAL = 22, EFBIG = 27, ENOSPC = 28, EROFS = 30;
    public const int ENOSYS = 38, EOPNOTSUPP = 95, ESTALE = 116, EDQUOT = 122;
}

/// <summary>
/// The Linux system calls that the base library lacks or that must be told apart by their error: O_DIRECT, flock, fallocate, fsync of a directory,
/// publishing without replacing. Constants are those of x64 and arm64 Linux (asm-generic/fcntl.h, arch/arm64/include/uapi/asm/fcntl.h), which differ in
/// O_DIRECT and O_DIRECTORY.
/// </summary>
[SupportedOSPlatform("linux")]
internal static partial class Libc
{
    public const int ReadOnly = 0, ReadWrite = 2, WriteOnly = 1;
    public const int Create = 0x40, Exclusive = 0x80, NonBlocking = 0x800, CloseOnExec = 0x80000;
    public const int LockShared = 1, LockExclusive = 2, LockNonBlocking = 4;
    public const int NoReplace = 1;
    public const int WorkingDirectory = -100;

    public static int Direct => IsArm ? 0x10000 : 0x4000;
    public static int Directory => IsArm ? 0x4000 : 0x10000;

    /// <summary>The layouts of the calls below are those of 64-bit Linux.</summary>
    public static bool IsKnownArchitecture => RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64;

    private static bool IsArm => RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "pwrite", SetLastError = true)]
    public static unsafe partial nint WriteAt(SafeHandle file, byte* bytes, nuint count, long offset);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    public static partial int Flush(SafeHandle file);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    public static partial int Lock(SafeHandle file, int operation);

    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    public static partial int Reserve(SafeHandle file, int mode, long offset, long length);

    [LibraryImport("libc", EntryPoint = "ftruncate", SetLastError = true)]
    public static partial int SetLength(SafeHandle file, long length);

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Link(string existing, string added);

    [LibraryImport("libc", EntryPoint = "unlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Unlink(string path);

    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Rename(string source, string target);

    [LibraryImport("libc", EntryPoint = "renameat2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Rename(int sourceDirectory, string source, int targetDirectory, string target, uint flags);
}
