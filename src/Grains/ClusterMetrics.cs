using System.Diagnostics.Metrics;

namespace ShardInit.Grains;

/// <summary>What a silo measures, under the meter <see cref="MeterName"/>: exported by OpenTelemetry where an endpoint is set.</summary>
public sealed class ClusterMetrics : IDisposable
{
    public const string MeterName = "ShardInit";

    private readonly Meter _meter = new(MeterName);
    private readonly Counter<long> _shards, _bytes, _failures, _fenced, _sealed, _refusals;
    private int _workers, _jobs;
    private long _lost;

    public ClusterMetrics()
    {
        _shards = _meter.CreateCounter<long>("shardinit.shards.committed", "{shard}", "Shards that this silo's worker wrote and committed.");
        _bytes = _meter.CreateCounter<long>("shardinit.bytes.committed", "By", "Value bytes of them.");
        _failures = _meter.CreateCounter<long>("shardinit.shards.failed", "{shard}", "Shards that failed on this silo and are tried again.");
        _fenced = _meter.CreateCounter<long>("shardinit.workers.fenced", "{worker}", "Workers that were found to compute wrongly.");
        _sealed = _meter.CreateCounter<long>("shardinit.jobs.sealed", "{job}", "Jobs whose directory was sealed.");
        _refusals = _meter.CreateCounter<long>("shardinit.calls.refused", "{call}", "Calls of clients that were refused.");
        _meter.CreateObservableGauge("shardinit.workers", () => Volatile.Read(ref _workers), "{worker}", "Workers that the scheduler has heard of lately; seen by the silo that has the scheduler.");
        _meter.CreateObservableGauge("shardinit.jobs.live", () => Volatile.Read(ref _jobs), "{job}", "Live jobs; seen by the silo that has the scheduler.");
        _meter.CreateObservableCounter("shardinit.leases.lost", () => Interlocked.Read(ref _lost), "{lease}", "Leases that this silo's worker lost.");
    }

    public int Workers { set => Volatile.Write(ref _workers, value); }

    public int Jobs { set => Volatile.Write(ref _jobs, value); }

    public void ShardsCommitted(long shards, long bytes)
    {
        _shards.Add(shards);
        _bytes.Add(bytes);
    }

    public void ShardFailed() => _failures.Add(1);

    public void LeasesLost(int count) => Interlocked.Add(ref _lost, count);

    public void WorkerFenced() => _fenced.Add(1);

    public void JobSealed() => _sealed.Add(1);

    public void CallRefused() => _refusals.Add(1);

    public void Dispose() => _meter.Dispose();
}
