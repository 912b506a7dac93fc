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

    /// <summary>For a run that is watched from outside, such as the whole of several ranks.</summary>
    public void Set(long bytesDone, long bytesTotal, int filesDone, int filesTotal)
    {
        Volatile.Write(ref _bytesDone, bytesDone);
        Volatile.Write(ref _bytesTotal, bytesTotal);
        Volatile.Write(ref _filesDone, filesDone);
        Volatile.Write(ref _filesTotal, filesTotal);
    }

    internal void AddBytes(long bytes) => Interlocked.Add(ref _bytesDone, bytes);

    internal void AddFile() => Interlocked.Increment(ref _filesDone);
}
