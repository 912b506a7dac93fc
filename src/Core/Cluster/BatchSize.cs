namespace ShardInit.Cluster;

/// <summary>How much to ask for at a time: what was lately written in the batch span.</summary>
internal sealed class BatchSize(WorkerOptions options)
{
    private static readonly TimeSpan s_window = TimeSpan.FromSeconds(2);

    private long _windowStart = options.Time.GetTimestamp();
    private long _windowBytes;
    private double _rate;

    /// <param name="bytesWritten">Since the start of the worker.</param>
    public long Bytes(long bytesWritten)
    {
        TimeSpan elapsed = options.Time.GetElapsedTime(_windowStart);
        if (elapsed >= s_window)
        {
            double rate = (bytesWritten - _windowBytes) / elapsed.TotalSeconds;
            // A pause between jobs says nothing about the machine.
            if (rate > 0) _rate = _rate == 0 ? rate : (_rate + rate) / 2;
            (_windowStart, _windowBytes) = (options.Time.GetTimestamp(), bytesWritten);
        }
        return Math.Max(options.LeastBatchBytes, (long)(_rate * options.BatchSpan.TotalSeconds));
    }
}
