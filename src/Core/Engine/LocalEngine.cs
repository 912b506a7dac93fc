using System.Collections.Concurrent;
using ShardInit.Planning;
using ShardInit.Storage;

namespace ShardInit.Engine;

/// <summary>
/// Runs a plan on the threads of one machine. The unit of work is a tile, so one large file keeps every thread busy; whoever finishes a file's last
/// tile publishes the file. Memory is one <see cref="TileBuffer"/> a thread, whatever the model. Stopping at any moment, by whatever means, leaves a directory
/// that the same call continues.
/// </summary>
public static class LocalEngine
{
    /// <summary>How often a file is written when each time somebody else seals before it has its name: each process that seals does so twice at most.</summary>
    private const int MaxAttempts = 20;

    /// <summary>Writes what the directory of <paramref name="writer"/> still lacks, and seals it.</summary>
    /// <param name="values">Of the plan that the writer was opened with.</param>
    /// <param name="threads">1 or more; never changes a byte.</param>
    /// <exception cref="OperationCanceledException">After cancellation; unfinished temporary files are gone.</exception>
    /// <exception cref="IOException">The first failure of any thread; unfinished temporary files are gone.</exception>
    public static void Run(CheckpointWriter writer, ITileSource values, int threads, EngineProgress progress, CancellationToken cancel)
    {
        if (writer.IsSealed) return;
        WriteFiles(writer, writer.MissingFiles, replace: false, values, threads, progress, cancel);
        writer.Seal();
    }

    /// <param name="replace">Puts the results in place of whatever has the files' names.</param>
    internal static void WriteFiles(
        CheckpointWriter writer, IReadOnlyList<int> files, bool replace, ITileSource values, int threads, EngineProgress progress, CancellationToken cancel)
    {
        Plan plan = values.Plan;
        if (plan.PlanId != writer.Plan.PlanId) throw new ArgumentException($"values of plan {plan.PlanId} for a directory of plan {writer.Plan.PlanId}", nameof(values));
        progress.Expect(files.Sum(file => ValueBytes(plan, file)), files.Count);
        cancel.ThrowIfCancellationRequested();
        writer.RefuseChangedPlan();
        for (int attempt = 1; files.Count > 0; attempt++)
        {
            files = WriteOnce(writer, files, replace, values, threads, progress, isLast: attempt == MaxAttempts, cancel);
            progress.Expect(files.Sum(file => ValueBytes(plan, file)), 0);
        }
    }

    /// <returns>The files to be written again: whoever sealed while they were being written has cleared them away.</returns>
    private static IReadOnlyList<int> WriteOnce(
        CheckpointWriter writer, IReadOnlyList<int> files, bool replace, ITileSource values, int threads, EngineProgress progress, bool isLast, CancellationToken cancel)
    {
        Plan plan = values.Plan;
        long tiles = files.Sum(file => (long)plan.Files[file].Tiles.Length);
        ConcurrentBag<int> again = [];
        using PartQueue<ShardFileWriter> queue = new(files, file => (writer.Begin(file, replace), plan.Files[file].Tiles.Length));
        WorkerThreads.Run((int)Math.Min(threads, Math.Max(1, tiles)), Work, cancel);
        return [.. again.Order()];

        void Work(TileBuffer buffer, CancellationToken stop)
        {
            while (!stop.IsCancellationRequested && queue.TryTake(out PartQueue<ShardFileWriter>.OpenFile open, out int tile))
            {
                if (tile < open.File.Layout.TileCount)
                {
                    open.File.WriteTile(tile, values, buffer);
                    progress.AddBytes(open.File.Layout.ValueLength(tile));
                }
                if (!open.FinishTile()) continue;
                try
                {
                    open.File.Commit();
                    progress.AddFile();
                }
                catch (IOException error) when (!isLast && open.File.IsClearedAway(error))
                {
                    again.Add(open.Number);
                }
                queue.Close(open);
            }
        }
    }

    internal static long ValueBytes(Plan plan, int file) =>
        plan.Files[file].Tiles.Sum(tile => checked(tile.ElementCount * Model.DTypes.ByteSize(plan.Tensors[tile.Tensor].DType)));
}
