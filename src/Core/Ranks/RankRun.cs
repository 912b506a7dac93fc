using ShardInit.Engine;
using ShardInit.Errors;
using ShardInit.Planning;
using ShardInit.Storage;

namespace ShardInit.Ranks;

/// <summary>
/// One rank at work: the threads of one process on a directory that other processes, here and elsewhere, write as well. Ends when the directory is sealed, by whomever.
/// Killed at any moment it leaves a directory that the others, or a later run, complete.
/// </summary>
public sealed class RankRun : IDisposable
{
    private readonly CheckpointWriter _writer;
    private readonly RankWork _work;
    private readonly RankOptions _options;
    private readonly TimeProvider _clock;
    private long _lastProgress;

    /// <param name="writer">From <see cref="Open"/>, not sealed.</param>
    public RankRun(CheckpointWriter writer, RankIdentity identity, RankOptions options, TimeProvider? clock = null)
    {
        (_writer, _options, _clock) = (writer, options, clock ?? TimeProvider.System);
        _work = new RankWork(writer, identity, options, _clock);
        _lastProgress = _clock.GetTimestamp();
    }

    /// <summary>What this rank has written.</summary>
    public RankCounts Counts => _work.Counts;

    /// <summary>Value bytes as they are generated here.</summary>
    public EngineProgress Progress { get; } = new();

    /// <summary>Files and value bytes that this rank knows to be committed, by whomever.</summary>
    public (int Files, long Bytes) Committed => _work.Committed;

    public bool IsSealed => _work.IsSealed;

    /// <summary>Since this rank wrote a tile or committed a file, or began.</summary>
    public TimeSpan SinceProgress => _clock.GetElapsedTime(Volatile.Read(ref _lastProgress));

    /// <summary>
    /// Opens a directory that several machines write. Waits where another process has just made it and the file system does not show its plan.json yet.
    /// </summary>
    /// <exception cref="PlanException">The directory holds another plan (with the differences), or files but no plan.json.</exception>
    /// <exception cref="IOException">It cannot be created, read or written.</exception>
    public static CheckpointWriter Open(string directory, Plan plan, RankOptions options, CancellationToken cancel)
    {
        TimeProvider clock = TimeProvider.System;
        long start = clock.GetTimestamp();
        for (TimeSpan delay = options.FirstLook; ; delay = delay < options.LastLook ? 2 * delay : options.LastLook)
        {
            try
            {
                return CheckpointWriter.Open(directory, plan, PlanCodec.Json, FileOperations.System, Leftovers.DeadOfThisHost);
            }
            catch (IOException error) when (RankWork.MayPass(error))
            {
                if (clock.GetElapsedTime(start) < options.HiddenNames) Pause(delay, cancel);
                else if (error is HiddenFileException { Otherwise: { } otherwise }) throw otherwise;
                else throw;
            }
        }
    }

    /// <summary>Writes, helps and seals.</summary>
    /// <param name="values">Of the writer's plan.</param>
    /// <exception cref="OperationCanceledException">After cancellation; unfinished temporary files are gone.</exception>
    /// <exception cref="IOException">Something failed that waiting or trying again does not mend; what is committed stays.</exception>
    public void Run(ITileSource values, int threads, CancellationToken cancel)
    {
        if (values.Plan.PlanId != _writer.Plan.PlanId) throw new ArgumentException($"values of plan {values.Plan.PlanId} for a directory of plan {_writer.Plan.PlanId}", nameof(values));
        _writer.RefuseChangedPlan();
        while (true)
        {
            cancel.ThrowIfCancellationRequested();
            RankStep step = _work.Next();
            switch (step.Kind)
            {
                case RankStepKind.Write: Write(values, threads, cancel); break;
                case RankStepKind.Wait: Pause(step.Delay, cancel); break;
                case RankStepKind.Seal: _work.Seal(); break;
                default: return;
            }
        }
    }

    /// <summary>Looks what others have committed: for the progress of the whole. Costs one listing of the directory.</summary>
    public void Survey() => _work.Survey();

    public void Dispose() => _work.Dispose();

    /// <summary>Writes file after file until there is none left that nobody else is known to write.</summary>
    private void Write(ITileSource values, int threads, CancellationToken cancel)
    {
        Plan plan = _writer.Plan;
        using PartQueue<RankFile> queue = new(Next);
        try
        {
            WorkerThreads.Run(threads, Work, cancel);
        }
        catch (IOException error) when (_work.Survives(error))
        {
            // What was in hand is given up; the next step looks what there is to do.
        }

        PartQueue<RankFile>.Opened? Next()
        {
            if (_work.TryTake() is not { } file) return null;
            try
            {
                file.Begin(_writer);
                return new(file, file.Number, plan.Files[file.Number].Tiles.Length);
            }
            catch
            {
                file.Dispose();
                throw;
            }
        }

        void Work(TileBuffer buffer, CancellationToken stop)
        {
            while (!stop.IsCancellationRequested && queue.TryTake(out PartQueue<RankFile>.OpenFile open, out int tile))
            {
                ShardFileWriter writer = open.File.Writer;
                if (tile < writer.Layout.TileCount)
                {
                    writer.WriteTile(tile, values, buffer);
                    Progress.AddBytes(writer.Layout.ValueLength(tile));
                    Volatile.Write(ref _lastProgress, _clock.GetTimestamp());
                }
                if (!open.FinishTile()) continue;
                Commit(open.File);
                queue.Close(open);
            }
        }
    }

    private void Commit(RankFile file)
    {
        try
        {
            file.Writer.Commit();
            _work.Finished(file);
            Progress.AddFile();
            Volatile.Write(ref _lastProgress, _clock.GetTimestamp());
        }
        catch (IOException error) when (_work.Survives(file, error))
        {
            // It is looked at again, and written again if need be.
        }
    }

    private static void Pause(TimeSpan time, CancellationToken cancel)
    {
        cancel.WaitHandle.WaitOne(time);
        cancel.ThrowIfCancellationRequested();
    }
}
