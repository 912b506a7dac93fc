using System.Collections.Immutable;
using ShardInit.Model;
using ShardInit.Planning;

namespace ShardInit.Engine;

/// <summary>
/// The index arithmetic of one <see cref="Part"/>: position p on stored axis d is stored index Destination[d].Start + p × Step, and logical index
/// Source[Permutation[d]].Start + p × Step on logical axis Permutation[d]. A stored axis with Permutation[d] = -1 has one position and no logical axis.
/// </summary>
internal readonly struct Box
{
    private readonly long[] _logicalStrides;
    private readonly long[] _storedStrides;
    private readonly Part _part;

    public Box(Part part, Shape logical, Shape stored)
    {
        _part = part;
        StoredDims = stored.Dims;
        _storedStrides = Strides(stored);
        _logicalStrides = Strides(logical);
        RunAxis = logical.Rank == 0 ? -1 : part.Permutation.IndexOf(logical.Rank - 1);
    }

    public ImmutableArray<long> StoredDims { get; }
    public ImmutableArray<AxisRange> Destination => _part.Destination;
    public int Rank => StoredDims.Length;
    public bool IsEmpty => Destination.Any(range => range.Count == 0);

    /// <summary>The stored axis along which logical elements are consecutive (up to <see cref="RunStep"/>); -1 for a scalar.</summary>
    public int RunAxis { get; }

    public long RunStep => _part.Source[^1].Step;

    /// <summary>Positions on a range whose stored index lies in [from, to).</summary>
    public static (long Lowest, long Highest) Positions(AxisRange range, long from, long to)
    {
        long lowest = from <= range.Start ? 0 : (from - range.Start + range.Step - 1) / range.Step;
        long highest = to <= range.Start ? 0 : Math.Min(range.Count, ((to - 1 - range.Start) / range.Step) + 1);
        return (lowest, highest);
    }

    /// <summary>Positions of stored row number <paramref name="row"/> (all axes but the last); false where the row is outside the box.</summary>
    public bool TryRow(long row, long[] positions)
    {
        for (int axis = Rank - 2; axis >= 0; axis--)
        {
            long index = row % StoredDims[axis];
            row /= StoredDims[axis];
            AxisRange range = Destination[axis];
            long offset = index - range.Start;
            if (offset < 0 || offset % range.Step != 0 || offset / range.Step >= range.Count) return false;
            positions[axis] = offset / range.Step;
        }
        return true;
    }

    public long LogicalIndex(long[] positions)
    {
        long index = 0;
        for (int axis = 0; axis < Rank; axis++)
        {
            if (_part.Permutation[axis] < 0) continue;
            AxisRange range = _part.Source[_part.Permutation[axis]];
            index += (range.Start + (positions[axis] * range.Step)) * _logicalStrides[_part.Permutation[axis]];
        }
        return index;
    }

    public long StoredIndex(long[] positions)
    {
        long index = 0;
        for (int axis = 0; axis < Rank; axis++) index += (Destination[axis].Start + (positions[axis] * Destination[axis].Step)) * _storedStrides[axis];
        return index;
    }

    /// <summary>Numbers of the columns (positions on all axes but <see cref="RunAxis"/>, row-major) that may have an element in the wanted stored range.</summary>
    public IEnumerable<long> Columns(long firstElement, long elementCount)
    {
        // Outer positions whose slab overlaps the range; inner axes are taken whole, since a column crosses all of them.
        long slab = RunAxis == 0 ? long.MaxValue : _storedStrides[RunAxis - 1];
        long inner = 1;
        for (int axis = RunAxis + 1; axis < Rank; axis++) inner *= Destination[axis].Count;
        long outer = 1;
        for (int axis = 0; axis < RunAxis; axis++) outer *= Destination[axis].Count;
        long[] positions = new long[Rank];
        for (long number = 0; number < outer; number++)
        {
            Column(number * inner, positions);
            positions[RunAxis] = 0;
            long start = RunAxis == 0 ? 0 : StoredIndex(positions) / slab * slab;
            if (RunAxis > 0 && (start + slab <= firstElement || start >= firstElement + elementCount)) continue;
            for (long k = 0; k < inner; k++) yield return (number * inner) + k;
        }
    }

    /// <summary>Positions of a column by its number; the one on <see cref="RunAxis"/> is left alone.</summary>
    public void Column(long number, long[] positions)
    {
        for (int axis = Rank - 1; axis >= 0; axis--)
        {
            if (axis == RunAxis) continue;
            long count = Destination[axis].Count;
            positions[axis] = number % count;
            number /= count;
        }
    }

    private static long[] Strides(Shape shape)
    {
        long[] strides = new long[shape.Rank];
        long stride = 1;
        for (int axis = shape.Rank - 1; axis >= 0; axis--)
        {
            strides[axis] = stride;
            stride *= shape[axis];
        }
        return strides;
    }
}
