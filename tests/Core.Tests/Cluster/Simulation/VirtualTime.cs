namespace ShardInit.Core.Tests.Cluster.Simulation;

/// <summary>Time that passes only when the next event says so. Events of one moment happen in the order of their making: a seed decides everything.</summary>
internal sealed class VirtualTime : TimeProvider
{
    private readonly PriorityQueue<Action, (long At, long Number)> _events = new();
    private long _now, _number;

    public TimeSpan Now => TimeSpan.FromTicks(_now);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    // Not from zero: nothing may take a time stamp for a span. The low digits make those of two moments differ.
    public override long GetTimestamp() => _now + 123_456_789;

    public void After(TimeSpan delay, Action action) => _events.Enqueue(action, (_now + delay.Ticks, _number++));

    public void Pass(TimeSpan span) => _now += span.Ticks;

    /// <summary>The next event; false when there is none up to the limit.</summary>
    public bool Step(TimeSpan limit)
    {
        if (!_events.TryPeek(out Action? action, out (long At, long Number) key) || key.At > limit.Ticks) return false;
        _events.Dequeue();
        _now = key.At;
        action();
        return true;
    }
}
