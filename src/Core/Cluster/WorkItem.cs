using ShardInit.Storage;

namespace ShardInit.Cluster;

/// <summary>Something that the threads of a worker do together in turns: a shard to write, one to decide about, a job to seal.</summary>
internal abstract class WorkItem : IDisposable
{
    private volatile Exception? _error;
    private volatile bool _dropped;
    private int _turnsDone;

    public abstract string Job { get; }

    public abstract long Bytes { get; }

    /// <summary>-1 before it was begun.</summary>
    public int TurnsDone => IsBegun ? Volatile.Read(ref _turnsDone) : -1;

    public bool IsBegun { get; private set; }

    /// <summary>Nobody wants the result any more.</summary>
    public bool IsDropped => _dropped;

    public Exception? Error => _error;

    /// <summary>There is something to report, if only a failure; also of an item that was dropped too late.</summary>
    public bool HasOutcome => _error is not null || HasResult;

    protected abstract bool HasResult { get; }

    public void Drop() => _dropped = true;

    /// <summary>It cannot even be begun.</summary>
    public void Fail(Exception error) => _error = error;

    /// <summary>How many turns it takes; 0 where it is done, or failed, at once.</summary>
    public int Begin()
    {
        IsBegun = true;
        if (IsDropped) return 0;
        int turns = 0;
        Try(() => turns = Open());
        return _error is null ? turns : 0;
    }

    /// <summary>One turn; nothing once it failed or was dropped.</summary>
    public void Turn(int turn, TileBuffer buffer)
    {
        if (_error is not null || IsDropped) return;
        Try(() => Work(turn, buffer));
        Interlocked.Increment(ref _turnsDone);
    }

    /// <summary>After the last turn, once.</summary>
    public void Finish()
    {
        if (_error is null && !IsDropped) Try(Close);
    }

    public abstract void Dispose();

    protected abstract int Open();

    protected abstract void Work(int turn, TileBuffer buffer);

    protected abstract void Close();

    /// <summary>A failure of one item says nothing about the others.</summary>
    private void Try(Action action)
    {
        try
        {
            action();
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            _error = error;
        }
    }
}
