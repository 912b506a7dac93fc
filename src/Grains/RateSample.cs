namespace ShardInit.Grains;

/// <summary>Bytes a second between looks at a counter, over about the last ten seconds of this process's own clock.</summary>
internal sealed class RateSample(TimeProvider time)
{
    private static readonly TimeSpan s_span = TimeSpan.FromSeconds(10);

    private readonly Queue<(long At, long Bytes)> _looks = new();

    /// <summary>Null before two looks, or when the counter began anew.</summary>
    public double? BytesPerSecond
    {
        get
        {
            if (_looks.Count < 2) return null;
            ((long from, long fewer), (long to, long more)) = (_looks.Peek(), _looks.Last());
            double seconds = time.GetElapsedTime(from, to).TotalSeconds;
            return seconds > 0 && more >= fewer ? (more - fewer) / seconds : null;
        }
    }

    public void Add(long bytes)
    {
        long now = time.GetTimestamp();
        if (_looks.Count > 0 && bytes < _looks.Last().Bytes) _looks.Clear();
        _looks.Enqueue((now, bytes));
        while (_looks.Count > 2 && time.GetElapsedTime(_looks.Peek().At, now) > s_span) _looks.Dequeue();
    }
}
