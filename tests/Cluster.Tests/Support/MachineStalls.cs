using System.Diagnostics;

namespace ShardInit.Cluster.Tests.Support;

/// <summary>How long a thread that only sleeps is kept waiting: what a machine that is busy with other things does to everything that is timed.</summary>
public sealed class MachineStalls : IDisposable
{
    /// <summary>From here on a time says more of the machine than of what was timed. The runtime calls a turn long after a multiple of this.</summary>
    public static readonly TimeSpan Busy = TimeSpan.FromMilliseconds(150);

    private static readonly TimeSpan s_nap = TimeSpan.FromMilliseconds(10);

    private readonly CancellationTokenSource _stop = new();
    private readonly Thread _thread;
    private long _longest;

    public MachineStalls()
    {
        _thread = new Thread(Nap) { IsBackground = true };
        _thread.Start();
    }

    public TimeSpan Longest => new(Interlocked.Read(ref _longest));

    public void Dispose()
    {
        _stop.Cancel();
        _thread.Join();
        _stop.Dispose();
    }

    private void Nap()
    {
        while (!_stop.IsCancellationRequested)
        {
            long start = Stopwatch.GetTimestamp();
            Thread.Sleep(s_nap);
            TimeSpan late = Stopwatch.GetElapsedTime(start) - s_nap;
            if (late > Longest) Interlocked.Exchange(ref _longest, late.Ticks);
        }
    }
}
