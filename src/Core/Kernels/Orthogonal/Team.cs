using System.Runtime.ExceptionServices;

namespace ShardInit.Kernels;

/// <summary>A fixed number of threads, the caller among them, that share out the tasks of one loop after another. Who runs a task never shows in a result.</summary>
internal sealed class Team : IDisposable
{
    private const int StackBytes = 1 << 20;

    private readonly Barrier? _turn;
    private readonly Thread[] _others;
    private readonly CancellationToken _cancel;
    private Action<int>? _body;
    private int _tasks;
    private int _next;
    private ExceptionDispatchInfo? _first;

    public Team(int threads, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        _cancel = cancel;
        Threads = threads;
        _others = new Thread[threads - 1];
        if (threads == 1) return;
        _turn = new Barrier(threads);
        for (int i = 0; i < _others.Length; i++)
        {
            _others[i] = new Thread(Serve, StackBytes) { IsBackground = true, Name = $"shardinit matrix {i + 1}" };
            _others[i].Start();
        }
    }

    public int Threads { get; }

    /// <summary>Runs <paramref name="body"/> for 0 .. tasks-1, handed out in ascending order, and returns when all have ended. Throws the first exception of any.</summary>
    public void Run(int tasks, Action<int> body)
    {
        _cancel.ThrowIfCancellationRequested();
        _body = body;
        _tasks = tasks;
        _next = 0;
        _turn?.SignalAndWait(CancellationToken.None);
        Work();
        _turn?.SignalAndWait(CancellationToken.None);
        Interlocked.Exchange(ref _first, null)?.Throw();
        _cancel.ThrowIfCancellationRequested();
    }

    public void Dispose()
    {
        if (_turn is null) return;
        _body = null;
        _turn.SignalAndWait(CancellationToken.None);
        foreach (Thread thread in _others) thread.Join();
        _turn.Dispose();
    }

    private void Serve()
    {
        Barrier turn = _turn!;
        while (true)
        {
            turn.SignalAndWait(CancellationToken.None);
            if (_body is null) return;
            Work();
            turn.SignalAndWait(CancellationToken.None);
        }
    }

    private void Work()
    {
        try
        {
            for (int task = Interlocked.Increment(ref _next) - 1; task < _tasks; task = Interlocked.Increment(ref _next) - 1)
            {
                if (_cancel.IsCancellationRequested || _first is not null) return;
                _body!(task);
            }
        }
        catch (Exception exception)
        {
            Interlocked.CompareExchange(ref _first, ExceptionDispatchInfo.Capture(exception), null);
        }
    }
}
