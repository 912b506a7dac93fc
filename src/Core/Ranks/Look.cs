namespace ShardInit.Ranks;

/// <summary>What one glance at a regular file shows.</summary>
/// <param name="Modified">By the clock of the file server.</param>
internal readonly record struct Look(long Length, DateTimeOffset Modified)
{
    /// <summary>Null where there is no such file, for instance no longer.</summary>
    public static Look? At(string path)
    {
        FileInfo file = new(path);
        return file.Exists ? new Look(file.Length, file.LastWriteTimeUtc) : null;
    }

    /// <summary>Never negative: the clock of the file server may be ahead of the one that <paramref name="now"/> comes from.</summary>
    public static TimeSpan Age(DateTimeOffset moment, DateTimeOffset now) => moment < now ? now - moment : TimeSpan.Zero;
}
