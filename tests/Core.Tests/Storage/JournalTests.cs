using System.Globalization;
using System.Text;
using ShardInit.Planning;
using ShardInit.Storage;
using Xunit;

namespace ShardInit.Core.Tests.Storage;

/// <summary>What a rank writes down is read back as it was, or not at all.</summary>
public sealed class JournalTests : IDisposable
{
    private static readonly DateTimeOffset s_begun = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly TestDirectory _directory = new(inMemory: true);

    public void Dispose() => _directory.Dispose();

    /// <summary>Digests that tell every tile of every file apart.</summary>
    internal static FileDigests DigestsOf(Plan plan, int file, string salt = "") => FileDigests.Of(plan.DigestKind, Text(plan, $"{salt}{file}"),
        [.. Enumerable.Range(0, plan.Files[file].Tiles.Length).Select(tile => Text(plan, $"{salt}{file} {tile}"))]);

    private static string Text(Plan plan, string of) => Digests.Compute(plan.DigestKind, Encoding.UTF8.GetBytes(of));

    private string Write(Plan plan, params int[] files)
    {
        ManualClock clock = new(s_begun);
        Journal journal = new(FileOperations.System, _directory.Path, plan, rank: 3, world: 8, clock);
        foreach (int file in files)
        {
            clock.Pass(TimeSpan.FromMilliseconds(1500));
            journal.Committed(file, DigestsOf(plan, file));
        }
        return journal.Path;
    }

    private static JournalContent? Read(string path, Plan plan) => JournalReader.TryRead(FileOperations.System, path, plan);

    [Theory]
    [InlineData("crc32")]
    [InlineData("sha256")]
    public void What_is_written_is_read(string kind)
    {
        Plan plan = TestPlans.Small(digest: kind);
        JournalContent content = Read(Write(plan, 2, 0), plan)!;
        Assert.Equal((3, 8, s_begun), (content.Rank, content.World, content.Started));
        Assert.Equal([new(2, TimeSpan.FromSeconds(1.5), DigestsOf(plan, 2)), new(0, TimeSpan.FromSeconds(3), DigestsOf(plan, 0))], content.Lines);
        Assert.Equal(plan.Files[2].Tiles.Length, content.Lines[0].Digests.TileCount);
    }

    /// <summary>The text is what the documentation of the class says, checksums by another implementation.</summary>
    [Fact]
    public void The_lines_are_those_described()
    {
        Plan plan = TestPlans.Small();
        FileDigests digests = DigestsOf(plan, 1);
        string[] lines = File.ReadAllText(Write(plan, 1)).Split('\n');
        string[] expected = [$"journal 1 {plan.PlanId} 3 8 {s_begun.ToUnixTimeMilliseconds()}", $"committed 1 1500 {digests.File} {string.Join(' ', digests.Tiles)}"];
        Assert.Equal([.. expected.Select(Checked), ""], lines);
    }

    [Fact]
    public void Cut_anywhere_it_says_only_what_is_whole()
    {
        Plan plan = TestPlans.Small();
        string path = Write(plan, 0, 1, 2);
        byte[] whole = File.ReadAllBytes(path);
        for (int length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(path, whole[..length]);
            int wholeLines = whole.AsSpan(0, length).Count((byte)'\n');
            JournalContent? content = Read(path, plan);
            if (wholeLines == 0) Assert.Null(content);
            else Assert.Equal(Enumerable.Range(0, wholeLines - 1), content!.Lines.Select(line => line.File));
        }
    }

