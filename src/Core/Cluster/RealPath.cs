using System.Runtime.InteropServices;
using ShardInit.Storage;

namespace ShardInit.Cluster;

/// <summary>Paths after all symbolic links, and directories with a mode and a group.</summary>
internal static partial class RealPath
{
    private const int MostLinks = 40;

    /// <summary>Something has this name, if only a link to nothing.</summary>
    public static bool Exists(string path) => Path.Exists(path) || new FileInfo(path).LinkTarget is not null;

    /// <summary>The path that the system would open, every link followed, also those in the middle.</summary>
    /// <exception cref="IOException">Links that go round in circles or end nowhere.</exception>
    public static string Of(string path)
    {
        string full = Path.GetFullPath(path);
        string found = Path.GetPathRoot(full)!;
        Stack<string> left = new(Segments(full).Reverse());
        for (int links = 0; left.TryPop(out string? segment);)
        {
            if (segment == "..")
            {
                found = Path.GetDirectoryName(found) ?? found;
                continue;
            }
            string next = Path.Combine(found, segment);
            if (new FileInfo(next).LinkTarget is not { } target)
            {
                if (!Path.Exists(next)) throw new FileNotFoundException($"{path}: {next} is missing", path);
                found = next;
                continue;
            }
            if (++links > MostLinks) throw new IOException($"{path}: more than {MostLinks} symbolic links; they go round in circles");
            if (Path.IsPathRooted(target)) found = Path.GetPathRoot(target)!;
            foreach (string part in Segments(target).Reverse()) left.Push(part);
        }
        return found;
    }

    private static IEnumerable<string> Segments(string path) => path[Path.GetPathRoot(path)!.Length..].Split('/', StringSplitOptions.RemoveEmptyEntries).Where(segment => segment != ".");

    /// <summary>Creates one directory, durably; none where it is there already.</summary>
    public static void CreateDirectory(string path, UnixFileMode mode, uint? group)
    {
        if (Directory.Exists(path)) return;
        try
        {
            Directory.CreateDirectory(path);
            try
            {
                if (!OperatingSystem.IsWindows())
                {
                    if (group is { } number && ChangeOwner(path, uint.MaxValue, number) != 0) throw FileErrors.Failed(Marshal.GetLastPInvokeError(), $"give the directory to group {number}", path);
                    // After the group, which may clear bits; and set, not asked for, so that the process's mask takes nothing away.
                    File.SetUnixFileMode(path, mode);
                }
            }
            catch
            {
                // Left there, the next submit would take it as it is, with the wrong group.
                Directory.Delete(path);
                throw;
            }
        }
        catch (UnauthorizedAccessException error)
        {
            throw FileErrors.CannotCreate(path, error);
        }
        FileOperations.System.FlushDirectory(Path.GetDirectoryName(path)!);
    }

    /// <param name="owner">uint.MaxValue leaves it.</param>
    [LibraryImport("libc", EntryPoint = "lchown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ChangeOwner(string path, uint owner, uint group);
}
