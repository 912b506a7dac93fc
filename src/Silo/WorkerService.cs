using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using ShardInit.Cluster;
using ShardInit.Grains;

namespace ShardInit.Silo;

/// <summary>
/// The one worker of a silo, on threads of its own: a grain never waits for a generator, and a generator never takes a thread of the runtime. Told to stop, it takes no more work, gives back
/// what it has not begun, and goes on with the rest for a while.
/// </summary>
internal sealed partial class WorkerService(WorkerOptions options, IGrainFactory grains, ClusterMetrics metrics, DrainTime drain, ILogger<WorkerService> log) : IHostedService
{
    private readonly CancellationTokenSource _stop = new();
    private ShardWorker? _worker;
    private Thread? _thread;
    private Timer? _timer;
    private (long Shards, long Bytes) _told;

    /// <summary>The worker runs and is not draining.</summary>
    public bool IsReady { get; private set; }

    /// <summary>The worker has ended by itself: something is wrong that a restart may mend.</summary>
    public bool HasFailed { get; private set; }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _worker = new ShardWorker(options, new GrainLeaseSource(grains, options.Hello.Host, metrics));
        _thread = new Thread(Work) { IsBackground = true, Name = "shardinit worker" };
        _thread.Start();
        _timer = new Timer(_ => Measure(), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        IsReady = true;
        LogStarted(log, options.Hello.Worker, options.Threads, string.Join(' ', options.Hello.Backends.Take(1)));
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        IsReady = false;
        if (_thread is null) return;
        LogDraining(log, options.Hello.Worker, _worker!.ShardsHeld, drain.Seconds);
        _worker.Drain();
        await Task.Run(() =>
        {
            using CancellationTokenRegistration hurry = cancellationToken.Register(_stop.Cancel);
            if (!_thread.Join(TimeSpan.FromSeconds(drain.Seconds))) _stop.Cancel();
            _thread.Join();
        }, CancellationToken.None);
        try
        {
            await grains.GetGrain<ISchedulerGrain>(ISchedulerGrain.Key).Leave(options.Hello.Worker).WaitAsync(TimeSpan.FromSeconds(5), CancellationToken.None);
        }
        catch (Exception error)
        {
            LogLeave(log, error.Message);
        }
        if (_timer is not null) await _timer.DisposeAsync();
        Measure();
        LogStopped(log, options.Hello.Worker, _worker.ShardsWritten);
    }

    private void Work()
    {
        try
        {
            _worker!.Run(_stop.Token);
        }
        catch (Exception error)
        {
            HasFailed = true;
            LogFailed(log, error, options.Hello.Worker);
        }
        if (IsReady) HasFailed = true;
    }

    private void Measure()
    {
        (long shards, long bytes) = (_worker!.ShardsWritten, _worker.BytesWritten);
        metrics.ShardsCommitted(shards - _told.Shards, bytes - _told.Bytes);
        _told = (shards, bytes);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "worker {Worker} takes work: {Threads} threads, lanes {Lanes}")]
    private static partial void LogStarted(ILogger log, string worker, int threads, string lanes);

    [LoggerMessage(Level = LogLevel.Information, Message = "worker {Worker} drains: {Shards} shards in hand, at most {Seconds} s")]
    private static partial void LogDraining(ILogger log, string worker, int shards, double seconds);

    [LoggerMessage(Level = LogLevel.Information, Message = "worker {Worker} has ended; it wrote {Shards} shards")]
    private static partial void LogStopped(ILogger log, string worker, int shards);

    [LoggerMessage(Level = LogLevel.Warning, Message = "could not take leave of the scheduler: {Error}")]
    private static partial void LogLeave(ILogger log, string error);

    [LoggerMessage(Level = LogLevel.Critical, Message = "worker {Worker} has failed")]
    private static partial void LogFailed(ILogger log, Exception error, string worker);
}

/// <summary>How long a worker may go on after it was told to stop.</summary>
internal sealed record DrainTime(double Seconds);
