using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ShardInit.Client.Output;

/// <summary>
/// Standard input, output and error that the caller has closed (<c>2>&amp;-</c>). The next file that is opened gets the lowest free number: without care a message for
/// people would be written into a shard. So their numbers are occupied before anything else is opened.
/// </summary>
internal static partial class StandardDescriptors
{
    public const int Input = 0, Output = 1, Error = 2;
    private const int GetFlags = 1, CloseOnExecute = 1;

    private static readonly List<SafeFileHandle> s_occupied = [];
    private static readonly HashSet<int> s_closed = [];

    /// <summary>Finds out which are closed; to be called once, first of all. Elsewhere than on Linux nothing is looked at.</summary>
    public static void Occupy()
    {
        if (!OperatingSystem.IsLinux()) return;
        foreach (int descriptor in (int[])[Input, Output, Error])
        {
            int flags = Control(descriptor, GetFlags);
            // What was inherited cannot close on exec: this number is a file that the runtime has opened since.
            if (flags >= 0 && (flags & CloseOnExecute) == 0) continue;
            s_closed.Add(descriptor);
            // Another thread may take the number first; that is as good.
            if (flags < 0) s_occupied.Add(File.OpenHandle("/dev/null", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite));
        }
    }

    /// <summary>The caller has closed it; whatever has its number now is not meant for us.</summary>
    public static bool IsClosed(int descriptor) => s_closed.Contains(descriptor);

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int Control(int descriptor, int command);
}
