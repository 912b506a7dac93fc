using ShardInit.Core.Tests.Storage;
using ShardInit.Engine;
using ShardInit.Planning;
using ShardInit.Ranks;
using ShardInit.Storage;
using Xunit;

namespace ShardInit.Core.Tests.Ranks;

/// <summary>Directories made by hand, in every state that a run can leave or be found in.</summary>
public sealed class DirectoryStatusTests : IDisposable
{
    private static readonly DateTimeOffset s_begun = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly TestDirectory _directory = new();
    private readonly Plan _plan = TestPlans.Small();

    /// <summary>Begins with an empty run: plan.json and nothing else.</summary>
    public DirectoryStatusTests()
    {
        using CheckpointWriter writer = CheckpointWriter.Open(_directory.Path, _plan, TestPlans.Codec, FileOperations.System);
        Touch(CheckpointFiles.Plan, 0);
    }

    public void Dispose() => _directory.Dispose();

    private long Bytes(params int[] files) => files.Sum(file => LocalEngine.ValueBytes(_plan, file));

    private void Touch(string name, double seconds) => File.SetLastWriteTimeUtc(_directory.File(name), s_begun.AddSeconds(seconds).UtcDateTime);

    private void Commit(int file, double seconds)
    {
        using CheckpointWriter writer = CheckpointWriter.Open(_directory.Path, _plan, TestPlans.Codec, FileOperations.System);
        using (TileBuffer buffer = new(1 << 20))
        using (ShardFileWriter shard = writer.Begin(file))
        {
            for (int tile = 0; tile < shard.Layout.TileCount; tile++) shard.WriteTile(tile, new FakeSource(_plan), buffer);
            shard.Commit();
        }
        Touch(_plan.Files[file].Name, seconds);
    }

    /// <param name="commits">Each (file, seconds since the rank began).</param>
    private string Keep(int rank, int world, double begun, params (int File, double Seconds)[] commits) => Keep(_plan, rank, world, begun, commits);

    private string Keep(Plan plan, int rank, int world, double begun, params (int File, double Seconds)[] commits)
    {
        ManualClock clock = new(s_begun.AddSeconds(begun));
        Journal journal = new(FileOperations.System, _directory.Path, plan, rank, world, clock);
        double now = 0;
        foreach ((int file, double seconds) in commits)
        {
            clock.Pass(TimeSpan.FromSeconds(seconds - now));
            now = seconds;
            journal.Committed(file, JournalTests.DigestsOf(plan, file));
        }
        string name = Path.GetFileName(journal.Path);
        Touch(name, begun + now);
        return name;
    }

    private DirectoryStatus Read(double seconds, FileOperations? operations = null)
    {
        using Checkpoint checkpoint = Checkpoint.OpenTolerant(_directory.Path, TestPlans.Codec);
        return DirectoryStatus.Read(checkpoint, operations ?? FileOperations.System, s_begun.AddSeconds(seconds));
    }

    [Fact]
    public void An_empty_run()
    {
        DirectoryStatus status = Read(5);
        Assert.Equal((_plan.PlanId, false, 3, 0), (status.PlanId, status.IsSealed, status.Files, status.FilesCommitted));
        Assert.Equal((Bytes(0, 1, 2), 0), (status.Bytes, status.BytesCommitted));
        Assert.Equal((null, null, null), (status.BytesPerSecond, status.SinceProgress, status.SecondsLeft));
        Assert.Equal((0, 0, 0), (status.Unfinished, status.Ranks.Count, status.WrongLengths.Count));
        Assert.Null(status.ManifestProblem);
    }

    [Fact]
    public void Half_a_run_of_the_local_engine()
    {
        Commit(0, 2);
        Commit(2, 4);
        File.WriteAllText(_directory.File(WorkFiles.Unfinished(_plan.Files[1].Name)), "");
        Touch(Path.GetFileName(Directory.GetFiles(_directory.Path, ".tmp-*")[0]), 5);
        DirectoryStatus status = Read(15);
        Assert.Equal((false, 2, Bytes(0, 2)), (status.IsSealed, status.FilesCommitted, status.BytesCommitted));
        Assert.Equal(Bytes(0, 2) / 4.0, status.BytesPerSecond);
        Assert.Equal(Bytes(1) / (Bytes(0, 2) / 4.0), status.SecondsLeft!.Value, 9);
        // What was written last is the unfinished file.
        Assert.Equal(TimeSpan.FromSeconds(10), status.SinceProgress);
        Assert.Equal(1, status.Unfinished);
        Assert.Empty(status.Ranks);
    }

