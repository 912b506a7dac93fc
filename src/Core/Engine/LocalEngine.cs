using ShardInit.Planning;
using ShardInit.Storage;

namespace ShardInit.Engine;

/// <summary>
/// Runs a plan on the threads of one machine. The unit of work is a tile, so one large file keeps every thread busy; whoever finishes a file's last
/// tile publishes the file. Memory is one <see cref="TileBuffer"/> a thread, whatever the model. Stopping at any moment, by whatever means, leaves a directory that the same call continues.
/// </summary>
public static class LocalEngine
{
    /// <summary>Writes what the directory of <paramref name="writer"/> still lacks, and seals it.</summary>
    /// <param name="values">Of the plan that the writer was opened with.</param>
    /// <param name="threads">1 or more; never changes a byte.</param>
    /// <exception cref="OperationCanceledException">After cancellation; unfinished temporary files are gone.</exception>
    /// <exception cref="IOException">The first failure of any thread; unfinished temporary files are gone.</exception>
    public static void Run(CheckpointWriter writer, ITileSource values, int threads, EngineProgress progress, CancellationToken cancel)
    {
        if (writer.IsSealed) return;
        WriteFiles(values.Plan, writer.MissingFiles, writer.Begin, values, threads, progress, cancel);
        writer.Seal();
    }

    internal static void WriteFiles(
        Plan plan, IReadOnlyList<int> files, Func<int, ShardFileWriter> begin, ITileSource values, int threads, EngineProgress progress, CancellationToken cancel)
    {
        progress.Expect(files.Sum(file => BytesOf(plan, file)), files.Count);
        cancel.ThrowIfCancellationRequested();
        long tiles = files.Sum(file => (long)plan.Files[file].Tiles.Length);
        if (tiles == 0) return;
        using FileQueue queue = new(plan, files, begin);
        WorkerThreads.Run((int)Math.Min(threads, tiles), Work, cancel);

        void Work(TileBuffer buffer, CancellationToken stop)
        {
            while (!stop.IsCancellationRequested && queue.TryTake(out FileQueue.OpenFile file, out Tile tile, out int index))
            {
                file.Writer.WriteTile(index, values, buffer);
                progress.AddBytes(BytesOf(plan, tile));
                if (!file.FinishTile()) continue;
                queue.Commit(file);
                progress.AddFile();
            }
        }
    }

    internal static long BytesOf(Plan plan, int file) => plan.Files[file].Tiles.Sum(tile => BytesOf(plan, tile));

    private static long BytesOf(Plan plan, Tile tile) => checked(tile.ElementCount * Model.DTypes.ByteSize(plan.Tensors[tile.Tensor].DType));
}
