using System.Text;
using Microsoft.Win32.SafeHandles;
using ShardInit.Errors;
using ShardInit.Model;
using ShardInit.Planning;
using ShardInit.Storage;

namespace ShardInit.Engine;

/// <summary>
/// Stored bytes of one tensor, any box of it, out of a directory that may still be incomplete. The digest of each tile is checked before the first byte of it is
/// handed out, and the head of each file must be the one that the plan says, so bytes of a damaged tile or of another plan's file never come out.
/// Memory is one window and one buffer, whatever the tensor. Not safe for concurrent use.
/// </summary>
public sealed class TensorReader : IDisposable
{
    private const int WindowBytes = 1 << 20;

    private readonly string _directory;
    private readonly Plan _plan;
    private readonly StoredTensor _tensor;
    private readonly Place[] _places;
    private readonly HashSet<int> _checked = [];
    private readonly TileBuffer _buffer = new();
    private readonly byte[] _window = new byte[WindowBytes];
    private SafeFileHandle? _file;
    private ShardLayout? _layout;
    private int _openFile = -1;
    private int _place = -1;
    private (long Start, int Length) _loaded;

    private readonly record struct Place(int File, int Tile, long First, long Count);

    public TensorReader(string directory, Plan plan, int tensor)
    {
        (_directory, _plan, _tensor) = (directory, plan, plan.Tensors[tensor]);
        List<Place> places = [];
        for (int file = 0; file < plan.Files.Length; file++)
        {
            for (int tile = 0; tile < plan.Files[file].Tiles.Length; tile++)
            {
                Tile at = plan.Files[file].Tiles[tile];
                if (at.Tensor == tensor) places.Add(new Place(file, tile, at.FirstElement, at.ElementCount));
            }
        }
        _places = [.. places.OrderBy(place => place.First)];
    }

    /// <summary>Hands the box to <paramref name="sink"/>, little-endian, row-major, in pieces of at most 1 MiB that hold whole elements.</summary>
    /// <exception cref="IOException">A file is missing or cannot be read.</exception>
    /// <exception cref="ShardFormatException">A tile is damaged, or a file is not the one that the plan describes.</exception>
    /// <exception cref="ArgumentException">The box does not lie in the tensor.</exception>
    public void CopyTo(TensorSlice slice, Action<ReadOnlySpan<byte>> sink, CancellationToken cancel)
    {
        slice.CheckInside(_tensor.Shape);
        foreach ((long first, long count) in slice.Runs(_tensor.Shape))
        {
            for (long done = 0; done < count;)
            {
                cancel.ThrowIfCancellationRequested();
                GoTo(first + done);
                Place place = _places[_place];
                long inTile = first + done - place.First;
                ReadOnlySpan<byte> bytes = Window(inTile, Math.Min(count - done, place.Count - inTile));
                sink(bytes);
                done += bytes.Length / _tensor.DType.ByteSize();
            }
        }
    }

    public void Dispose()
    {
        _file?.Dispose();
        _buffer.Dispose();
    }

    /// <summary>Makes the tile that holds an element the current one.</summary>
    private void GoTo(long element)
    {
        if (_place >= 0 && element >= _places[_place].First && element < _places[_place].First + _places[_place].Count) return;
        (int low, int high) = (0, _places.Length - 1);
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            if (_places[middle].First <= element) low = middle;
            else high = middle - 1;
        }
        _place = low;
        _loaded = default;
        if (_openFile != _places[low].File) Open(_places[low].File);
        if (_checked.Add(low)) CheckDigest(_places[low].Tile);
    }

    private void Open(int file)
    {
        string path = Path.Combine(_directory, _plan.Files[file].Name);
        _file?.Dispose();
        _openFile = -1;
        _file = FileOperations.System.TryOpenRead(path)
            ?? throw new FileNotFoundException($"{path}: expected a shard with tensor '{_tensor.Name}', found no file; write it with 'shardinit resume {_directory}'", path);
        _layout = ShardLayout.Of(_plan, file);
        byte[] head = new byte[_layout.GapLength(0)];
        ReadExactly(head, 0, path);
        if (!head.AsSpan().SequenceEqual(_layout.Gap(0, null))) throw Damaged(ShardFormatCode.BadTile, path, "the head of the file is not the one that plan.json describes; it is damaged or belongs to another plan");
        long length = RandomAccess.GetLength(_file);
        if (length != _layout.FileLength) throw Damaged(ShardFormatCode.Truncated, path, $"expected {_layout.FileLength} bytes, found {length}");
        _openFile = file;
    }

    private void CheckDigest(int tile)
    {
        string path = Path.Combine(_directory, _layout!.FileName);
        byte[] recorded = new byte[Digests.TextLength(_layout.DigestKind)];
        ReadExactly(recorded, _layout.DigestOffset(tile), path);
        using TileHasher hasher = new(_layout.DigestKind);
        Span<byte> buffer = _buffer.Bytes;
        long length = _layout.ValueLength(tile);
        for (long done = 0; done < length;)
        {
            Span<byte> piece = buffer[..(int)Math.Min(buffer.Length, length - done)];
            ReadExactly(piece, _layout.ValueOffset(tile) + done, path);
            hasher.Append(piece);
            done += piece.Length;
        }
        (string expected, string found) = (Encoding.Latin1.GetString(recorded), hasher.Finish());
        if (expected != found)
        {
            string shown = Digests.IsText(_layout.DigestKind, expected) ? expected : "no digest";
            throw Damaged(ShardFormatCode.DigestMismatch, path, $"tile {tile} of tensor '{_tensor.Name}': recorded is {shown}, its values have {found}");
        }
    }

    /// <summary>The bytes of the current tile from an element on: at most <paramref name="count"/> elements, at least one.</summary>
    private ReadOnlySpan<byte> Window(long element, long count)
    {
        int size = _tensor.DType.ByteSize();
        long start = element * size;
        if (start < _loaded.Start || start >= _loaded.Start + _loaded.Length)
        {
            int tile = _places[_place].Tile;
            int length = (int)Math.Min(WindowBytes, _layout!.ValueLength(tile) - start);
            ReadExactly(_window.AsSpan(0, length), _layout.ValueOffset(tile) + start, _layout.FileName);
            _loaded = (start, length);
        }
        int offset = (int)(start - _loaded.Start);
        return _window.AsSpan(offset, (int)Math.Min(count * size, _loaded.Length - offset));
    }

    private void ReadExactly(Span<byte> destination, long offset, string path)
    {
        while (!destination.IsEmpty)
        {
            int count = RandomAccess.Read(_file!, destination, offset);
            if (count == 0) throw Damaged(ShardFormatCode.Truncated, path, $"the file ends at byte {offset}");
            destination = destination[count..];
            offset += count;
        }
    }

    private ShardFormatException Damaged(ShardFormatCode code, string path, string message) => new(code, path, $"{message}; mend it with 'shardinit verify {_directory} --repair'");
}
