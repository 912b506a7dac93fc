using System.Text;
using Microsoft.Win32.SafeHandles;

namespace ShardInit.Storage;

/// <summary>
/// "I am writing this file": a small locked file beside it, taken by whoever creates it first. Only advice, so that two processes seldom do the same work; a claim that is
/// wrong, stale or ignored costs time and never a byte. Released by disposing.
/// </summary>
internal sealed class Claim : IDisposable
{
    private readonly FileOperations _operations;
    private readonly string _path;
    private readonly SafeFileHandle _handle;

    private Claim(FileOperations operations, string path, SafeFileHandle handle) => (_operations, _path, _handle) = (operations, path, handle);

    /// <summary>Null while somebody else has it. A claim of a dead process of this machine is taken over; whether one of another machine is dead cannot be known.</summary>
    /// <param name="helper">0 for whoever comes first; 1, 2 ... for those who write the file as well because all before them take too long.</param>
    /// <exception cref="IOException">The directory takes no new file.</exception>
    public static Claim? TryTake(FileOperations operations, string directory, string finalName, int helper = 0)
    {
        string path = Path.Combine(directory, WorkFiles.Claim(finalName, helper));
        SafeFileHandle? handle = operations.TryCreateNew(path);
        if (handle is null) return TryTakeOver(operations, path);
        Claim claim = new(operations, path, handle);
        if (!operations.TryLock(handle))
        {
            // Somebody took the new file for abandoned before it was locked: it is his now.
            handle.Dispose();
            return null;
        }
        try
        {
            operations.Write(handle, path, Encoding.ASCII.GetBytes(HostTag.Current), 0);
        }
        catch (IOException)
        {
            // Left there without a tag, nobody could ever take it over.
            claim.Dispose();
            throw;
        }
        return claim;
    }

    private static Claim? TryTakeOver(FileOperations operations, string path)
    {
        if (!IsOfThisHost(operations, path)) return null;
        SafeFileHandle? handle = operations.TryOpenAbandoned(path);
        if (handle is null) return null;
        if (operations.LengthOf(path) is not null) return new Claim(operations, path, handle);
        handle.Dispose();
        return null;
    }

    private static bool IsOfThisHost(FileOperations operations, string path)
    {
        try
        {
            using SafeFileHandle? file = operations.TryOpenRead(path);
            if (file is null) return false;
            byte[] tag = new byte[HostTag.Length];
            return RandomAccess.Read(file, tag, 0) == tag.Length && Encoding.ASCII.GetString(tag) == HostTag.Current;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Going away just now (ESTALE on network file systems), another user's, or no file at all: whosever it is, not ours.
            return false;
        }
    }

    public void Dispose()
    {
        try
        {
            _operations.Delete(_path);
        }
        catch (IOException)
        {
            // Left over, it costs the others a moment, and the sealer removes it.
        }
        _handle.Dispose();
    }
}
