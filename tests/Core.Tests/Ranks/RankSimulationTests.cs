using ShardInit.Core.Tests.Storage;
using ShardInit.Errors;
using ShardInit.Model;
using ShardInit.Planning;
using ShardInit.Ranks;
using ShardInit.Storage;
using Xunit;
using Xunit.Abstractions;

namespace ShardInit.Core.Tests.Ranks;

/// <summary>
/// Ranks on a shared file system that hides new names for up to a minute and reports renames as failed that happened: whatever the seed, nobody seals before every file is
/// committed, everybody ends, and the directory is byte for byte that of one undisturbed process.
/// </summary>
public sealed class RankSimulationTests(ITestOutputHelper output)
{
    private static readonly Plan s_plan = TestPlans.Of(11, "crc32", 256, [.. Enumerable.Range(0, 7).Select(layer => ($"layers.{layer}.weight", DType.BF16, new long[] { 5 + (9 * layer), 11 }, LayerGroup.OfLayer(layer)))]);

    [SkippableFact]
    public void A_thousand_runs_end_sealed_and_none_too_early()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "needs the operations of Linux");
        int first = Environment.GetEnvironmentVariable("SHARDINIT_TEST_SEED") is { } text ? int.Parse(text) : 0;
        int count = first != 0 ? 1 : Environment.GetEnvironmentVariable("SHARDINIT_LONG") == "1" ? 20_000 : 1000;
        using TestDirectory quiet = new(inMemory: true);
        quiet.Write(s_plan);
        string[] expected = quiet.Listing();
        (long hidden, long failed, long written, long duplicated, TimeSpan longest, int kills) = (0, 0, 0, 0, TimeSpan.Zero, 0);
        for (int seed = Math.Max(1, first); seed < Math.Max(1, first) + count; seed++)
        {
            using Simulation run = new(seed);
            try
            {
                run.Run();
                Assert.Equal(expected, run.Directory.Listing());
            }
            catch (Exception error)
            {
                throw new InvalidOperationException($"SHARDINIT_TEST_SEED={seed}: {error.Message}", error);
            }
            hidden += run.Shared.HiddenAnswers;
            failed += run.Shared.FailedRenames;
            written += run.Written;
            duplicated += run.Duplicated;
            kills += run.Kills;
            if (run.Clock.Now > longest) longest = run.Clock.Now;
        }
        output.WriteLine($"{count} runs: {hidden} answers hid a name, {failed} renames failed after they happened, {kills} ranks killed; {written} files written, {duplicated} of them twice; longest run {longest}");
        // The test is worth something only where the file system does misbehave.
        Assert.True(hidden > 10 * count && failed > count && kills > count / 4, $"hidden {hidden}, failed {failed}, killed {kills}");
    }

    /// <summary>Everybody who guessed wrong, and everybody who was killed, in one directory.</summary>
    private sealed class Simulation : IDisposable
    {
        private static readonly RankOptions s_options = new();

        private readonly System.Random _random;
        private readonly List<(TimeSpan At, int Number, IEnumerator<TimeSpan> Steps)> _actors = [];
        private readonly HashSet<int> _mortal = [];
        private bool _sealed;

        public Simulation(int seed)
        {
            _random = new System.Random(seed);
            Shared = new SharedFileSystem(_random, Clock, TimeSpan.FromSeconds(60), failedRenames: 0.2, hasLocks: seed % 2 == 0) { OnPublish = Check };
            int count = _random.Next(1, 6);
            int world = _random.Next(3) == 0 ? _random.Next(1, 9) : count;
            for (int number = 0; number < count; number++)
            {
                RankIdentity identity = new(_random.Next(4) == 0 ? _random.Next(world) : number % world, world, "a test", 1);
                TimeSpan start = TimeSpan.FromSeconds(_random.Next(2) == 0 ? 0 : _random.Next(100));
                _actors.Add((start, number, Rank(number, identity).GetEnumerator()));
                // One at least lives.
                if (number > 0 && _random.Next(3) == 0) _mortal.Add(number);
            }
        }

        public VirtualClock Clock { get; } = new();
        public SharedFileSystem Shared { get; }
        public TestDirectory Directory { get; } = new(inMemory: true);
        public long Written { get; private set; }
        public long Duplicated { get; private set; }
        public int Kills { get; private set; }

        public void Run()
        {
            while (_actors.Count > 0)
            {
                int index = Enumerable.Range(0, _actors.Count).MinBy(actor => (_actors[actor].At, _random.Next()));
                (TimeSpan at, int number, IEnumerator<TimeSpan> steps) = _actors[index];
                if (at > Clock.Now) Clock.Now = at;
                Assert.True(Clock.Now < TimeSpan.FromHours(1), "an hour has passed");
                if (_mortal.Contains(number) && _random.Next(12) == 0)
                {
                    // A kill, of which the others learn nothing but that its locks are free.
                    Kills++;
                    Dead.Add(number);
                    steps.Dispose();
                    _actors.RemoveAt(index);
                }
                else if (steps.MoveNext()) _actors[index] = (Clock.Now + steps.Current, number, steps);
                else _actors.RemoveAt(index);
            }
            Assert.True(_sealed, "nobody has sealed");
            if (Kills == 0) Assert.DoesNotContain(Directory.Listing(), line => CheckpointFiles.IsTemporary(line));
            // Names of the dead that nobody saw in time go with the next look at the directory, by whomever.
            Clock.Now += TimeSpan.FromMinutes(2);
            using CheckpointWriter again = CheckpointWriter.Open(Directory.Path, s_plan, TestPlans.Codec, FileOperations.System);
            Assert.True(again.IsSealed);
        }

        private HashSet<int> Dead { get; } = [];

        private IEnumerable<TimeSpan> Rank(int number, RankIdentity identity)
        {
            FileOperations operations = new MortalOperations(Shared.Client(number), () => Dead.Contains(number));
            CheckpointWriter? writer = null;
            for (TimeSpan began = Clock.Now; writer is null;)
            {
                try
                {
                    writer = CheckpointWriter.Open(Directory.Path, s_plan, TestPlans.Codec, operations, Leftovers.DeadOfThisHost);
                }
                catch (IOException error) when (RankWork.MayPass(error) && Clock.Now - began < s_options.HiddenNames) { }
                if (writer is null) yield return TimeSpan.FromSeconds(1);
            }
            if (writer.IsSealed) yield break;
            using RankWork work = new(writer, identity, s_options, Clock);
            using TileBuffer buffer = new(1 << 13);
            FakeSource source = new(s_plan);
            TimeSpan pace = TimeSpan.FromMilliseconds(_random.Next(1, 1500));
            for (RankStep step = work.Next(); step.Kind != RankStepKind.Done; step = work.Next())
            {
                yield return step.Delay;
                if (step.Kind == RankStepKind.Seal) work.Seal();
                if (step.Kind != RankStepKind.Write) continue;
                while (work.TryTake() is { } file)
                {
                    using (file)
                    {
                        yield return TimeSpan.FromMilliseconds(_random.Next(20));
                        file.Begin(writer);
                        for (int tile = 0; tile < file.Writer.Layout.TileCount; tile++)
                        {
                            file.Writer.WriteTile(tile, source, buffer);
                            // Now and then somebody is stopped in the middle of a file.
                            yield return _random.Next(40) == 0 ? TimeSpan.FromSeconds(_random.Next(90)) : pace * _random.NextDouble();
                        }
                        Commit(work, file);
                    }
                    yield return TimeSpan.Zero;
                }
            }
            Assert.True(work.IsSealed && _sealed);
            Written += work.Counts.Files;
            Duplicated += work.Counts.Duplicated;
        }

        private static void Commit(RankWork work, RankFile file)
        {
            try
            {
                file.Writer.Commit();
                work.Finished(file);
            }
            catch (IOException error) when (work.Survives(file, error)) { }
        }

        /// <summary>A manifest may be published only when every file is there, whatever the clients see.</summary>
        private void Check(string path)
        {
            if (Path.GetFileName(path) != CheckpointFiles.Manifest) return;
            _sealed = true;
            for (int file = 0; file < s_plan.Files.Length; file++)
            {
                Assert.True(CommittedFile.Inspect(FileOperations.System, Directory.Path, ShardLayout.Of(s_plan, file)).IsIntact, $"sealed without {s_plan.Files[file].Name}");
            }
        }

        public void Dispose() => Directory.Dispose();
    }
}
