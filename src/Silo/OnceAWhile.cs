using System.Diagnostics;

namespace ShardInit.Silo;

/// <summary>Lets a line through that was not let through lately: whoever is turned away comes back every second.</summary>
internal sealed class OnceAWhile(TimeSpan pause)
{
    /// <summary>Strangers choose part of what is told of them, so only so much is remembered.</summary>
    private const int MostLines = 1000;

    private readonly Dictionary<string, long> _last = new(StringComparer.Ordinal);

    public bool IsDue(string line)
    {
        lock (_last)
        {
            if (_last.TryGetValue(line, out long last) && Stopwatch.GetElapsedTime(last) < pause) return false;
            if (_last.Count >= MostLines) _last.Clear();
            _last[line] = Stopwatch.GetTimestamp();
            return true;
        }
    }
}
