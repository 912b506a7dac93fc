using ShardInit.Engine;
using ShardInit.Storage;

namespace ShardInit.Cluster;

/// <summary>A job's directory and values, open in one worker.</summary>
internal sealed class WorkerJob
{
    private readonly Lazy<PlanValues> _scalar;

    public WorkerJob(string directory, string planId, WorkerOptions options, CancellationToken stop)
    {
        Writer = JobDirectory.Open(directory, planId);
        Writer.RefuseChangedPlan();
        ValueOptions values = new() { Lanes = options.Lanes, Threads = options.Threads, Cancel = stop, Plugins = options.Plugins };
        Values = new PlanValues(Writer.Plan, values);
        _scalar = new Lazy<PlanValues>(() => new PlanValues(Writer.Plan, values with { Lanes = LaneChoice.Scalar }));
    }

    public CheckpointWriter Writer { get; }

    public PlanValues Values { get; }

    /// <summary>By the lanes that are the specification.</summary>
    public PlanValues ScalarValues => _scalar.Value;
}