    [Theory]
    [InlineData("crc32")]
    [InlineData("sha256")]
    public void Damage_is_never_read_as_a_digest(string kind)
    {
        Plan plan = TestPlans.Small(digest: kind);
        string path = Write(plan, 0, 1, 2, 1);
        byte[] whole = File.ReadAllBytes(path);
        int seed = Environment.GetEnvironmentVariable("SHARDINIT_TEST_SEED") is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : 20260301;
        System.Random random = new(seed);
        int kept = 0, lost = 0;
        for (int round = 0; round < 5_000; round++)
        {
            byte[] damaged = [.. whole];
            for (int flips = random.Next(1, 6); flips > 0; flips--)
            {
                int at = random.Next(damaged.Length);
                damaged[at] = random.Next(3) switch { 0 => (byte)random.Next(256), 1 => (byte)" \n0"[random.Next(3)], _ => (byte)(damaged[at] ^ (1 << random.Next(8))) };
            }
            File.WriteAllBytes(path, damaged);
            JournalContent? content = Read(path, plan);
            foreach (JournalLine line in content?.Lines ?? []) Assert.True(DigestsOf(plan, line.File).Equals(line.Digests), $"seed {seed}, round {round}: file {line.File}");
            kept += content?.Lines.Count ?? 0;
            lost += 4 - (content?.Lines.Count ?? 0);
        }
        // Both must happen, or nothing was tried.
        Assert.True(kept > 5_000 && lost > 5_000, $"{kept} lines kept, {lost} lost");
    }

    [Fact]
    public void Of_another_plan_it_says_nothing()
    {
        Plan plan = TestPlans.Small(seed: 1);
        Assert.Null(Read(Write(plan, 0, 1), TestPlans.Small(seed: 2)));
    }

    [Theory]
    [InlineData("committed 3 10 {file}{tiles}")]
    [InlineData("committed -1 10 {file}{tiles}")]
    [InlineData("committed 99999999999999999999 10 {file}{tiles}")]
    [InlineData("committed 1 99999999999999999999 {file}{tiles}")]
    [InlineData("committed 1 10 {file}")]
    [InlineData("committed 1 10 {file}{tiles} {file}")]
    [InlineData("committed 0 10 {file}{tiles}")]
    [InlineData("committed 1 10 sha256:{file}{tiles}")]
    [InlineData("forgotten 1 10 {file}{tiles}")]
    [InlineData("committed")]
    [InlineData("")]
    [InlineData("journal 1 {plan} 0 0 0")]
    public void Sound_lines_that_fit_no_file_are_passed_over(string line)
    {
        Plan plan = TestPlans.Small();
        string path = Write(plan, 2);
        FileDigests digests = DigestsOf(plan, 1);
        string text = line.Replace("{file}", digests.File, StringComparison.Ordinal).Replace("{tiles}", string.Concat(digests.Tiles.Select(tile => " " + tile)), StringComparison.Ordinal)
            .Replace("{plan}", plan.PlanId, StringComparison.Ordinal);
        File.AppendAllText(path, Checked(text) + "\n");
        Assert.Equal([2], Read(path, plan)!.Lines.Select(entry => entry.File));
        // The same line is taken where it fits: it is the content that was refused above, not the form.
        File.AppendAllText(path, Checked($"committed 1 10 {digests.File} {string.Join(' ', digests.Tiles)}") + "\n");
        Assert.Equal([2, 1], Read(path, plan)!.Lines.Select(entry => entry.File));
    }

    [Theory]
    [InlineData("journal 2 {plan} 3 8 0")]
    [InlineData("journal 1 {plan} 3 8")]
    [InlineData("journal 1 {plan} 3 8 253402300800000")]
    [InlineData("journal 1 {plan} 2147483648 8 0")]
    [InlineData("journal 1 {plan} -3 8 0")]
    [InlineData("committed 0 1 2")]
    public void A_first_line_that_is_none_is_no_journal(string line)
    {
        Plan plan = TestPlans.Small();
        string path = _directory.File(WorkFiles.Journal(0));
        File.WriteAllText(path, Checked(line.Replace("{plan}", plan.PlanId, StringComparison.Ordinal)) + "\n");
        Assert.Null(Read(path, plan));
    }

    [Fact]
    public void Gone_or_no_file_it_says_nothing()
    {
        Plan plan = TestPlans.Small();
        Assert.Null(Read(_directory.File("nothing"), plan));
        Assert.Null(Read(_directory.Path, plan));
    }

