using System.Collections.Immutable;
using ShardInit.Model;
using ShardInit.Planning;

namespace ShardInit.Engine;

/// <summary>Where an element of a stored tensor comes from, and in which file it stands.</summary>
/// <param name="Index">Of the element on each axis of the stored tensor.</param>
/// <param name="Element">Its row-major number there.</param>
/// <param name="Logical">Number of the logical tensor in <see cref="Plan.Logical"/>.</param>
/// <param name="LogicalIndex">Of the element on each axis of the logical tensor.</param>
/// <param name="LogicalElement">Its row-major number there: what the value is a function of.</param>
/// <param name="File">Number of the file in <see cref="Plan.Files"/>.</param>
/// <param name="Tile">Number of the tile in it.</param>
public sealed record ElementPlace(ImmutableArray<long> Index, long Element, int Logical, ImmutableArray<long> LogicalIndex, long LogicalElement, int File, int Tile)
{
    /// <param name="tensor">Number in <see cref="Plan.Tensors"/>.</param>
    /// <param name="element">Row-major, inside the tensor.</param>
    public static ElementPlace Of(Plan plan, int tensor, long element)
    {
        StoredTensor stored = plan.Tensors[tensor];
        ArgumentOutOfRangeException.ThrowIfNegative(element);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(element, stored.Shape.ElementCount);
        long[] index = IndexOf(stored.Shape, element);
        foreach (Part part in stored.Parts)
        {
            if (LogicalIndexOf(part, plan.Logical[part.Logical].Shape, index) is not long[] logical) continue;
            (int file, int tile) = TileOf(plan, tensor, element);
            return new ElementPlace([.. index], element, part.Logical, [.. logical], ElementOf(plan.Logical[part.Logical].Shape, logical), file, tile);
        }
        throw new InvalidOperationException($"element {element} of tensor '{stored.Name}' is in no part");
    }

    /// <summary>The row-major number of an index.</summary>
    public static long ElementOf(Shape shape, ReadOnlySpan<long> index)
    {
        long element = 0;
        for (int axis = 0; axis < index.Length; axis++) element = (element * shape[axis]) + index[axis];
        return element;
    }

    private static long[] IndexOf(Shape shape, long element)
    {
        long[] index = new long[shape.Rank];
        for (int axis = shape.Rank - 1; axis >= 0; axis--) (element, index[axis]) = Math.DivRem(element, shape[axis]);
        return index;
    }

    // Null where the part does not hold the element.
    private static long[]? LogicalIndexOf(Part part, Shape logical, long[] index)
    {
        long[] found = new long[logical.Rank];
        for (int axis = 0; axis < index.Length; axis++)
        {
            AxisRange range = part.Destination[axis];
            (long position, long rest) = Math.DivRem(index[axis] - range.Start, range.Step);
            if (index[axis] < range.Start || index[axis] >= range.End || rest != 0) return null;
            int along = part.Permutation[axis];
            if (along >= 0) found[along] = part.Source[along].Start + (position * part.Source[along].Step);
        }
        return found;
    }

    private static (int File, int Tile) TileOf(Plan plan, int tensor, long element)
    {
        for (int file = 0; file < plan.Files.Length; file++)
        {
            ImmutableArray<Tile> tiles = plan.Files[file].Tiles;
            for (int tile = 0; tile < tiles.Length; tile++)
            {
                if (tiles[tile].Tensor == tensor && element >= tiles[tile].FirstElement && element - tiles[tile].FirstElement < tiles[tile].ElementCount) return (file, tile);
            }
        }
        throw new InvalidOperationException($"element {element} of tensor '{plan.Tensors[tensor].Name}' is in no tile");
    }
}
