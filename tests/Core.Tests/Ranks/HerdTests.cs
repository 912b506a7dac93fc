using ShardInit.Core.Tests.Storage;
using ShardInit.Model;
using ShardInit.Planning;
using ShardInit.Ranks;
using ShardInit.Storage;
using Xunit;
using Xunit.Abstractions;

namespace ShardInit.Core.Tests.Ranks;

/// <summary>
/// Many ranks have nothing left to do and one file is claimed by somebody who does not come back: one of them writes it, and not all. New names are seen at once here: what hiding
/// them adds, <see cref="RankSimulationTests"/> counts.
/// </summary>
public sealed class HerdTests(ITestOutputHelper output)
{
    private const int RankCount = 60;

    private static readonly Plan s_plan = TestPlans.Of(12, "crc32", 1 << 16, [.. Enumerable.Range(0, 3).Select(layer => ($"layers.{layer}.weight", DType.BF16, new long[] { 5, 11 }, LayerGroup.OfLayer(layer)))]);

    /// <param name="seconds">What writing the file takes a helper.</param>
    /// <param name="lost">How many helpers, one after the other, never come back either.</param>
    /// <param name="most">Ranks that may write it: those who are lost and one who ends; and where one takes longer than others are patient, as many as patience that doubles allows.</param>
    [SkippableTheory]
    [InlineData(2, 0, 1)]
    [InlineData(2, 1, 2)]
    [InlineData(2, 4, 5)]
    [InlineData(20, 0, 3)]
    public void One_helper_at_a_time_writes_the_file_of_somebody_who_does_not_come_back(int seconds, int lost, int most)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "needs the operations of Linux");
        using TestDirectory quiet = new(inMemory: true), directory = new(inMemory: true);
        quiet.Write(s_plan);
        VirtualClock clock = new();
        SharedFileSystem shared = new(new System.Random(1), clock, TimeSpan.Zero, failedRenames: 0, hasLocks: false);
        int begun = 0;
        // As somebody has begun it long before, plan.json is seen by all.
        CheckpointWriter.Open(directory.Path, s_plan, TestPlans.Codec, FileOperations.System).Dispose();
        using Claim? straggler = Claim.TryTake(shared.Client(RankCount), directory.Path, s_plan.Files[0].Name);
        Assert.NotNull(straggler);

        List<(TimeSpan At, IEnumerator<TimeSpan> Steps)> actors = [.. Enumerable.Range(0, RankCount).Select(rank => (TimeSpan.Zero, Rank(rank).GetEnumerator()))];
        for (int index; actors.Count > 0;)
        {
            index = Enumerable.Range(0, actors.Count).MinBy(actor => actors[actor].At);
            (TimeSpan at, IEnumerator<TimeSpan> steps) = actors[index];
            if (at > clock.Now) clock.Now = at;
            Assert.True(clock.Now < TimeSpan.FromMinutes(10), "ten minutes have passed");
            if (steps.MoveNext()) actors[index] = (clock.Now + steps.Current, steps);
            else actors.RemoveAt(index);
        }
        output.WriteLine($"{begun} of {RankCount} ranks wrote the file; sealed after {clock.Now}");
        Assert.InRange(begun, lost + 1, most);
        Assert.Equal(quiet.Listing(), directory.Listing());

        IEnumerable<TimeSpan> Rank(int rank)
        {
            using CheckpointWriter writer = CheckpointWriter.Open(directory.Path, s_plan, TestPlans.Codec, shared.Client(rank), Leftovers.DeadOfThisHost);
            using RankWork work = new(writer, new RankIdentity(rank, RankCount, "a test", 1), new RankOptions(), clock);
            using TileBuffer buffer = new(1 << 13);
            FakeSource source = new(s_plan);
            for (RankStep step = work.Next(); step.Kind != RankStepKind.Done; step = work.Next())
            {
                yield return step.Delay;
                if (step.Kind == RankStepKind.Seal) work.Seal();
                while (step.Kind == RankStepKind.Write && work.TryTake() is { } file)
                {
                    using (file)
                    {
                        file.Begin(writer);
                        bool isStraggling = file.Number == 0;
                        if (isStraggling && ++begun <= lost) yield return TimeSpan.FromMinutes(9);
                        for (int tile = 0; tile < file.Writer.Layout.TileCount; tile++) file.Writer.WriteTile(tile, source, buffer);
                        yield return TimeSpan.FromSeconds(isStraggling ? seconds : 0.1);
                        try
                        {
                            file.Writer.Commit();
                            work.Finished(file);
                        }
                        catch (IOException error) when (work.Survives(file, error)) { }
                    }
                }
            }
        }
    }
}
