using System.Diagnostics;
using ShardInit.Engine;

namespace ShardInit.Client.Output;

/// <summary>Shows an <see cref="EngineProgress"/> while work goes on: a bar on a terminal, otherwise a line every ten seconds.</summary>
public sealed class ProgressReport : IDisposable
{
    private static readonly TimeSpan s_barInterval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan s_lineInterval = TimeSpan.FromSeconds(10);
    private const int WidestBar = 30;
    private const int NarrowestBar = 5;

    private readonly Terminal _terminal;
    private readonly EngineProgress _progress;
    private readonly string _verb;
    private readonly Action? _look;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Timer? _timer;
    private readonly Lock _drawing = new();
    private bool _closed;

    /// <param name="look">Brings <paramref name="progress"/> up to date before it is shown.</param>
    public ProgressReport(Terminal terminal, EngineProgress progress, string verb, Action? look = null)
    {
        (_terminal, _progress, _verb, _look) = (terminal, progress, verb, look);
        if (terminal.Quiet) return;
        TimeSpan interval = terminal.ErrorIsTerminal ? s_barInterval : s_lineInterval;
        _timer = new Timer(_ => Draw(), null, interval, interval);
    }

    public double Seconds => _clock.Elapsed.TotalSeconds;

    private void Draw()
    {
        lock (_drawing)
        {
            if (_closed) return;
            _look?.Invoke();
            (long done, long total) = (_progress.BytesDone, _progress.BytesTotal);
            double rate = done / Math.Max(Seconds, 1e-3);
            string left = done == 0 ? "unknown" : Human.Seconds((total - done) / rate);
            string text = $"{_verb} {Percent(done, total)}  {Human.Bytes(done)} of {Human.Bytes(total)}  {_progress.FilesDone} of {Human.Plural(_progress.FilesTotal, "file")}  {Human.Rate(rate)}  {left} left";
            if (_terminal.ErrorIsTerminal) _terminal.Write($"\r{Bar(text, done, total, ErrorScreen.Columns())}\x1b[K");
            else _terminal.Say(text);
        }
    }

    /// <summary>The line with a bar as wide as there is room for; never longer than the screen, where a wrapped line could not be drawn over.</summary>
    internal static string Bar(string text, long done, long total, int columns)
    {
        int room = Math.Min(WidestBar, columns - 1 - text.Length - 3);
        if (room < NarrowestBar) return text.Length < columns ? text : text[..Math.Max(0, columns - 1)];
        int full = total == 0 ? room : (int)((Int128)done * room / total);
        return $"[{new string('#', full)}{new string('.', room - full)}] {text}";
    }

    private static string Percent(long done, long total) => total == 0 ? "100 %" : $"{(int)(done * 100.0 / total)} %";

    public void Dispose()
    {
        _timer?.Dispose();
        lock (_drawing)
        {
            _closed = true;
            if (_timer is not null && _terminal.ErrorIsTerminal) _terminal.Write("\r\x1b[K");
        }
    }
}
