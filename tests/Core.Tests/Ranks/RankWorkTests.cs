using ShardInit.Core.Tests.Storage;
using ShardInit.Planning;
using ShardInit.Ranks;
using ShardInit.Storage;
using Xunit;

namespace ShardInit.Core.Tests.Ranks;

/// <summary>Single decisions of a rank; how they go together, <see cref="RankSimulationTests"/> shows.</summary>
public sealed class RankWorkTests : IDisposable
{
    private static readonly Plan s_plan = TestPlans.Small();
    private static readonly RankIdentity s_alone = new(0, 1, "a test", 1);

    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    private CheckpointWriter Open(FileOperations operations) => CheckpointWriter.Open(_directory.Path, s_plan, TestPlans.Codec, operations, Leftovers.DeadOfThisHost);

    [SkippableFact]
    public void Only_errors_in_a_row_without_a_committed_file_end_a_rank()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "needs the error numbers of Linux");
        RankOptions options = new();
        IOException passing = FileErrors.Failed(Errno.ESTALE, "open", "x");
        using CheckpointWriter writer = Open(FileOperations.System);
        using RankWork work = new(writer, s_alone, options, TimeProvider.System);
        for (int attempt = 1; attempt < options.Attempts; attempt++) Assert.True(work.Survives(passing));
        using (RankFile file = work.TryTake()!)
        {
            file.Begin(writer);
            using TileBuffer buffer = new(1 << 16);
            FakeSource source = new(s_plan);
            for (int tile = 0; tile < file.Writer.Layout.TileCount; tile++) file.Writer.WriteTile(tile, source, buffer);
            file.Writer.Commit();
            work.Finished(file);
        }
        for (int attempt = 1; attempt < options.Attempts; attempt++) Assert.True(work.Survives(passing));
        Assert.False(work.Survives(passing));
    }

    /// <summary>A thousand ranks that each ask a file server for every file each second would be the slowest part of sealing.</summary>
    [SkippableFact]
    public void A_rank_that_waits_for_the_sealer_looks_at_each_file_once()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "needs the operations of Linux");
        CountingOperations operations = new();
        using CheckpointWriter writer = Open(operations);
        TestDirectory.WriteMissing(writer);
        writer.Refresh();
        using RankWork work = new(writer, s_alone, new RankOptions(), TimeProvider.System);
        using Claim? sealer = Claim.TryTake(FileOperations.System, _directory.Path, CheckpointFiles.Manifest);
        Assert.NotNull(sealer);
        Assert.Equal(RankStepKind.Wait, work.Next().Kind);
        operations.Shards = 0;
        Assert.Equal(RankStepKind.Wait, work.Next().Kind);
        Assert.Equal(0, operations.Shards);
    }

    private sealed class CountingOperations : LinuxFileOperations
    {
        /// <summary>Looks at shard files.</summary>
        public int Shards { get; set; }

        public override long? LengthOf(string path)
        {
            if (path.EndsWith(".arrow", StringComparison.Ordinal) && Path.GetFileName(path) != CheckpointFiles.Index) Shards++;
            return base.LengthOf(path);
        }
    }
}
