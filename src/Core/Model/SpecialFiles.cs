using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace ShardInit.Model;

/// <summary>Tells pipes, sockets and devices from files. The base library calls them all files; reading a pipe may wait for ever, and replacing a device destroys it.</summary>
public static partial class SpecialFiles
{
    // struct statx is the same on every architecture: stx_mode stands at byte 28 of its 256.
    private const int StatusBytes = 256, ModeOffset = 28;
    private const uint WantType = 1;
    private const int WorkingDirectory = -100;
    private const int TypeMask = 0xF000, Pipe = 0x1000, CharacterDevice = 0x2000, BlockDevice = 0x6000, Socket = 0xC000;

    /// <summary>True for a pipe, socket or device, also behind a link. False where there is nothing, and where the system cannot tell (not Linux).</summary>
    public static bool Is(string path) => OperatingSystem.IsLinux() && TypeOf(path) is Pipe or CharacterDevice or BlockDevice or Socket;

    [SupportedOSPlatform("linux")]
    private static int TypeOf(string path)
    {
        Span<byte> status = stackalloc byte[StatusBytes];
        try
        {
            return Status(WorkingDirectory, path, 0, WantType, status) == 0 ? BitConverter.ToUInt16(status[ModeOffset..]) & TypeMask : 0;
        }
        catch (EntryPointNotFoundException)
        {
            return 0; // an older C library
        }
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Status(int directory, string path, int flags, uint mask, Span<byte> status);
}
