namespace ShardInit.Core.Tests.Cluster.Simulation;

/// <summary>How unkind a simulated world is. Chances are per message or per second; spans are in seconds.</summary>
internal sealed record Faults
{
    public static readonly Faults None = new();

    /// <summary>A request that is not executed, or one whose answer is lost: half of each.</summary>
    public double LostMessage { get; init; }
    public double DoubleMessage { get; init; }
    public double MostDelay { get; init; }
    public double WorkerCrash { get; init; }
    public double WorkerPause { get; init; }
    public double WorkerStuck { get; init; }
    public double WorkerDrain { get; init; }
    public double SchedulerLoss { get; init; }
    public double RangeLoss { get; init; }
    public double DoubleActivation { get; init; }
    public double FailedStorage { get; init; }
    public double Cancel { get; init; }
    public double LostFile { get; init; }
    /// <summary>Chance that a shard fails on a worker.</summary>
    public double ShardFailure { get; init; }
    /// <summary>One worker whose results are wrong with this chance.</summary>
    public double WrongResult { get; init; }

    /// <summary>Each kind of trouble with an even chance, at a random rate.</summary>
    public static Faults Random(System.Random random)
    {
        int more = random.Next(4) == 0 ? 5 : 1;
        return new Faults
        {
            LostMessage = Some(0.1), DoubleMessage = Some(0.1), MostDelay = Some(4), FailedStorage = Some(0.5),
            WorkerCrash = Some(0.01 * more), WorkerPause = Some(0.01 * more), WorkerStuck = Some(0.003 * more), WorkerDrain = Some(0.005 * more),
            SchedulerLoss = Some(0.01 * more), RangeLoss = Some(0.02 * more), DoubleActivation = Some(0.02 * more), Cancel = Some(0.01 * more), LostFile = Some(0.005 * more),
        };

        double Some(double most) => random.Next(2) == 0 ? 0 : random.NextDouble() * most;
    }
}
