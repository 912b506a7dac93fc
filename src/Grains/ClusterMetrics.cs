using System.Diagnostics.Metrics;

namespace ShardInit.Grains;

/// <summary>What a silo measures, under the meter <see cref="MeterName"/>: exported by OpenTelemetry where an endpoint is set.</summary>
public sealed class ClusterMetrics : IDisposable
{
    public const string MeterName = "ShardInit";

    private readonly Meter _meter = new(MeterName);
    private long _shards, _bytes, _failures, _lost, _fenced, _sealed, _refusals;
    private int _workers, _jobs;

    public ClusterMetrics()
    {
        // Observed, so that each is there from the start with a zero: what has never happened must not look like what is not measured.
        Count("shardinit.shards.committed", "{shard}", "Shards that this silo's worker wrote and committed.", () => Interlocked.Read(ref _shards));
        Count("shardinit.bytes.committed", "By", "Value bytes of them.", () => Interlocked.Read(ref _bytes));
        Count("shardinit.shards.failed", "{shard}", "Shards that failed on this silo and are tried again.", () => Interlocked.Read(ref _failures));
        Count("shardinit.leases.lost", "{lease}", "Leases that this silo's worker lost.", () => Interlocked.Read(ref _lost));
        Count("shardinit.workers.fenced", "{worker}", "Workers that were found to compute wrongly.", () => Interlocked.Read(ref _fenced));
        Count("shardinit.jobs.sealed", "{job}", "Jobs whose directory was sealed.", () => Interlocked.Read(ref _sealed));
        Count("shardinit.calls.refused", "{call}", "Calls of clients that were refused.", () => Interlocked.Read(ref _refusals));
        _meter.CreateObservableGauge("shardinit.workers", () => Volatile.Read(ref _workers), "{worker}", "Workers that the scheduler has heard of lately; seen by the silo that has the scheduler.");
        _meter.CreateObservableGauge("shardinit.jobs.live", () => Volatile.Read(ref _jobs), "{job}", "Live jobs; seen by the silo that has the scheduler.");
    }

    public int Workers { set => Volatile.Write(ref _workers, value); }

    public int Jobs { set => Volatile.Write(ref _jobs, value); }

    public void ShardsCommitted(long shards, long bytes)
    {
        Interlocked.Add(ref _shards, shards);
        Interlocked.Add(ref _bytes, bytes);
    }

    public void ShardFailed() => Interlocked.Increment(ref _failures);

    public void LeasesLost(int count) => Interlocked.Add(ref _lost, count);

    public void WorkerFenced() => Interlocked.Increment(ref _fenced);

    public void JobSealed() => Interlocked.Increment(ref _sealed);

    public void CallRefused() => Interlocked.Increment(ref _refusals);

    public void Dispose() => _meter.Dispose();

    private void Count(string name, string unit, string description, Func<long> value) => _meter.CreateObservableCounter(name, value, unit, description);
}
