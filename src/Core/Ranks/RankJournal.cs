using ShardInit.Planning;
using ShardInit.Storage;

namespace ShardInit.Ranks;

/// <summary>A journal and when its rank last added to it.</summary>
/// <param name="Modified">By the clock of the file server, one for all ranks; null where the journal has gone since it was read.</param>
internal sealed record RankJournal(JournalContent Content, DateTimeOffset? Modified)
{
    /// <summary>Files that it says are committed, each once.</summary>
    public IEnumerable<int> Files => Content.Lines.Select(line => line.File).Distinct();

    /// <summary>Those of this plan that can be read.</summary>
    public static IEnumerable<RankJournal> ReadAll(FileOperations operations, string directory, IEnumerable<string> names, Plan plan) =>
        from name in names
        where WorkFiles.IsJournal(name)
        let path = Path.Combine(directory, name)
        let content = JournalReader.TryRead(operations, path, plan)
        where content is not null
        select new RankJournal(content, Look.At(path)?.Modified);
}
