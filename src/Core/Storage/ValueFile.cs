using Microsoft.Win32.SafeHandles;

namespace ShardInit.Storage;

/// <summary>
/// A file whose values are read once, front to back: whole pages past the page cache where the file system lets them, so that verify sees the medium, runs at the
/// speed of the disk and leaves the cache to others. Safe for concurrent use.
/// </summary>
internal sealed class ValueFile(SafeFileHandle file, SafeFileHandle? direct, string path) : IDisposable
{
    private volatile bool _directWorks = direct is not null;

    /// <param name="destination">At a page boundary for the fast way.</param>
    public void Read(Span<byte> destination, long offset)
    {
        int done = _directWorks && offset % ShardLayout.PageAlignment == 0 ? ReadPages(destination, offset) : 0;
        CommittedFile.ReadExactly(file, path, destination[done..], offset + done);
    }

    public void Dispose()
    {
        direct?.Dispose();
        file.Dispose();
    }

    private int ReadPages(Span<byte> destination, long offset)
    {
        int whole = destination.Length / ShardLayout.PageAlignment * ShardLayout.PageAlignment;
        try
        {
            int done = 0;
            while (done < whole)
            {
                int count = RandomAccess.Read(direct!, destination[done..whole], offset + done);
                if (count == 0 || count % ShardLayout.PageAlignment != 0) break;
                done += count;
            }
            return done;
        }
        catch (IOException)
        {
            // A stricter alignment, or a bad sector: the plain way answers, or fails with the same error.
            _directWorks = false;
            return 0;
        }
    }
}
