using ShardInit.Engine;
using ShardInit.Errors;
using ShardInit.Planning;
using ShardInit.Storage;

namespace ShardInit.Ranks;

/// <summary>
/// What a directory holds, seen by looking alone: nothing in it is changed, locked or opened for writing, and no shard is read, so it may be asked at any moment of a run. Rates
/// and ages are for people: they come from modification times, which the clock of the file server makes, and from the ranks' own journals. Nothing is decided by them.
/// </summary>
public sealed record DirectoryStatus
{
    public required string PlanId { get; init; }

    /// <summary>A sound manifest of this plan is there.</summary>
    public required bool IsSealed { get; init; }

    /// <summary>Why the manifest that is there does not seal the directory; null where there is none, or a sound one.</summary>
    public required ShardFormatException? ManifestProblem { get; init; }

    public required int Files { get; init; }

    /// <summary>Files under their final names with the length that the plan gives them.</summary>
    public required int FilesCommitted { get; init; }

    /// <summary>Value bytes of all files.</summary>
    public required long Bytes { get; init; }

    public required long BytesCommitted { get; init; }

    /// <summary>What has the name of a shard but not its length, in the order of the plan.</summary>
    public required IReadOnlyList<WrongLength> WrongLengths { get; init; }

    /// <summary>Unfinished files, those of dead processes included: whether somebody still writes them cannot be told from every machine.</summary>
    public required int Unfinished { get; init; }

    /// <summary>Value bytes a second, lately (<see cref="RecentRate"/>); null when sealed or not known yet.</summary>
    public required double? BytesPerSecond { get; init; }

    /// <summary>Since anything was last written, by the clock of whoever asks; null when sealed or where nothing is written yet.</summary>
    public required TimeSpan? SinceProgress { get; init; }

    /// <summary>One entry a rank number that has left a journal, ascending. None from the local engine, which keeps no journal, and none once sealed.</summary>
    public required IReadOnlyList<RankStatus> Ranks { get; init; }

    /// <summary>Seconds to go if it goes on at <see cref="BytesPerSecond"/>; null when sealed or not known.</summary>
    public double? SecondsLeft => IsSealed || BytesPerSecond is not { } rate ? null : (Bytes - BytesCommitted) / rate;

    /// <param name="now">The time of whoever asks; ages are told by it and are never negative.</param>
    /// <exception cref="FileNotFoundException">No directory, or none with plan.json.</exception>
    /// <exception cref="ShardFormatException">plan.json is damaged.</exception>
    public static DirectoryStatus Read(string directory, DateTimeOffset now)
    {
        using Checkpoint checkpoint = Checkpoint.OpenTolerant(directory);
        return Read(checkpoint, FileOperations.System, now);
    }

    /// <summary>One listing, one look at each file that it names, and the journals. What goes away meanwhile is not there.</summary>
    internal static DirectoryStatus Read(Checkpoint checkpoint, FileOperations operations, DateTimeOffset now)
    {
        (Plan plan, string directory) = (checkpoint.Plan, checkpoint.DirectoryPath);
        bool isSealed = checkpoint.Manifest is not null;
        HashSet<string> names = [.. operations.List(directory)];
        // What a rank killed after sealing has left says nothing any more.
        RankJournal[] journals = isSealed ? [] : [.. RankJournal.ReadAll(operations, directory, names, plan)];
        CommittedFiles committed = CommittedFiles.Of(directory, plan, names, journals.SelectMany(journal => journal.Files));
        DateTimeOffset[] unfinished = [.. names.Where(IsUnfinished).Select(name => Look.At(Path.Combine(directory, name))?.Modified).OfType<DateTimeOffset>()];
        DateTimeOffset[] progress = [.. unfinished, .. committed.Commits.Select(commit => commit.At)];
        return new DirectoryStatus
        {
            PlanId = plan.PlanId,
            IsSealed = isSealed,
            ManifestProblem = checkpoint.ManifestProblem,
            Files = plan.Files.Length,
            FilesCommitted = committed.Commits.Count,
            Bytes = Enumerable.Range(0, plan.Files.Length).Sum(file => LocalEngine.ValueBytes(plan, file)),
            BytesCommitted = committed.Commits.Sum(commit => commit.Bytes),
            WrongLengths = committed.WrongLengths,
            Unfinished = unfinished.Length,
            BytesPerSecond = isSealed ? null : RecentRate.Of(Look.At(Path.Combine(directory, CheckpointFiles.Plan))?.Modified, committed.Commits),
            SinceProgress = isSealed || progress.Length == 0 ? null : Look.Age(progress.Max(), now),
            Ranks = [.. journals.GroupBy(journal => journal.Content.Rank).OrderBy(rank => rank.Key).Select(rank => RankStatus.Of([.. rank], plan, committed, now))],
        };
    }

    private static bool IsUnfinished(string name) => CheckpointFiles.IsTemporary(name) && !WorkFiles.IsJournal(name) && !WorkFiles.IsClaim(name);
}
