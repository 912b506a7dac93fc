using System.Runtime.InteropServices;

namespace ShardInit.Client.Output;

/// <summary>
/// A look at <c>ulimit -n</c> before anything is opened. Below some number the runtime cannot open its own libraries, and what it says then, a stack trace, helps nobody.
/// </summary>
internal static partial class OpenFileLimit
{
    /// <summary>Files that a small run holds open: libraries of .NET, pipes of its threads, a shard for each of a few.</summary>
    private const ulong Least = 96;

    private const int NumberOfFiles = 7;

    private struct Limit
    {
        public ulong Soft, Hard;
    }

    /// <summary>Why this process cannot run, or null. The runtime has raised the soft limit to the hard one already.</summary>
    public static string? Problem()
    {
        Limit limit = default;
        if (!OperatingSystem.IsLinux() || GetLimit(NumberOfFiles, ref limit) != 0 || limit.Soft >= Least) return null;
        return $"expected that {Least} files or more may be open at once, found a limit of {limit.Soft}; raise it with 'ulimit -n 1024'";
    }

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int GetLimit(int resource, ref Limit limit);
}
