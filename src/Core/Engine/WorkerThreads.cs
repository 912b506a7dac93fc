using System.Runtime.ExceptionServices;
using ShardInit.Storage;

namespace ShardInit.Engine;

/// <summary>
/// A fixed number of dedicated threads that do the same thing until it is done, each with one buffer of its own. The thread pool is not used: its
/// growth would change memory and its turns would compete with the host's.
/// </summary>
internal static class WorkerThreads
{
    /// <summary>Deep enough for every call below; the default of 8 MiB a thread is address space for nothing.</summary>
    private const int StackBytes = 1 << 20;

    /// <summary>
    /// Runs <paramref name="work"/> on <paramref name="count"/> threads and waits for all. The first exception cancels the token that the others watch
    /// and is thrown again here, once; cancellation from outside ends in <see cref="OperationCanceledException"/>.
    /// </summary>
    public static void Run(int count, Action<TileBuffer, CancellationToken> work, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        ExceptionDispatchInfo? first = null;
        Thread[] threads = new Thread[count];
        for (int i = 0; i < count; i++)
        {
            threads[i] = new Thread(Body, StackBytes) { IsBackground = true, Name = $"shardinit worker {i}" };
            threads[i].Start();
        }
        foreach (Thread thread in threads) thread.Join();
        // A cancellation seen by a worker is the consequence of the first failure, never the other way round.
        if (first is not null && !(first.SourceException is OperationCanceledException && cancel.IsCancellationRequested)) first.Throw();
        cancel.ThrowIfCancellationRequested();

        void Body()
        {
            try
            {
                if (HostGuard.Problem() is { } problem) throw new PlatformNotSupportedException(problem);
                using TileBuffer buffer = new();
                work(buffer, stop.Token);
            }
            catch (Exception exception)
            {
                Interlocked.CompareExchange(ref first, ExceptionDispatchInfo.Capture(exception), null);
                stop.Cancel();
            }
        }
    }
}