    [Fact]
    public void Two_that_differ_over_a_file_are_not_believed_about_it()
    {
        Plan plan = TestPlans.Small();
        Journal first = new(FileOperations.System, _directory.Path, plan, 0, 3), second = new(FileOperations.System, _directory.Path, plan, 1, 3);
        first.Committed(0, DigestsOf(plan, 0));
        first.Committed(1, DigestsOf(plan, 1));
        second.Committed(1, DigestsOf(plan, 1, "wrong"));
        second.Committed(2, DigestsOf(plan, 2));
        second.Committed(0, DigestsOf(plan, 0));
        // A third that agrees with one of them makes nobody right.
        new Journal(FileOperations.System, _directory.Path, plan, 2, 3).Committed(1, DigestsOf(plan, 1));
        Dictionary<int, FileDigests> found = [];
        JournalReader.ReadAll(FileOperations.System, _directory.Path, plan, found.Add);
        Assert.Equal([0, 2], found.Keys.Order());
        Assert.Equal(DigestsOf(plan, 0), found[0]);
    }

    [Fact]
    public void A_line_that_could_not_be_written_is_the_last()
    {
        Plan plan = TestPlans.Small();
        Torn operations = new();
        Journal journal = new(operations, _directory.Path, plan, 0, 1);
        journal.Committed(0, DigestsOf(plan, 0));
        operations.Tears = true;
        journal.Committed(1, DigestsOf(plan, 1));
        operations.Tears = false;
        // The first of these would end the torn line, the second would stand alone.
        journal.Committed(2, DigestsOf(plan, 2));
        journal.Committed(2, DigestsOf(plan, 2));
        Assert.Equal([0], Read(journal.Path, plan)!.Lines.Select(line => line.File));
        journal.Delete();
        journal.Delete();
        Assert.Empty(Directory.GetFiles(_directory.Path));
    }

    [Fact]
    public void A_journal_that_was_swept_away_is_not_begun_again()
    {
        Plan plan = TestPlans.Small();
        Journal journal = new(FileOperations.System, _directory.Path, plan, 0, 1);
        File.Delete(journal.Path);
        journal.Committed(0, DigestsOf(plan, 0));
        Assert.Empty(Directory.GetFiles(_directory.Path));
    }

    [Fact]
    public void Many_threads_write_whole_lines()
    {
        Plan plan = TestPlans.Small();
        Journal journal = new(FileOperations.System, _directory.Path, plan, 0, 1);
        Thread[] threads = [.. Enumerable.Range(0, 3).Select(file => new Thread(() =>
        {
            for (int line = 0; line < 200; line++) journal.Committed(file, DigestsOf(plan, file));
        }))];
        foreach (Thread thread in threads) thread.Start();
        foreach (Thread thread in threads) thread.Join();
        JournalContent content = Read(journal.Path, plan)!;
        Assert.Equal(600, content.Lines.Count);
        Assert.All(content.Lines, line => Assert.Equal(DigestsOf(plan, line.File), line.Digests));
    }

    private static string Checked(string words)
    {
        uint crc = uint.MaxValue;
        foreach (byte letter in Encoding.ASCII.GetBytes(words))
        {
            crc ^= letter;
            for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0xEDB88320 & (0u - (crc & 1)));
        }
        return $"{words} {~crc:x8}";
    }

    /// <summary>Writes the half of a line and fails, as a disk that fills up.</summary>
    private sealed class Torn : ManagedFileOperations
    {
        public bool Tears { get; set; }

        public override bool TryAppend(string path, ReadOnlySpan<byte> bytes)
        {
            if (!Tears) return base.TryAppend(path, bytes);
            base.TryAppend(path, bytes[..(bytes.Length / 2)]);
            throw FileErrors.Failed(Errno.ENOSPC, "write", path);
        }
    }
}
