namespace ShardInit.Ranks;

/// <summary>What one rank has done. Changed under the lock of <see cref="RankWork"/>, read by anybody.</summary>
public sealed class RankCounts
{
    private int _files, _helped, _duplicated;
    private long _bytes;

    /// <summary>Files that this rank wrote and committed.</summary>
    public int Files => Volatile.Read(ref _files);

    /// <summary>Those of them that were in another rank's share.</summary>
    public int Helped => Volatile.Read(ref _helped);

    /// <summary>Those of them that another process had published first: work done twice.</summary>
    public int Duplicated => Volatile.Read(ref _duplicated);

    /// <summary>Value bytes of <see cref="Files"/>.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    internal void Add(long bytes, bool isHelp, bool isDuplicate)
    {
        Volatile.Write(ref _files, _files + 1);
        Volatile.Write(ref _bytes, _bytes + bytes);
        if (isHelp) Volatile.Write(ref _helped, _helped + 1);
        if (isDuplicate) Volatile.Write(ref _duplicated, _duplicated + 1);
    }
}
