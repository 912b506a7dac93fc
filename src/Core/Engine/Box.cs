using ShardInit.Model;
using ShardInit.Planning;

namespace ShardInit.Engine;

/// <summary>
/// One <see cref="Part"/> as strides: position (p, q, ...) is logical element LogicalStart + p × Axes[0].Logical + q × Axes[1].Logical + ..., stored at
/// StoredStart + p × Axes[0].Stored + .... Axes go from the outermost stored one inwards; those of one position are dropped, and neighbours that both
/// tensors step through as one are joined, so that a part which keeps its order is a single axis.
/// </summary>
internal readonly struct Box
{
    public Box(Part part, Shape logical, Shape stored)
    {
        long[] logicalStrides = Strides(logical);
        long[] storedStrides = Strides(stored);
        // A logical axis that no stored one follows has one index, that of its range.
        for (int axis = 0; axis < logical.Rank; axis++) LogicalStart += part.Source[axis].Start * logicalStrides[axis];
        List<BoxAxis> axes = [];
        for (int axis = 0; axis < stored.Rank; axis++)
        {
            AxisRange range = part.Destination[axis];
            StoredStart += range.Start * storedStrides[axis];
            IsEmpty |= range.Count == 0;
            if (range.Count <= 1) continue;
            int source = part.Permutation[axis];
            BoxAxis next = new(range.Count, source < 0 ? 0 : part.Source[source].Step * logicalStrides[source], range.Step * storedStrides[axis]);
            if (axes.Count > 0 && axes[^1].Logical == next.Count * next.Logical && axes[^1].Stored == next.Count * next.Stored)
                axes[^1] = next with { Count = axes[^1].Count * next.Count };
            else
                axes.Add(next);
        }
        Axes = [.. axes];
    }

    public bool IsEmpty { get; }
    public long LogicalStart { get; }
    public long StoredStart { get; }
    public BoxAxis[] Axes { get; }

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

/// <summary>An axis of a <see cref="Box"/>: how many positions, and how far apart they are in the logical and in the stored tensor, in elements.</summary>
internal readonly record struct BoxAxis(long Count, long Logical, long Stored);
