namespace ShardInit.Cluster;

/// <summary>
/// Pauses after failures, by what failed: the first one short, each further one twice as long, up to a limit; a success ends them. What fails for a while, a full disk or a silo that is gone, is then tried
/// a few times a minute and not a thousand times. Not thread-safe.
/// </summary>
internal sealed class GrowingPauses<T>(TimeSpan first, TimeSpan longest, TimeProvider time) where T : notnull
{
    private const int MostDoublings = 30;

    private readonly Dictionary<T, State> _failing = [];

    /// <summary>What is to be left alone now.</summary>
    public IReadOnlyList<T> Paused => [.. _failing.Keys.Where(IsPaused)];

    public bool IsPaused(T what) => _failing.TryGetValue(what, out State? state) && time.GetElapsedTime(state.FailedAt) < Pause(state.Failures);

    /// <summary>How long it has been failing; zero when it is not.</summary>
    public TimeSpan Failing(T what) => _failing.TryGetValue(what, out State? state) ? time.GetElapsedTime(state.Since) : TimeSpan.Zero;

    public void Failed(T what)
    {
        // What was not tried again for long has no history: its job may have ended.
        foreach (T old in _failing.Where(entry => time.GetElapsedTime(entry.Value.FailedAt) > 10 * longest).Select(entry => entry.Key).ToArray()) _failing.Remove(old);
        if (!_failing.TryGetValue(what, out State? state)) _failing.Add(what, state = new State(time.GetTimestamp()));
        (state.Failures, state.FailedAt) = (state.Failures + 1, time.GetTimestamp());
    }

    public void Succeeded(T what) => _failing.Remove(what);

    private TimeSpan Pause(int failures)
    {
        TimeSpan pause = first * (1L << Math.Min(failures - 1, MostDoublings));
        return pause < longest ? pause : longest;
    }

    private sealed class State(long since)
    {
        public long Since { get; } = since;
        public long FailedAt { get; set; }
        public int Failures { get; set; }
    }
}
