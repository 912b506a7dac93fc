using ShardInit.Engine;
using ShardInit.Planning;

namespace ShardInit.Ranks;

/// <summary>What one rank number has done, over all its starts.</summary>
/// <param name="World">As its last start was told.</param>
/// <param name="Files">Committed files that it says it wrote and that are there.</param>
/// <param name="Bytes">Their value bytes.</param>
/// <param name="BytesPerSecond">Over the time of its last start that committed anything, by the rank's own clock; null before its first commit.</param>
/// <param name="SinceProgress">Since it began or last committed a file, by the clock of whoever asks.</param>
public sealed record RankStatus(int Rank, int World, int Files, long Bytes, double? BytesPerSecond, TimeSpan? SinceProgress)
{
    /// <param name="journals">All of one rank number: one a start.</param>
    internal static RankStatus Of(IReadOnlyCollection<RankJournal> journals, Plan plan, CommittedFiles committed, DateTimeOffset now)
    {
        RankJournal[] newestFirst = [.. journals.OrderByDescending(journal => journal.Modified).ThenByDescending(journal => journal.Content.Started)];
        int[] files = [.. journals.SelectMany(journal => journal.Files).Distinct().Where(committed.Contains)];
        return new RankStatus(
            newestFirst[0].Content.Rank, newestFirst[0].Content.World, files.Length, ValueBytes(plan, files),
            newestFirst.Where(journal => journal.Content.Lines.Count > 0).Select(journal => Rate(journal, plan)).FirstOrDefault(),
            newestFirst[0].Modified is { } modified ? Look.Age(modified, now) : null);
    }

    private static double? Rate(RankJournal journal, Plan plan)
    {
        double seconds = journal.Content.Lines.Max(line => line.Elapsed).TotalSeconds;
        long bytes = ValueBytes(plan, journal.Files);
        return seconds > 0 && bytes > 0 ? bytes / seconds : null;
    }

    private static long ValueBytes(Plan plan, IEnumerable<int> files) => files.Sum(file => LocalEngine.ValueBytes(plan, file));
}
