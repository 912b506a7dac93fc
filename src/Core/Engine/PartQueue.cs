namespace ShardInit.Engine;

/// <summary>
/// Hands out the tiles of files, file after file, to any number of threads. A file is opened when its first tile is taken, so beyond the
/// one being handed out only files with a tile in some worker's hands are open: at most one more than there are workers. Files keep their order, so that a run
/// that was cut short leaves the first layers complete; that costs at most one tile's time at the end, because even the last file is shared by all workers.
/// </summary>
/// <typeparam name="TFile">An open file; disposing it gives up what is unfinished.</typeparam>
/// <param name="next">Opens the next file and tells how many tiles it has; one without tiles gets one turn all the same, so that somebody closes it. Null when there is none now;
/// called by one thread at a time.</param>
internal sealed class PartQueue<TFile>(Func<PartQueue<TFile>.Opened?> next) : IDisposable where TFile : class, IDisposable
{
    private readonly Lock _lock = new();
    private readonly HashSet<OpenFile> _open = [];
    private OpenFile? _current;
    private int _nextTile;

    /// <summary>Over a list of files, in its order.</summary>
    /// <param name="files">Numbers of the files.</param>
    public PartQueue(IReadOnlyList<int> files, Func<int, (TFile File, int Tiles)> open) : this(InOrder(files, open)) { }

    /// <summary>A file just opened.</summary>
    internal sealed record Opened(TFile File, int Number, int Tiles);

    /// <summary>One file in progress.</summary>
    internal sealed class OpenFile(TFile file, int number, int turns)
    {
        private int _left = turns;

        public TFile File { get; } = file;
        public int Number { get; } = number;
        internal int Turns { get; } = turns;

        /// <summary>True for exactly one caller: the one that finished the last tile.</summary>
        public bool FinishTile() => Interlocked.Decrement(ref _left) == 0;
    }

    /// <summary>The next tile, or false when there is none now.</summary>
    public bool TryTake(out OpenFile file, out int tile)
    {
        lock (_lock)
        {
            if (_current is null)
            {
                // Under the lock: whoever needs a tile now would otherwise open yet another file.
                if (next() is not { } opened)
                {
                    (file, tile) = (null!, 0);
                    return false;
                }
                _current = new OpenFile(opened.File, opened.Number, Math.Max(1, opened.Tiles));
                _open.Add(_current);
                _nextTile = 0;
            }
            (file, tile) = (_current, _nextTile);
            if (++_nextTile == _current.Turns) _current = null;
            return true;
        }
    }

    /// <summary>Done with a file, well or badly.</summary>
    public void Close(OpenFile file)
    {
        lock (_lock) _open.Remove(file);
        file.File.Dispose();
    }

    /// <summary>Gives up what is unfinished. Only when no worker runs any more.</summary>
    public void Dispose()
    {
        foreach (OpenFile file in _open) file.File.Dispose();
        _open.Clear();
    }

    private static Func<Opened?> InOrder(IReadOnlyList<int> files, Func<int, (TFile File, int Tiles)> open)
    {
        int index = 0;
        return () =>
        {
            if (index == files.Count) return null;
            int number = files[index++];
            (TFile file, int tiles) = open(number);
            return new Opened(file, number, tiles);
        };
    }
}
