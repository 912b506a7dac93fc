using Microsoft.Win32.SafeHandles;
using ShardInit.Errors;
using ShardInit.Planning;
using ShardInit.Storage;
using Xunit;

namespace ShardInit.Core.Tests.Storage;

/// <summary>What a directory may hold before, during and after writing.</summary>
public class CheckpointWriterTests
{
    private static CheckpointWriter Open(TestDirectory directory, Plan plan) => CheckpointWriter.Open(directory.Path, plan, TestPlans.Codec, FileOperations.System);

    [Theory]
    [InlineData("crc32")]
    [InlineData("sha256")]
    public void Same_plan_gives_the_same_files_and_nothing_else(string digest)
    {
        Plan plan = TestPlans.Small(digest: digest);
        using TestDirectory first = new(), second = new(inMemory: true);
        first.Write(plan);
        second.Write(plan);
        Assert.Equal(first.Listing(), second.Listing());
        Assert.Equal(["embedding.g0.arrow", "head.g0.arrow", "index.arrow", "layer-0.g0.arrow", "manifest.json", "plan.json"],
            first.Listing().Select(line => line.Split(' ')[0]));
    }

    [Fact]
    public void Tiles_written_by_several_threads_in_any_order_give_the_same_file()
    {
        Plan plan = TestPlans.Large();
        using TestDirectory quiet = new(), busy = new();
        quiet.Write(plan);
        using (CheckpointWriter writer = Open(busy, plan))
        {
            FakeSource source = new(plan);
            using ShardFileWriter shard = writer.Begin(0);
            int next = shard.Layout.TileCount;
            Thread[] threads = [.. Enumerable.Range(0, 4).Select(_ => new Thread(() =>
            {
                using TileBuffer buffer = new(1 << 18);
                int tile;
                while ((tile = Interlocked.Decrement(ref next)) >= 0) shard.WriteTile(tile, source, buffer);
            }))];
            foreach (Thread thread in threads) thread.Start();
            foreach (Thread thread in threads) thread.Join();
            shard.Commit();
            Assert.Equal(Digests.OfCrc32(Crc32.Compute(File.ReadAllBytes(busy.File(plan.Files[0].Name)))), shard.FileDigest);
            writer.Seal();
        }
        Assert.Equal(quiet.Listing(), busy.Listing());
    }

    [Fact]
    public void A_sealed_directory_is_left_alone()
    {
        Plan plan = TestPlans.Small();
        using TestDirectory directory = new();
        directory.Write(plan);
        DateTime[] times = [.. Directory.GetFiles(directory.Path).Select(File.GetLastWriteTimeUtc)];
        FaultyOperations operations = new(failAt: -1, 0);
        using CheckpointWriter writer = CheckpointWriter.Open(directory.Path, plan, TestPlans.Codec, operations);
        Assert.True(writer.IsSealed);
        Assert.Empty(writer.MissingFiles);
        writer.Seal();
        Assert.Equal(0, operations.Calls);
        Assert.Equal(times, Directory.GetFiles(directory.Path).Select(File.GetLastWriteTimeUtc));
    }

    [Theory]
    [InlineData("truncated")]
    [InlineData("frame damaged")]
    [InlineData("missing")]
    public void A_broken_file_is_missing_and_written_again(string how)
    {
        Plan plan = TestPlans.Small();
        using TestDirectory directory = new();
        directory.Write(plan);
        string[] before = directory.Listing();
        string path = directory.File(plan.Files[1].Name);
        byte[] bytes = File.ReadAllBytes(path);
        switch (how)
        {
            case "truncated": File.WriteAllBytes(path, bytes[..^100]); break;
            case "frame damaged": bytes[20] ^= 1; File.WriteAllBytes(path, bytes); break;
            default: File.Delete(path); break;
        }
        using (CheckpointWriter writer = Open(directory, plan))
        {
            Assert.False(writer.IsSealed);
            Assert.Equal([1], writer.MissingFiles);
            Assert.Throws<InvalidOperationException>(writer.Seal);
            TestDirectory.WriteMissing(writer);
            writer.Seal();
            Assert.True(writer.IsSealed);
        }
        Assert.Equal(before, directory.Listing());
    }

