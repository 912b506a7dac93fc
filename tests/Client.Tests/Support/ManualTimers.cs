namespace ShardInit.Client.Tests.Support;

/// <summary>Timers that ring when a test says so.</summary>
internal sealed class ManualTimers : TimeProvider
{
    private readonly List<ManualTimer> _timers = [];

    public IReadOnlyList<TimeSpan> Periods => [.. _timers.Select(timer => timer.Period)];

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ManualTimer timer = new(callback, state, period);
        _timers.Add(timer);
        return timer;
    }

    public void Ring()
    {
        foreach (ManualTimer timer in _timers) timer.Ring();
    }

    private sealed class ManualTimer(TimerCallback callback, object? state, TimeSpan period) : ITimer
    {
        private bool _stopped;

        public TimeSpan Period { get; private set; } = period;

        public void Ring()
        {
            if (!_stopped) callback(state);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Period = period;
            return true;
        }

        public void Dispose() => _stopped = true;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
