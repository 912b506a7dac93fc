namespace ShardInit.Cluster;

/// <summary>Time since this object was made, by its holder's own monotonic clock. Spans of two holders are never compared.</summary>
internal sealed class MonotonicClock(TimeProvider provider)
{
    private readonly long _start = provider.GetTimestamp();

    public TimeSpan Now => provider.GetElapsedTime(_start);
}
