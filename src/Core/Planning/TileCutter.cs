using System.Collections.Immutable;
using ShardInit.Model;

namespace ShardInit.Planning;

/// <summary>
/// Cuts a slice into tiles, a function of shape, element size and tile size alone (docs/plan-format.md, "Tiles"). With m the elements that fit a tile,
/// axis a is the outermost one whose rows (everything behind it) have at most m elements; along it a tile takes as many rows as fit, in front of it one index
/// per axis. So tiles are contiguous row-major slabs of whole rows, and a row longer than a tile is cut along the next axis.
/// </summary>
public static class TileCutter
{
    /// <summary>Value bytes of a tile at most, whatever the tile size.</summary>
    public const long MaxTileBytes = 1L << 30;

    /// <summary>Smallest tile and shard size that is taken.</summary>
    public const long MinBytes = 4096;

    // Start of a tile that is a whole tensor, by number of axes: shared, because a plan has thousands.
    private static readonly ImmutableArray<long>[] s_origins = [.. Enumerable.Range(0, ModelBuilder.MaxRank + 1).Select(rank => ImmutableArray.Create(new long[rank]))];

    /// <summary>Number of tiles without cutting them.</summary>
    public static Int128 Count(Shape shape, int elementBytes, long tileBytes)
    {
        if (shape.ElementCount == 0 || shape.Rank == 0) return 1;
        Cut cut = Cut.Of(shape, tileBytes / elementBytes);
        return (Int128)cut.OuterCount * cut.StepsPerOuter;
    }

    /// <summary>The tiles of tensor number <paramref name="tensor"/> in row-major order. A tensor without elements, and a scalar, is one tile.</summary>
    public static IEnumerable<Tile> Tiles(int tensor, Shape shape, int elementBytes, long tileBytes)
    {
        long limit = tileBytes / elementBytes;
        if (shape.ElementCount <= limit)
        {
            yield return new Tile(tensor, s_origins[shape.Rank], shape.Dims, 0, shape.ElementCount);
            yield break;
        }
        Cut cut = Cut.Of(shape, limit);
        long[] start = new long[shape.Rank];
        long first = 0;
        for (long outer = 0; outer < cut.OuterCount; outer++)
        {
            long rest = outer;
            for (int axis = cut.Axis - 1; axis >= 0; axis--) (rest, start[axis]) = Math.DivRem(rest, shape[axis]);
            for (long row = 0; row < shape[cut.Axis]; row += cut.RowsPerTile)
            {
                start[cut.Axis] = row;
                long rows = Math.Min(cut.RowsPerTile, shape[cut.Axis] - row);
                long[] size = new long[shape.Rank];
                for (int axis = 0; axis < size.Length; axis++) size[axis] = axis < cut.Axis ? 1 : axis == cut.Axis ? rows : shape[axis];
                long count = rows * cut.RowElements;
                yield return new Tile(tensor, [.. start], [.. size], first, count);
                first += count;
            }
        }
    }

    /// <param name="Axis">The axis along which rows are taken.</param>
    /// <param name="RowElements">Elements behind one index of that axis.</param>
    /// <param name="OuterCount">Indices of all axes in front of it together.</param>
    private readonly record struct Cut(int Axis, long RowElements, long RowsPerTile, long OuterCount, long StepsPerOuter)
    {
        public static Cut Of(Shape shape, long limit)
        {
            int axis = 0;
            long outer = 1;
            long row = shape.ElementCount / shape[0];
            while (row > limit)
            {
                outer *= shape[axis++];
                row /= shape[axis];
            }
            long rows = Math.Min(limit / row, shape[axis]);
            return new Cut(axis, row, rows, outer, (shape[axis] + rows - 1) / rows);
        }
    }
}
