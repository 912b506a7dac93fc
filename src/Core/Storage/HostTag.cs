using System.Security.Cryptography;
using System.Text;

namespace ShardInit.Storage;

/// <summary>
/// Names the running kernel in the names of unfinished files. A file lock is sure between processes under one kernel only: some shared file systems (Lustre with
/// <c>localflock</c>, old NFS) keep locks to each machine, and a free lock of another machine's file then says nothing.
/// </summary>
internal static class HostTag
{
    public const int Length = 8;

    /// <summary>Eight lower-case hex digits: of the boot id on Linux, which containers of one machine share, else of the machine's name.</summary>
    public static string Current { get; } = Make();

    private static string Make()
    {
        string identity = Environment.MachineName;
        try
        {
            if (OperatingSystem.IsLinux()) identity = File.ReadAllText("/proc/sys/kernel/random/boot_id");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // No /proc: the name has to do.
        }
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity)).AsSpan(0, Length / 2));
    }
}
