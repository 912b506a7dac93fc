using System.Collections.Frozen;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using ShardInit.Errors;
using ShardInit.Model;

namespace ShardInit.Storage;

/// <summary>One tile as it stands in a file.</summary>
/// <param name="Header">Name, dtype, shapes.</param>
/// <param name="ValueOffset">File offset of the first value byte.</param>
/// <param name="Digest">The recorded digest text.</param>
/// <param name="Metadata">Custom metadata of the record batch message.</param>
public sealed record ShardTile(TileHeader Header, long ValueOffset, string Digest, FrozenDictionary<string, string> Metadata)
{
    public long ValueLength => Header.ValueLength;
}

/// <summary>
/// Reads any shard file of docs/format.md by itself, memory-mapped: no plan, no copy, files of any size. Trusts nothing: opening checks frame, schema and
/// footer; asking for a tile checks every number of its message before use. Values are checked against their digest by <see cref="DigestHolds"/>.
/// A file that is cut short by another process while it is mapped ends this process, as with every mapping: read only committed files.
/// </summary>
public sealed unsafe class ShardReader : IDisposable
{
    private readonly SafeFileHandle _file;
    private readonly MemoryMappedFile _mapping;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _start;
    private readonly long _length;
    private readonly ShardSchema _schema;
    private readonly ShardBlock[] _blocks;
    private readonly ShardTile?[] _tiles;
    private Dictionary<string, List<int>>? _byName;

    public string Path { get; }

    /// <summary>Schema metadata: format and spec version, ids, seed, group, tile count; empty for a file that another writer made.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _schema.Metadata;

    /// <summary>Dtypes with a value column in the file, in column order.</summary>
    public IReadOnlyList<DType> ValueColumns => _schema.ValueColumns;

    public int TileCount => _blocks.Length;

    public long FileLength => _length;

    /// <exception cref="ShardFormatException">One code per cause (docs/format.md).</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static ShardReader Open(string path)
    {
        SafeFileHandle file = FileOperations.System.TryOpenRead(path) ?? throw new FileNotFoundException($"{path}: no such file", path);
        try
        {
            long length = RandomAccess.GetLength(file);
            if (length < ShardFrame.MinLength) throw new ShardFormatException(ShardFormatCode.Truncated, path, $"{length} bytes, too short for an Arrow file");
            return new ShardReader(file, path, length);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private ShardReader(SafeFileHandle file, string path, long length)
    {
        Path = path;
        _file = file;
        _length = length;
        _mapping = MemoryMappedFile.CreateFromFile(file, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        _view = _mapping.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
        try
        {
            byte* pointer = null;
            _view.SafeMemoryMappedViewHandle.AcquirePointer(ref pointer);
            _start = pointer + _view.PointerOffset;
            (_schema, _blocks) = ShardFrame.Read(path, length, Bytes);
            _tiles = new ShardTile?[_blocks.Length];
        }
        catch
        {
            Unmap();
            throw;
        }
    }

    /// <summary>Tile number <paramref name="tile"/>, checked.</summary>
    public ShardTile Tile(int tile)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(tile);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(tile, TileCount);
        return _tiles[tile] ??= TileParser.Parse(Path, tile, _schema, _blocks[tile], Bytes);
    }

    /// <summary>Numbers of the tiles of a stored tensor, in file order; empty when the file has none.</summary>
    public IReadOnlyList<int> TilesOf(string tensor)
    {
        if (_byName is null)
        {
            Dictionary<string, List<int>> byName = new(StringComparer.Ordinal);
            for (int tile = 0; tile < TileCount; tile++)
            {
                string name = Tile(tile).Header.Tensor;
                if (!byName.TryGetValue(name, out List<int>? tiles)) byName[name] = tiles = [];
                tiles.Add(tile);
            }
            _byName = byName;
        }
        return _byName.TryGetValue(tensor, out List<int>? found) ? found : [];
    }

    /// <summary>The value bytes of a tile in the mapping: little-endian, row-major, valid until the reader is disposed.</summary>
    public ReadOnlySpan<byte> Values(int tile)
    {
        ShardTile found = Tile(tile);
        return Bytes(found.ValueOffset, (int)found.ValueLength);
    }

    /// <summary>The values of a tile as elements of the size of its dtype.</summary>
    public ReadOnlySpan<T> Values<T>(int tile) where T : unmanaged
    {
        int size = Tile(tile).Header.DType.ByteSize();
        if (sizeof(T) != size) throw new ArgumentException($"{typeof(T).Name} has {sizeof(T)} bytes, elements of tile {tile} have {size}");
        return MemoryMarshal.Cast<byte, T>(Values(tile));
    }

    /// <summary>Whether the values of a tile have the digest that the file records.</summary>
    public bool DigestHolds(int tile) =>
        Digests.KindOf(Tile(tile).Digest) is { } kind && Digests.Compute(kind, Values(tile)) == Tile(tile).Digest;

    public void Dispose()
    {
        Unmap();
        _file.Dispose();
    }

    private void Unmap()
    {
        if (_start is not null && !_view.SafeMemoryMappedViewHandle.IsClosed) _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _mapping.Dispose();
    }

    // SAFETY: callers have checked the range against the length of the file; restated here because everything rests on it.
    private ReadOnlySpan<byte> Bytes(long offset, int length)
    {
        if (offset < 0 || length < 0 || offset > _length - length)
        {
            throw new ShardFormatException(ShardFormatCode.BadOffset, Path, $"expected {length} bytes at offset {offset}, the file has {_length}");
        }
        ObjectDisposedException.ThrowIf(_view.SafeMemoryMappedViewHandle.IsClosed, this);
        return new ReadOnlySpan<byte>(_start + offset, length);
    }
}

/// <summary>Gives the bytes of a range of a file that is known to hold them.</summary>
internal delegate ReadOnlySpan<byte> ByteRange(long offset, int length);

/// <summary>A record batch as the footer lists it.</summary>
internal readonly record struct ShardBlock(long Offset, int MetadataLength, long BodyLength);