    /// <summary>Resuming reads no values, so it must not hide that they were damaged meanwhile.</summary>
    [Fact]
    public void Values_damaged_between_two_runs_are_found_after_the_second()
    {
        Plan plan = TestPlans.Small();
        using TestDirectory directory = new();
        using (CheckpointWriter writer = Open(directory, plan)) TestDirectory.WriteMissing(writer);
        string path = directory.File(plan.Files[0].Name);
        byte[] bytes = File.ReadAllBytes(path);
        bytes[ShardLayout.Of(plan, 0).ValueOffset(1)] ^= 1;
        File.WriteAllBytes(path, bytes);
        using (CheckpointWriter writer = Open(directory, plan))
        {
            Assert.Empty(writer.MissingFiles);
            writer.Seal();
        }
        Defect defect = Assert.Single(ShardVerifierTests.Verify(directory, plan, values: false));
        Assert.Equal((DefectKinds.DigestMismatch, plan.Files[0].Name, 1), (defect.Kind, defect.File, defect.Tile));
    }

    [Fact]
    public void Another_plan_is_refused_with_the_differences()
    {
        using TestDirectory directory = new();
        directory.Write(TestPlans.Small(seed: 1));
        string[] before = directory.Listing();
        PlanException error = Assert.Throws<PlanException>(() => Open(directory, TestPlans.Small(seed: 2)));
        Assert.Contains("seed: 1 there, 2 here", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, directory.Listing());
    }

    [Fact]
    public void The_plan_that_is_there_stands()
    {
        Plan plan = TestPlans.Small();
        using TestDirectory directory = new();
        directory.Write(plan);
        byte[] before = File.ReadAllBytes(directory.File("plan.json"));
        using CheckpointWriter writer = Open(directory, plan with { RecipeText = "another text" });
        Assert.Equal("rules: []", writer.Plan.RecipeText);
        Assert.Equal(before, File.ReadAllBytes(directory.File("plan.json")));
        Assert.True(writer.IsSealed);
    }

    [Fact]
    public void Files_without_a_plan_are_refused_by_name()
    {
        using TestDirectory directory = new();
        File.WriteAllText(directory.File("thesis.txt"), "years of work");
        PlanException error = Assert.Throws<PlanException>(() => Open(directory, TestPlans.Small()));
        Assert.Contains("thesis.txt", error.Message, StringComparison.Ordinal);
        Assert.Equal(["thesis.txt"], Directory.GetFiles(directory.Path).Select(path => Path.GetFileName(path)));
    }

    [Fact]
    public void A_file_in_place_of_the_directory_and_a_directory_that_cannot_be_made()
    {
        using TestDirectory directory = new();
        string file = directory.File("file");
        File.WriteAllText(file, "");
        foreach (string path in (string[])[file, Path.Combine(file, "deeper")])
        {
            IOException error = Assert.Throws<IOException>(() => CheckpointWriter.Open(path, TestPlans.Small(), TestPlans.Codec, FileOperations.System));
            Assert.Contains(file, error.Message, StringComparison.Ordinal);
        }
        Assert.Throws<FileNotFoundException>(() => CheckpointWriter.Open(directory.File("nowhere"), TestPlans.Codec, FileOperations.System));
    }

    [Fact]
    public void Missing_directories_are_made()
    {
        using TestDirectory directory = new();
        string deep = Path.Combine(directory.Path, "a", "b", "c");
        using CheckpointWriter writer = CheckpointWriter.Open(deep, TestPlans.Small(), TestPlans.Codec, FileOperations.System);
        Assert.True(File.Exists(Path.Combine(deep, "plan.json")));
        Assert.False(writer.IsSealed);
        Assert.Equal([0, 1, 2], writer.MissingFiles);
    }

    [Fact]
    public void A_damaged_plan_is_refused()
    {
        using TestDirectory directory = new();
        directory.Write(TestPlans.Small());
        File.WriteAllText(directory.File("plan.json"), "{");
        Assert.Throws<ShardFormatException>(() => Open(directory, TestPlans.Small()));
    }

    [Fact]
    public void Disposing_without_commit_leaves_nothing()
    {
        using TestDirectory directory = new();
        using CheckpointWriter writer = Open(directory, TestPlans.Small());
        using (ShardFileWriter shard = writer.Begin(0))
        {
            Assert.Single(Directory.GetFiles(directory.Path, ".tmp-*"));
            Assert.Equal(shard.Layout.FileLength, new FileInfo(Directory.GetFiles(directory.Path, ".tmp-*")[0]).Length);
        }
        Assert.Equal(["plan.json"], Directory.GetFiles(directory.Path).Select(path => Path.GetFileName(path)));
    }

