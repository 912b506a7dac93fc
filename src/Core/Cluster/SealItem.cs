using ShardInit.Planning;
using ShardInit.Storage;

namespace ShardInit.Cluster;

/// <summary>Writing index and manifest of a job whose shards are all committed. Idempotent: two sealers write the same bytes.</summary>
internal sealed class SealItem(JobRecord record, Func<WorkerJob> open, ILeaseSource source, WorkerOptions options, CancellationToken stop) : WorkItem
{
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(2);

    private SealResult? _result;

    public override string Job => record.Job;

    public JobRecord Record => record;

    public override long Bytes => 0;

    protected override bool HasResult => _result is not null;

    public SealResult Result => Error is { } error ? new SealResult(false, [], error.Message.ReplaceLineEndings(" ")) : _result!;

    protected override int Open() => 1;

    protected override void Work(int turn, TileBuffer buffer)
    {
        WorkerJob job = open();
        foreach (int range in Enumerable.Range(0, RangeKey.CountFor(job.Writer.Plan.Files.Length))) Learn(job, new RangeKey(record.Job, range));
        job.Writer.Refresh();
        // A new name may be hidden from this machine for a while.
        long start = options.Time.GetTimestamp();
        while (job.Writer.MissingFiles.Count > 0 && options.Time.GetElapsedTime(start) < options.SealPatience && !IsDropped)
        {
            if (stop.WaitHandle.WaitOne(s_look)) stop.ThrowIfCancellationRequested();
            job.Writer.Refresh();
        }
        if (job.Writer.MissingFiles.Count == 0) job.Writer.Seal();
        _result = new SealResult(job.Writer.IsSealed, [.. job.Writer.MissingFiles], null);
    }

    private void Learn(WorkerJob job, RangeKey range)
    {
        IReadOnlyList<string?> digests;
        try
        {
            digests = source.Digests(range);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // Then the files are read.
            options.Log($"job {record.Job}: range {range.Number} did not tell its digests ({error.Message.ReplaceLineEndings(" ")}); reading its files instead");
            return;
        }
        Plan plan = job.Writer.Plan;
        for (int index = 0; index < digests.Count; index++)
        {
            int file = (range.Number * ShardRange.MaxShards) + index;
            if (file < plan.Files.Length && digests[index] is { } text && FileDigests.TryParse(plan, file, text) is { } known) job.Writer.Remember(file, known);
        }
    }

    protected override void Close() { }

    public override void Dispose() { }
}