    [Fact]
    public void Ranks_tell_of_themselves()
    {
        Commit(0, 2);
        Commit(1, 8);
        Keep(0, 3, begun: 0, (0, 2), (1, 8));
        Keep(2, 3, begun: 1);
        File.WriteAllText(_directory.File(WorkFiles.Claim(_plan.Files[2].Name)), HostTag.Current);
        DirectoryStatus status = Read(20);
        Assert.Equal(
            [new(0, 3, 2, Bytes(0, 1), Bytes(0, 1) / 8.0, TimeSpan.FromSeconds(12)), new RankStatus(2, 3, 0, 0, null, TimeSpan.FromSeconds(19))],
            status.Ranks);
        Assert.Equal((0, TimeSpan.FromSeconds(12)), (status.Unfinished, status.SinceProgress));
    }

    [Fact]
    public void The_starts_of_one_rank_are_one_line()
    {
        for (int file = 0; file < 3; file++) Commit(file, 100 + file);
        Keep(1, 8, begun: 0, (0, 50), (1, 60));
        Keep(1, 4, begun: 90, (1, 5), (2, 10));
        // Begun again, with another world, nothing done yet.
        Keep(1, 2, begun: 200);
        RankStatus rank = Assert.Single(Read(230).Ranks);
        Assert.Equal(new RankStatus(1, 2, 3, Bytes(0, 1, 2), Bytes(1, 2) / 10.0, TimeSpan.FromSeconds(30)), rank);
    }

    [Fact]
    public void Files_that_a_journal_lists_and_that_are_gone_do_not_count()
    {
        Commit(0, 2);
        Keep(0, 1, begun: 0, (0, 2), (1, 4));
        DirectoryStatus status = Read(5);
        Assert.Equal((1, Bytes(0)), (status.FilesCommitted, status.BytesCommitted));
        Assert.Equal((1, Bytes(0)), (status.Ranks[0].Files, status.Ranks[0].Bytes));
    }

    /// <summary>A network file system may hide a new name from a listing while a look at the name finds it.</summary>
    [Fact]
    public void Files_that_a_journal_lists_count_though_a_listing_hides_them()
    {
        Commit(0, 2);
        Commit(1, 3);
        Keep(0, 1, begun: 0, (0, 2));
        Assert.Equal(1, Read(5, new Listing(names => names.Where(name => !name.EndsWith(".arrow", StringComparison.Ordinal)))).FilesCommitted);
    }

    [Fact]
    public void What_vanishes_between_listing_and_look_is_not_there()
    {
        Commit(0, 2);
        string[] ghosts = [_plan.Files[1].Name, WorkFiles.Unfinished("x"), WorkFiles.Journal(1), WorkFiles.Claim("x")];
        DirectoryStatus status = Read(5, new Listing(names => names.Concat(ghosts)));
        Assert.Equal((1, 0, 0, 0), (status.FilesCommitted, status.Unfinished, status.Ranks.Count, status.WrongLengths.Count));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(1 << 20)]
    public void A_file_of_another_length_is_told_and_does_not_count(long length)
    {
        Commit(0, 2);
        Commit(1, 3);
        using (FileStream file = File.OpenWrite(_directory.File(_plan.Files[1].Name))) file.SetLength(length);
        Keep(0, 1, begun: 0, (0, 2), (1, 3));
        DirectoryStatus status = Read(5);
        Assert.Equal([new WrongLength(_plan.Files[1].Name, ShardLayout.Of(_plan, 1).FileLength, length)], status.WrongLengths);
        Assert.Equal((1, 1), (status.FilesCommitted, status.Ranks[0].Files));
    }

    [Fact]
    public void A_directory_in_the_place_of_a_file_is_no_file()
    {
        Directory.CreateDirectory(_directory.File(_plan.Files[1].Name));
        Directory.CreateDirectory(_directory.File(".tmp-x"));
        DirectoryStatus status = Read(5);
        Assert.Equal((0, 0, 0), (status.FilesCommitted, status.WrongLengths.Count, status.Unfinished));
    }

    [Fact]
    public void A_torn_line_is_passed_over()
    {
        Commit(0, 2);
        Commit(1, 3);
        string name = Keep(0, 1, begun: 0, (0, 2), (1, 3));
        byte[] bytes = File.ReadAllBytes(_directory.File(name));
        File.WriteAllBytes(_directory.File(name), bytes[..^20]);
        DirectoryStatus status = Read(5);
        Assert.Equal((2, 1), (status.FilesCommitted, Assert.Single(status.Ranks).Files));
        Assert.Equal(Bytes(0) / 2.0, status.Ranks[0].BytesPerSecond);
    }

