namespace ShardInit.Ranks;

/// <summary>
/// How fast a directory has filled lately, from modification times alone: one clock, that of the file server, whatever those of the ranks say, and the same for runs without
/// ranks. Only the last stretch counts, so that a pause before a run was continued does not make it slow.
/// </summary>
internal static class RecentRate
{
    /// <summary>Ends with the newest commit.</summary>
    public static readonly TimeSpan Stretch = TimeSpan.FromMinutes(10);

    /// <summary>Value bytes a second; null where there is no span of time to divide by.</summary>
    /// <param name="begun">When plan.json was written, where known.</param>
    public static double? Of(DateTimeOffset? begun, IReadOnlyCollection<Commit> commits)
    {
        if (commits.Count == 0) return null;
        DateTimeOffset end = commits.Max(commit => commit.At);
        Commit[] recent = [.. commits.Where(commit => end - commit.At <= Stretch).OrderBy(commit => commit.At)];
        long bytes = recent.Sum(commit => commit.Bytes);
        DateTimeOffset first = recent[0].At;
        if (begun <= first && end - begun <= Stretch) return Rate(bytes, end - begun.Value);
        // The first file was begun before the stretch, nobody knows when.
        if (first < end) return Rate(bytes - recent[0].Bytes, end - first);
        // One commit in all that time: the one before it, or the beginning, is the best that is known.
        DateTimeOffset?[] before = [.. commits.Where(commit => commit.At < first).Select(commit => (DateTimeOffset?)commit.At), begun < first ? begun : null];
        return before.Max() is { } start ? Rate(bytes, end - start) : null;
    }

    private static double? Rate(long bytes, TimeSpan span) => bytes > 0 && span > TimeSpan.Zero ? bytes / span.TotalSeconds : null;
}
