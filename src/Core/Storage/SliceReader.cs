using System.Collections.Immutable;
using ShardInit.Errors;
using ShardInit.Model;
using ShardInit.Planning;

namespace ShardInit.Storage;

/// <summary>Where the tiles of each stored tensor lie, in element order.</summary>
internal sealed class TensorTiles
{
    private readonly List<TileSite>[] _sites;

    public TensorTiles(Plan plan)
    {
        _sites = new List<TileSite>[plan.Tensors.Length];
        for (int file = 0; file < plan.Files.Length; file++)
        {
            ImmutableArray<Tile> tiles = plan.Files[file].Tiles;
            for (int tile = 0; tile < tiles.Length; tile++)
            {
                (_sites[tiles[tile].Tensor] ??= []).Add(new TileSite(tiles[tile].FirstElement, tiles[tile].ElementCount, file, tile));
            }
        }
        foreach (List<TileSite>? sites in _sites) sites?.Sort((left, right) => left.FirstElement.CompareTo(right.FirstElement));
    }

    public IReadOnlyList<TileSite> Of(int tensor) => _sites[tensor] ?? [];
}

internal readonly record struct TileSite(long FirstElement, long ElementCount, int File, int Tile);

/// <summary>
/// Copies a box of a tensor as runs of consecutive elements: trailing whole axes join the run, so most slices are few long runs. Elements only
/// go up, so one file is mapped at a time.
/// </summary>
internal sealed class SliceReader(Checkpoint checkpoint, int tensor, IReadOnlyList<TileSite> tiles, Stream destination) : IDisposable
{
    private readonly StoredTensor _tensor = checkpoint.Plan.Tensors[tensor];
    private readonly int _elementLength = checkpoint.Plan.Tensors[tensor].DType.ByteSize();
    private readonly byte[] _pending = new byte[1 << 16];
    private int _pendingLength;
    private ShardReader? _reader;
    private int _file = -1;
    private int _site;

    public void Copy(IReadOnlyList<AxisRange> ranges)
    {
        Shape shape = _tensor.Shape;
        Check(ranges, shape);
        if (ranges.Any(range => range.Count == 0)) return;

        int runAxis = shape.Rank - 1;
        long inner = 1; // elements of one index of runAxis
        while (runAxis > 0 && ranges[runAxis].Count == shape[runAxis]) inner *= shape[runAxis--];
        long runLength = runAxis < 0 ? 1 : ranges[runAxis].Count * inner;

        long[] index = [.. ranges.Select(range => range.Start)];
        while (true)
        {
            CopyRun(FirstElement(index, shape), runLength);
            int axis = runAxis - 1;
            while (axis >= 0 && ++index[axis] == ranges[axis].End) index[axis] = ranges[axis--].Start;
            if (axis < 0) break;
        }
        Flush();
    }

    public void Dispose() => _reader?.Dispose();

    private void CopyRun(long first, long count)
    {
        while (count > 0)
        {
            TileSite site = Locate(first);
            long offset = first - site.FirstElement;
            int taken = (int)Math.Min(count, site.ElementCount - offset);
            ReadOnlySpan<byte> values = ValuesOf(site);
            Append(values.Slice((int)(offset * _elementLength), taken * _elementLength));
            first += taken;
            count -= taken;
        }
    }

    private TileSite Locate(long element)
    {
        while (_site < tiles.Count && element >= tiles[_site].FirstElement + tiles[_site].ElementCount) _site++;
        if (_site == tiles.Count || element < tiles[_site].FirstElement)
        {
            throw new InvalidOperationException($"tensor '{_tensor.Name}': element {element} lies in no tile of the plan");
        }
        return tiles[_site];
    }

    private ReadOnlySpan<byte> ValuesOf(TileSite site)
    {
        if (site.File != _file)
        {
            _reader?.Dispose();
            _reader = checkpoint.OpenShard(site.File);
            _file = site.File;
        }
        TileHeader expected = TileHeader.Of(checkpoint.Plan, checkpoint.Plan.Files[site.File].Tiles[site.Tile]);
        if (site.Tile >= _reader!.TileCount || !Same(expected, _reader.Tile(site.Tile).Header))
        {
            throw new ShardFormatException(ShardFormatCode.BadTile, _reader.Path, $"tile {site.Tile}: expected elements from {expected.FirstElement} of '{expected.Tensor}' by the plan, found something else; run 'verify'");
        }
        return _reader.Values(site.Tile);
    }

    private static bool Same(TileHeader left, TileHeader right) =>
        left.Tensor == right.Tensor && left.DType == right.DType && left.GlobalShape.SequenceEqual(right.GlobalShape)
        && left.Start.SequenceEqual(right.Start) && left.Shape.SequenceEqual(right.Shape);

    private void Append(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > _pending.Length - _pendingLength) Flush();
        if (bytes.Length > _pending.Length)
        {
            destination.Write(bytes);
            return;
        }
        bytes.CopyTo(_pending.AsSpan(_pendingLength));
        _pendingLength += bytes.Length;
    }

    private void Flush()
    {
        destination.Write(_pending, 0, _pendingLength);
        _pendingLength = 0;
    }

    private static long FirstElement(long[] index, Shape shape)
    {
        long element = 0;
        for (int axis = 0; axis < index.Length; axis++) element = (element * shape[axis]) + index[axis];
        return element;
    }

    private void Check(IReadOnlyList<AxisRange> ranges, Shape shape)
    {
        if (ranges.Count != shape.Rank) throw new ArgumentException($"tensor '{_tensor.Name}' has {shape.Rank} axes, found {ranges.Count} ranges", nameof(ranges));
        for (int axis = 0; axis < ranges.Count; axis++)
        {
            AxisRange range = ranges[axis];
            if (range.Step != 1 || range.Start < 0 || range.End < range.Start || range.End > shape[axis])
            {
                throw new ArgumentException($"tensor '{_tensor.Name}', axis {axis}: expected a range with step 1 in 0:{shape[axis]}, found {range.Start}:{range.End}:{range.Step}", nameof(ranges));
            }
        }
    }
}
