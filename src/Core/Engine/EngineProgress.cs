namespace ShardInit.Engine;

/// <summary>How far a run is. Written by workers, read by anybody at any time, without locks.</summary>
public sealed class EngineProgress
{
    private long _bytesTotal, _bytesDone;
    private int _filesTotal, _filesDone;

    /// <summary>Value bytes of the work of this run.</summary>
    public long BytesTotal => Volatile.Read(ref _bytesTotal);
    public long BytesDone => Volatile.Read(ref _bytesDone);
    public int FilesTotal => Volatile.Read(ref _filesTotal);
    public int FilesDone => Volatile.Read(ref _filesDone);

    internal void Expect(long bytes, int files)
    {
        Interlocked.Add(ref _bytesTotal, bytes);
        Interlocked.Add(ref _filesTotal, files);
    }

    internal void AddBytes(long bytes) => Interlocked.Add(ref _bytesDone, bytes);

    internal void AddFile() => Interlocked.Increment(ref _filesDone);
}
