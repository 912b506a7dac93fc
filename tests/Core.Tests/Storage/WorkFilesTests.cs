using Microsoft.Win32.SafeHandles;
using ShardInit.Storage;
using Xunit;

namespace ShardInit.Core.Tests.Storage;

/// <summary>What may be cleared away, and by whom.</summary>
public sealed class WorkFilesTests : IDisposable
{
    private const string Elsewhere = "0123abcd";

    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Names_say_what_they_are_and_are_never_those_of_a_shard()
    {
        string[] names = [WorkFiles.Unfinished("head.g0.arrow"), WorkFiles.Claim("head.g0.arrow"), WorkFiles.Journal(3)];
        Assert.All(names, name => Assert.True(CheckpointFiles.IsTemporary(name) && CheckpointFiles.WhyNotShardName(name) is not null, name));
        Assert.Equal([false, true, false], names.Select(WorkFiles.IsClaim));
        Assert.Equal([false, false, true], names.Select(WorkFiles.IsJournal));
        Assert.Equal([true, false, false], names.Select(WorkFiles.IsOfThisHost));
        Assert.StartsWith(".tmp-rank3-", names[2], StringComparison.Ordinal);
        Assert.NotEqual(WorkFiles.Journal(3), WorkFiles.Journal(3));
        Assert.NotEqual(WorkFiles.Unfinished("a"), WorkFiles.Unfinished("a"));
    }

    [Theory]
    [InlineData("head.g0.journal")]
    [InlineData("head.g0.claim")]
    [InlineData("rank3.journal")]
    public void A_shard_with_a_confusing_name_has_unfinished_files_like_any_other(string shard)
    {
        string unfinished = WorkFiles.Unfinished(shard);
        Assert.False(WorkFiles.IsClaim(unfinished) || WorkFiles.IsJournal(unfinished));
        Assert.True(WorkFiles.IsOfThisHost(unfinished));
        Assert.True(WorkFiles.IsClaim(WorkFiles.Claim(shard)));
        Assert.False(WorkFiles.IsJournal(WorkFiles.Claim(shard)) || WorkFiles.IsClaim(shard) || WorkFiles.IsJournal(shard));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".tmp-")]
    [InlineData(".tmp-short")]
    [InlineData("0123456789abcdef")]
    public void Short_names_are_of_no_host(string name) => Assert.False(WorkFiles.IsOfThisHost(name));

    /// <summary>Two of each kind where that is possible: one whose writer lives and one whose writer is dead.</summary>
    [SkippableTheory]
    [InlineData(nameof(Leftovers.DeadOfThisHost), "claim dead, claim live, elsewhere dead, journal, live, plan.json, shard")]
    [InlineData(nameof(Leftovers.Dead), "claim live, journal, live, plan.json, shard")]
    [InlineData(nameof(Leftovers.DeadAndJournals), "claim live, live, plan.json, shard")]
    [InlineData(nameof(Leftovers.All), "plan.json, shard")]
    public void Each_sweep_takes_what_it_may(string which, string left)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "needs flock");
        Dictionary<string, string> names = new()
        {
            ["plan.json"] = "plan.json",
            ["shard"] = "head.g0.arrow",
            ["dead"] = WorkFiles.Unfinished("head.g0.arrow"),
            ["elsewhere dead"] = $".tmp-head.g0.arrow-{Elsewhere}{Elsewhere}",
            ["claim dead"] = WorkFiles.Claim("embedding.g0.arrow"),
            ["claim live"] = WorkFiles.Claim("head.g0.arrow"),
            ["journal"] = WorkFiles.Journal(0),
            ["live"] = WorkFiles.Unfinished("head.g0.arrow"),
        };
        foreach (string name in names.Values) File.WriteAllText(_directory.File(name), "");
        List<SafeFileHandle> locks = [.. new[] { "live", "claim live" }.Select(kind => FileOperations.System.TryOpenAbandoned(_directory.File(names[kind]))!)];
        try
        {
            WorkFiles.Delete(FileOperations.System, _directory.Path, Enum.Parse<Leftovers>(which));
            Assert.Equal(left.Split(", "), names.Where(entry => File.Exists(_directory.File(entry.Value))).Select(entry => entry.Key).Order(StringComparer.Ordinal));
        }
        finally
        {
            locks.ForEach(handle => handle.Dispose());
        }
    }

    [Theory]
    [InlineData(nameof(Leftovers.DeadOfThisHost))]
    [InlineData(nameof(Leftovers.Dead))]
    [InlineData(nameof(Leftovers.DeadAndJournals))]
    [InlineData(nameof(Leftovers.All))]
    public void A_name_that_goes_away_meanwhile_is_no_error(string which)
    {
        string name = WorkFiles.Unfinished("head.g0.arrow");
        WorkFiles.Delete(new Hasty(name), _directory.Path, Enum.Parse<Leftovers>(which));
        Assert.Empty(Directory.GetFiles(_directory.Path));
    }

    /// <summary>Lists a file that is gone when somebody looks.</summary>
    private sealed class Hasty(string name) : ManagedFileOperations
    {
        public override IReadOnlyList<string> List(string directory) => [.. base.List(directory), name];
    }
}