    [Fact]
    public void The_journal_of_another_plan_says_nothing()
    {
        Commit(0, 2);
        Keep(TestPlans.Small(seed: 99), 0, 1, begun: 0, (0, 2));
        DirectoryStatus status = Read(5);
        Assert.Empty(status.Ranks);
        Assert.Equal(1, status.FilesCommitted);
    }

    [Fact]
    public void Clocks_that_are_ahead_make_no_negative_age()
    {
        Commit(0, 1000);
        Keep(0, 1, begun: 998, (0, 2));
        DirectoryStatus status = Read(5);
        Assert.Equal((TimeSpan.Zero, TimeSpan.Zero), (status.SinceProgress, status.Ranks[0].SinceProgress));
    }

    [Fact]
    public void A_sealed_directory_has_totals_and_no_rate()
    {
        Seal();
        // Left by a rank that was killed after another had sealed.
        Keep(0, 1, begun: 0, (0, 2));
        DirectoryStatus status = Read(5);
        Assert.Equal((true, 3, Bytes(0, 1, 2)), (status.IsSealed, status.FilesCommitted, status.BytesCommitted));
        Assert.Equal((null, null, null), (status.BytesPerSecond, status.SinceProgress, status.SecondsLeft));
        Assert.Empty(status.Ranks);
    }

    [Fact]
    public void A_manifest_that_does_not_belong_seals_nothing()
    {
        Seal();
        File.WriteAllText(_directory.File(CheckpointFiles.Manifest), "{}");
        DirectoryStatus status = Read(5);
        Assert.False(status.IsSealed);
        Assert.NotNull(status.ManifestProblem);
        Assert.Equal((3, 0), (status.FilesCommitted, status.SecondsLeft));
    }

    [Fact]
    public void Looking_changes_nothing()
    {
        Commit(0, 2);
        Keep(0, 2, begun: 0, (0, 2));
        File.WriteAllText(_directory.File(WorkFiles.Unfinished(_plan.Files[1].Name)), "dead");
        File.WriteAllText(_directory.File(WorkFiles.Claim(_plan.Files[1].Name)), HostTag.Current);
        string before = State();
        FaultyOperations counter = new(failAt: -1, 0);
        Read(5, counter);
        Assert.Equal(0, counter.Calls);
        Assert.Equal(before, State());

        string State() => string.Join('\n', _directory.Listing().Concat(Directory.GetFiles(_directory.Path).Append(_directory.Path).Order(StringComparer.Ordinal)
            .Select(path => $"{File.GetLastWriteTimeUtc(path):O}")));
    }

    [Fact]
    public void While_a_run_goes_on_every_look_succeeds()
    {
        string other = Directory.CreateDirectory(_directory.File("run")).FullName;
        Thread run = new(() =>
        {
            for (int round = 0; round < 40; round++)
            {
                using CheckpointWriter writer = CheckpointWriter.Open(other, _plan, TestPlans.Codec, FileOperations.System);
                Journal journal = new(FileOperations.System, other, _plan, 0, 1);
                TestDirectory.WriteMissing(writer);
                for (int file = 0; file < 3; file++) journal.Committed(file, JournalTests.DigestsOf(_plan, file));
                writer.Seal();
                journal.Delete();
                foreach (string path in Directory.GetFiles(other).Where(path => !path.EndsWith(CheckpointFiles.Plan, StringComparison.Ordinal))) File.Delete(path);
            }
        });
        run.Start();
        int looks = 0;
        while (run.IsAlive)
        {
            if (!File.Exists(Path.Combine(other, CheckpointFiles.Plan))) continue;
            using Checkpoint checkpoint = Checkpoint.OpenTolerant(other, TestPlans.Codec);
            DirectoryStatus status = DirectoryStatus.Read(checkpoint, FileOperations.System, s_begun);
            Assert.InRange(status.FilesCommitted, 0, 3);
            Assert.Empty(status.WrongLengths);
            looks++;
        }
        run.Join();
        Assert.True(looks > 0);
    }

    private void Seal()
    {
        using CheckpointWriter writer = CheckpointWriter.Open(_directory.Path, _plan, TestPlans.Codec, FileOperations.System);
        TestDirectory.WriteMissing(writer);
        writer.Seal();
    }

    /// <summary>Shows a listing as another machine may see it.</summary>
    private sealed class Listing(Func<IEnumerable<string>, IEnumerable<string>> seen) : ManagedFileOperations
    {
        public override IReadOnlyList<string> List(string directory) => [.. seen(base.List(directory))];
    }
}
