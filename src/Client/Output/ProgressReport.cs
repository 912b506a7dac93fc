using System.Diagnostics;
using ShardInit.Engine;

namespace ShardInit.Client.Output;

/// <summary>Shows an <see cref="EngineProgress"/> while work goes on: a bar on a terminal, otherwise a line every ten seconds.</summary>
public sealed class ProgressReport : IDisposable
{
    private static readonly TimeSpan s_barInterval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan s_lineInterval = TimeSpan.FromSeconds(10);
    private const int BarWidth = 30;

    private readonly Terminal _terminal;
    private readonly EngineProgress _progress;
    private readonly string _verb;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Timer? _timer;
    private readonly Lock _drawing = new();
    private bool _closed;

    public ProgressReport(Terminal terminal, EngineProgress progress, string verb)
    {
        (_terminal, _progress, _verb) = (terminal, progress, verb);
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
            (long done, long total) = (_progress.BytesDone, _progress.BytesTotal);
            double rate = done / Math.Max(Seconds, 1e-3);
            string left = done == 0 ? "unknown" : Human.Seconds((total - done) / rate);
            string text = $"{_verb} {Percent(done, total)}  {Human.Bytes(done)} of {Human.Bytes(total)}  {_progress.FilesDone} of {Human.Plural(_progress.FilesTotal, "file")}  {Human.Rate(rate)}  {left} left";
            if (_terminal.ErrorIsTerminal)
            {
                int full = total == 0 ? BarWidth : (int)(done * (double)BarWidth / total);
                _terminal.Write($"\r[{new string('#', full)}{new string('.', BarWidth - full)}] {text}\x1b[K");
            }
            else _terminal.Say(text);
        }
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
