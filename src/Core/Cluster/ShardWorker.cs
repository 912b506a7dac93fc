using ShardInit.Engine;
using ShardInit.Storage;

namespace ShardInit.Cluster;

/// <summary>
/// The loop of one worker: asks for leases, writes shards on dedicated threads that share the tiles of each, reports. One thread asks and reports results, one sends heartbeats, so
/// that neither waits for the other or for a generator. Whatever it cannot reach, it finishes what it holds: the files are the truth.
/// </summary>
public sealed partial class ShardWorker
{
    private readonly WorkerOptions _options;
    private readonly ILeaseSource _source;
    private readonly CancellationTokenSource _stop = new();
    private readonly WorkerJobs _jobs;
    private readonly object _gate = new();
    private readonly WaitingItems _waiting = new();
    private readonly Dictionary<int, WorkItem> _held = [];
    private readonly Queue<int> _finished = [];
    private readonly List<ShardItem> _returned = [];
    private readonly GrowingPauses<string> _troubled;
    private readonly GrowingPauses<ReportKey> _unreported;
    private int _lastNumber;
    private bool _draining, _over;
    private long _bytesWritten;
    private int _shardsWritten;

    public ShardWorker(WorkerOptions options, ILeaseSource source)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Threads, 1);
        (_options, _source) = (options, source);
        _jobs = new WorkerJobs(options, _stop.Token);
        _troubled = new GrowingPauses<string>(options.IdleInterval, s_longestPause, options.Time);
        _unreported = new GrowingPauses<ReportKey>(options.IdleInterval, s_longestPause / 2, options.Time);
    }

    /// <summary>Value bytes written since the start.</summary>
    public long BytesWritten => Interlocked.Read(ref _bytesWritten);

    public int ShardsWritten => Volatile.Read(ref _shardsWritten);

    /// <summary>Shards held, waiting ones included.</summary>
    public int ShardsHeld
    {
        get { lock (_gate) return _held.Count; }
    }

    /// <summary>Takes no more work, gives back what was not begun, and ends once the rest is written and reported.</summary>
    public void Drain()
    {
        lock (_gate)
        {
            _draining = true;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Works until <see cref="Drain"/> has had its effect, or until <paramref name="stop"/>, which drops what is in progress.</summary>
    /// <exception cref="PlatformNotSupportedException">The host flushes denormal numbers to zero.</exception>
    public void Run(CancellationToken stop)
    {
        using CancellationTokenRegistration registration = stop.Register(Stop);
        using PartQueue<WorkItem> queue = new(Next, number => (Held(number), Held(number).Begin()));
        Thread asking = Start("asks", AskLoop), beating = Start("heartbeat", BeatLoop);
        try
        {
            WorkerThreads.Run(_options.Threads, (buffer, cancelled) => Generate(queue, buffer, cancelled), _stop.Token);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Stopped, as asked.
        }
        finally
        {
            Stop();
            asking.Join();
            beating.Join();
        }
    }

    private void Stop()
    {
        _stop.Cancel();
        lock (_gate)
        {
            _over = true;
            Monitor.PulseAll(_gate);
        }
    }

    private static Thread Start(string name, Action loop)
    {
        Thread thread = new(() => loop(), 1 << 20) { IsBackground = true, Name = $"shardinit {name}" };
        thread.Start();
        return thread;
    }

    private void Generate(PartQueue<WorkItem> queue, TileBuffer buffer, CancellationToken cancelled)
    {
        while (!cancelled.IsCancellationRequested)
        {
            if (!queue.TryTake(out PartQueue<WorkItem>.OpenFile open, out int turn))
            {
                lock (_gate)
                {
                    while (_waiting.Count == 0 && !_over && !cancelled.IsCancellationRequested) Monitor.Wait(_gate, _options.IdleInterval);
                    if (_over) return;
                }
                continue;
            }
            open.File.Turn(turn, buffer);
            if (!open.FinishTile()) continue;
            open.File.Finish();
            queue.Close(open);
            Finished(open.Number);
        }
    }

    private (bool Found, int File) Next()
    {
        lock (_gate) return _waiting.TryTake(out int number) ? (true, number) : (false, 0);
    }

    private WorkItem Held(int number)
    {
        lock (_gate) return _held[number];
    }

    private void Finished(int number)
    {
        lock (_gate)
        {
            if (_held[number] is ShardItem { Error: null, HasOutcome: true } item)
            {
                _bytesWritten += item.BytesDone;
                _shardsWritten += item.BytesDone > 0 ? 1 : 0;
            }
            // What has no room here now, or no file system, has none for the next shard either: others get the rest.
            if (_held[number] is ShardItem { Error: not null } failed)
            {
                foreach (int waiting in _waiting.TakeAll(failed.Job))
                {
                    if (_held.Remove(waiting, out WorkItem? rest)) _returned.Add((ShardItem)rest);
                }
            }
            _finished.Enqueue(number);
            Monitor.PulseAll(_gate);
        }
    }
}
