using System.Collections.Immutable;
using ShardInit.Planning;
using ShardInit.Storage;

namespace ShardInit.Engine;

/// <summary>
/// Hands out the tiles of the files that are still to be written, file after file. A file is begun when its first tile is taken, so beyond the
/// one being handed out only files with a tile in some worker's hands are open: at most one more than there are workers. Files keep the order of the plan, so that a run that was cut short
/// leaves the first layers complete; that costs at most one tile's time at the end, because even the last file is shared by all workers.
/// </summary>
internal sealed class FileQueue(Plan plan, IReadOnlyList<int> files, Func<int, ShardFileWriter> begin) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly HashSet<OpenFile> _open = [];
    private OpenFile? _current;
    private int _nextFile;
    private int _nextTile;

    /// <summary>One file in progress.</summary>
    internal sealed class OpenFile(ShardFileWriter writer, int tiles)
    {
        private int _tilesLeft = tiles;

        public ShardFileWriter Writer { get; } = writer;

        /// <summary>True for exactly one caller: the one that finished the last tile.</summary>
        public bool FinishTile() => Interlocked.Decrement(ref _tilesLeft) == 0;
    }

    /// <summary>The next tile, or false when all are handed out.</summary>
    public bool TryTake(out OpenFile file, out Tile tile, out int tileIndex)
    {
        lock (_lock)
        {
            if (_current is null)
            {
                if (_nextFile == files.Count)
                {
                    (file, tile, tileIndex) = (null!, null!, 0);
                    return false;
                }
                // Under the lock: whoever needs a tile now would otherwise begin yet another file.
                _current = new OpenFile(begin(files[_nextFile]), plan.Files[files[_nextFile]].Tiles.Length);
                _open.Add(_current);
                _nextTile = 0;
            }
            ImmutableArray<Tile> tiles = plan.Files[files[_nextFile]].Tiles;
            (file, tile, tileIndex) = (_current, tiles[_nextTile], _nextTile);
            if (++_nextTile == tiles.Length) (_current, _nextFile) = (null, _nextFile + 1);
            return true;
        }
    }

    /// <summary>Publishes a file all of whose tiles are written.</summary>
    public void Commit(OpenFile file)
    {
        file.Writer.Commit();
        lock (_lock) _open.Remove(file);
        file.Writer.Dispose();
    }

    /// <summary>Gives up what is unfinished: its temporary files go.</summary>
    public void Dispose()
    {
        foreach (OpenFile file in _open) file.Writer.Dispose();
        _open.Clear();
    }
}
