using System.Diagnostics;
using ShardInit.Client.CommandLine;
using ShardInit.Client.Output;
using ShardInit.Engine;
using ShardInit.Planning;
using ShardInit.Ranks;
using ShardInit.Storage;

namespace ShardInit.Client.Commands;

/// <summary><c>--metrics</c> of <c>init</c> and <c>resume</c>: a file that shows the run while it goes on.</summary>
internal static class RunMeasures
{
    /// <summary>Null where it was not asked for. Disposing writes the end.</summary>
    /// <exception cref="IOException">The folder is missing, or something that is no file has the name.</exception>
    public static MetricsFile? OfRank(Invocation given, RankIdentity rank, Plan plan, RankRun? run)
    {
        if (given.Get(Flags.Metrics) is not { } template) return null;
        (long files, long bytes, Stopwatch clock) = (plan.Files.Length, ValueBytes(plan), Stopwatch.StartNew());
        return MetricsFile.Open(template, rank.Rank, Snapshot, given.Terminal);

        RunMetrics Snapshot()
        {
            (int committed, long committedBytes) = run?.Committed ?? ((int)files, bytes);
            bool isSealed = run?.IsSealed ?? true;
            return new RunMetrics(plan.PlanId, rank.Rank, rank.World, rank.Source, files, isSealed ? files : committed, bytes, isSealed ? bytes : committedBytes,
                run?.Counts.Files ?? 0, run?.Counts.Bytes ?? 0, run?.Counts.Duplicated ?? 0, run?.Counts.Helped ?? 0, run?.SinceProgress.TotalSeconds ?? 0, isSealed, clock.Elapsed.TotalSeconds);
        }
    }

    public static MetricsFile? OfLocal(Invocation given, CheckpointWriter writer, EngineProgress progress)
    {
        if (given.Get(Flags.Metrics) is not { } template) return null;
        Plan plan = writer.Plan;
        (long bytes, Stopwatch clock) = (ValueBytes(plan), Stopwatch.StartNew());
        int before = plan.Files.Length - writer.MissingFiles.Count;
        long missing = writer.MissingFiles.Sum(file => plan.Files[file].Tiles.Sum(tile => tile.ElementCount * Model.DTypes.ByteSize(plan.Tensors[tile.Tensor].DType)));
        (long Done, TimeSpan At) last = (0, TimeSpan.Zero);
        return MetricsFile.Open(template, 0, Snapshot, given.Terminal);

        RunMetrics Snapshot()
        {
            if (progress.BytesDone != last.Done) last = (progress.BytesDone, clock.Elapsed);
            return new RunMetrics(plan.PlanId, 0, 1, "the local engine", plan.Files.Length, before + progress.FilesDone, bytes, bytes - missing + progress.BytesDone,
                progress.FilesDone, progress.BytesDone, 0, 0, (clock.Elapsed - last.At).TotalSeconds, writer.IsSealed, clock.Elapsed.TotalSeconds);
        }
    }

    private static long ValueBytes(Plan plan) => plan.Tensors.Sum(tensor => tensor.ByteLength);
}