    [Fact]
    public void Misuse_is_refused()
    {
        Plan plan = TestPlans.Small();
        using TestDirectory directory = new();
        using CheckpointWriter writer = Open(directory, plan);
        using TileBuffer buffer = new(1 << 16);
        FakeSource source = new(plan);
        using ShardFileWriter shard = writer.Begin(0);
        shard.WriteTile(0, source, buffer);
        Assert.Throws<InvalidOperationException>(shard.Commit);
        Assert.Throws<InvalidOperationException>(() => shard.WriteTile(0, source, buffer));
        Assert.False(File.Exists(directory.File(plan.Files[0].Name)));
        Assert.Throws<ArgumentOutOfRangeException>(() => new TileBuffer(1000));
    }

    /// <summary>Unfinished files go when their process is dead (no lock), stay while it lives.</summary>
    [Fact]
    public void Only_abandoned_temporary_files_are_deleted()
    {
        Plan plan = TestPlans.Small();
        using TestDirectory directory = new();
        using CheckpointWriter first = Open(directory, plan);
        using ShardFileWriter living = first.Begin(0);
        string alive = Assert.Single(Directory.GetFiles(directory.Path, ".tmp-*"));
        string dead = directory.File(".tmp-head.g0.arrow-00000000");
        File.WriteAllText(dead, "half of a shard");
        using CheckpointWriter second = Open(directory, plan);
        Assert.True(File.Exists(alive));
        Assert.False(File.Exists(dead));
    }

    /// <summary>The way of macOS and Windows, which runs here too: the same bytes, the same rule for unfinished files.</summary>
    [Fact]
    public void Managed_operations_give_the_same_files()
    {
        Plan plan = TestPlans.Small();
        using TestDirectory quiet = new(), managed = new();
        quiet.Write(plan);
        ManagedFileOperations operations = new();
        using (CheckpointWriter first = CheckpointWriter.Open(managed.Path, plan, TestPlans.Codec, operations))
        {
            using ShardFileWriter living = first.Begin(0);
            string alive = Assert.Single(Directory.GetFiles(managed.Path, ".tmp-*"));
            File.WriteAllText(managed.File(".tmp-head.g0.arrow-00000000"), "half of a shard");
            using CheckpointWriter second = CheckpointWriter.Open(managed.Path, plan, TestPlans.Codec, operations);
            Assert.Equal([alive], Directory.GetFiles(managed.Path, ".tmp-*"));
        }
        managed.Write(plan, operations);
        Assert.Equal(quiet.Listing(), managed.Listing());
        using CheckpointWriter mended = CheckpointWriter.Open(managed.Path, plan, TestPlans.Codec, operations);
        using TileBuffer buffer = new(1 << 16);
        ShardRepair.RewriteFile(mended, 0, new FakeSource(plan), buffer);
        Assert.Equal(quiet.Listing(), managed.Listing());
    }

    /// <summary>Three workers on the same directory, each writing every file and sealing: never a mixed file, always the same end.</summary>
    [Fact]
    public void Duplicate_workers_end_in_the_same_bytes()
    {
        Plan plan = TestPlans.Small();
        using TestDirectory quiet = new(inMemory: true);
        quiet.Write(plan);
        string[] expected = quiet.Listing();
        for (int round = 0; round < 200; round++)
        {
            using TestDirectory directory = new(inMemory: true);
            using Barrier start = new(3);
            Exception?[] failures = new Exception?[3];
            Thread[] workers = [.. Enumerable.Range(0, 3).Select(worker => new Thread(() =>
            {
                start.SignalAndWait();
                failures[worker] = Record.Exception(() => directory.Write(plan));
            }))];
            foreach (Thread worker in workers) worker.Start();
            foreach (Thread worker in workers) worker.Join();
            Assert.All(failures, Assert.Null);
            Assert.Equal(expected, directory.Listing());
        }
    }

    /// <summary>Replacing a damaged file while others read it: the name always leads to a whole file.</summary>
    [Fact]
    public async Task Replacing_is_atomic_for_readers()
    {
        Plan plan = TestPlans.Small();
        using TestDirectory directory = new(inMemory: true);
        directory.Write(plan);
        using CheckpointWriter writer = Open(directory, plan);
        using TileBuffer buffer = new(1 << 16);
        FakeSource source = new(plan);
        using CancellationTokenSource stop = new();
        Task reader = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested) Assert.True(CommittedFile.Inspect(FileOperations.System, directory.Path, ShardLayout.Of(plan, 0)).IsIntact);
        });
        for (int round = 0; round < 100; round++) ShardRepair.RewriteFile(writer, 0, source, buffer);
        await stop.CancelAsync();
        await reader;
    }
}
