using System.Runtime.InteropServices;

namespace ShardInit.Client.Output;

/// <summary>
/// A file that would grow past <c>ulimit -f</c>: the system sends a signal whose default ends the process without a word. Once it is taken, the write fails like one on a full
/// disk, and the directory can be resumed.
/// </summary>
internal static class FileSizeSignal
{
    // SIGXFSZ has no name in the base library; Linux and macOS agree on its number.
    private const int FileSizeExceeded = 25;

    private static PosixSignalRegistration? s_registration;

    public static void Ignore()
    {
        if (!OperatingSystem.IsWindows()) s_registration ??= PosixSignalRegistration.Create((PosixSignal)FileSizeExceeded, context => context.Cancel = true);
    }
}
