using Microsoft.Win32.SafeHandles;
using ShardInit.Engine;
using ShardInit.Model;
using ShardInit.Planning;

namespace ShardInit.Storage;

/// <summary>
/// One shard file under verification. Opening compares every byte outside values with the plan; <see cref="VerifyTile"/> may be called from several threads,
/// once per tile; <see cref="Finish"/> compares the file's digest and gives the defects in file order.
/// </summary>
public sealed class FileVerification : IDisposable
{
    private readonly ValueFile? _content;
    private readonly ShardLayout _layout;
    private readonly ShardFile _shard;
    private readonly ManifestFile? _entry;
    private readonly ITileSource? _values;
    private readonly CommittedFile? _committed;
    private readonly Defect? _frame;
    private readonly Defect?[] _tiles;

    /// <param name="manifest">Of the directory, or null: then the file's own digest is not compared.</param>
    /// <param name="values">Regenerates values for comparison; null to trust digests.</param>
    public FileVerification(string directory, Plan plan, int file, Manifest? manifest, ITileSource? values)
    {
        _layout = ShardLayout.Of(plan, file);
        string path = Path.Combine(directory, _layout.FileName);
        _shard = plan.Files[file];
        _values = values;
        // In the order of the plan; a manifest in another order is a defect of its own.
        _entry = file < manifest?.Files.Length && manifest.Files[file].Name == _layout.FileName ? manifest.Files[file] : null;
        _tiles = [];
        try
        {
            SafeFileHandle? handle = FileOperations.System.TryOpenRead(path);
            if (handle is null)
            {
                _frame = new Defect(_layout.FileName, null, null, DefectKinds.MissingFile, "the file is missing");
                return;
            }
            _content = new ValueFile(handle, FileOperations.System.TryOpenReadDirect(path), path);
            _committed = CommittedFile.Inspect(handle, path, _layout);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            _frame = Unreadable(null, error);
            return;
        }
        if (_committed.IsIntact) _tiles = new Defect?[_layout.TileCount];
        else _frame = Structural(_committed);
    }

    /// <summary>Tiles whose values can be verified: none where what surrounds them is damaged.</summary>
    public int TileCount => _tiles.Length;

    /// <param name="progress">Told the number of value bytes read, piece by piece.</param>
    public void VerifyTile(int tile, TileBuffer buffer, CancellationToken cancel, Action<long>? progress = null)
    {
        Tile at = _shard.Tiles[tile];
        ValueCheck check = new(_content!, _layout, tile, _committed!.TileDigests[tile], _values is null ? null : Bind(_values, at, _layout.Tile(tile).DType));
        try
        {
            _tiles[tile] = check.Run(buffer, cancel, progress);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // A bad sector is a defect that repair mends, not the end of the verification.
            _tiles[tile] = Unreadable(tile, error);
        }
    }

    /// <summary>The defects, after all tiles were verified; empty for a sound file.</summary>
    public IReadOnlyList<Defect> Finish()
    {
        if (_frame is not null) return [_frame];
        List<Defect> defects = [.. _tiles.OfType<Defect>()];
        if (defects.Count == 0 && _entry is not null && _entry.Digest != _committed!.FileDigest)
        {
            defects.Add(new Defect(_layout.FileName, null, null, DefectKinds.DigestMismatch, $"expected {_entry.Digest} by {CheckpointFiles.Manifest}, found {_committed.FileDigest}"));
        }
        return defects;
    }

    public void Dispose() => _content?.Dispose();

    private Defect Unreadable(int? tile, Exception error) =>
        new(_layout.FileName, tile, tile is { } at ? _layout.Tile(at).Tensor : null, DefectKinds.Unreadable, error.Message);

    private Defect Structural(CommittedFile committed) => new(
        _layout.FileName, committed.Tile, committed.Tile is { } tile ? _layout.Tile(tile).Tensor : null,
        committed.State == CommittedState.WrongSize ? DefectKinds.WrongSize : DefectKinds.StructureMismatch, committed.Message);

    private static ValueCheck.Generator Bind(ITileSource source, Tile tile, DType dtype)
    {
        int size = dtype.ByteSize();
        return (offset, destination) => source.Fill(tile.Tensor, tile.FirstElement + (offset / size), destination.Length / size, destination);
    }
}
