using System.Runtime.InteropServices;

namespace ShardInit.Client.Output;

/// <summary>Width of the screen behind standard error. Asked of the system: the console class would write control sequences to standard output first.</summary>
internal static partial class ErrorScreen
{
    private const int UsualColumns = 80;
    private const int Descriptor = 2;
    private const nuint GetWindowSize = 0x5413;

    private struct WindowSize
    {
        public ushort Rows, Columns, Width, Height;
    }

    public static int Columns()
    {
        WindowSize size = default;
        return OperatingSystem.IsLinux() && Control(Descriptor, GetWindowSize, ref size) == 0 && size.Columns > 0 ? size.Columns : UsualColumns;
    }

    [LibraryImport("libc", EntryPoint = "ioctl")]
    private static partial int Control(int descriptor, nuint request, ref WindowSize size);
}
