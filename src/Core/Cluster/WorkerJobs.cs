namespace ShardInit.Cluster;

/// <summary>The jobs that a worker has open: reading a large plan takes longer than a small shard.</summary>
internal sealed class WorkerJobs(WorkerOptions options, CancellationToken stop)
{
    /// <summary>Plans take memory; more jobs than this at a time are opened again and again.</summary>
    private const int Most = 4;

    private readonly Lock _lock = new();
    private readonly List<(string Job, WorkerJob Open)> _open = [];

    /// <summary>Opens the job, or returns it.</summary>
    public WorkerJob Get(JobRecord record)
    {
        lock (_lock)
        {
            int index = _open.FindIndex(entry => entry.Job == record.Job);
            (string Job, WorkerJob Open) found = index >= 0 ? _open[index] : (record.Job, new WorkerJob(options.DirectoryOf(record), record.Request.PlanId, options, stop));
            if (index >= 0) _open.RemoveAt(index);
            else if (_open.Count == Most) _open.RemoveAt(0);
            _open.Add(found);
            return found.Open;
        }
    }

    /// <summary>After a failure: the directory may have been replaced.</summary>
    public void Forget(string job)
    {
        lock (_lock) _open.RemoveAll(entry => entry.Job == job);
    }
}
