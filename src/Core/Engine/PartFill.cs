using ShardInit.Model;
using ShardInit.Planning;

namespace ShardInit.Engine;

/// <summary>
/// A box of a logical tensor laid into a stored one (docs/plan-format.md, "Parts"): joined, cut, stepped or transposed storage. Values come from
/// <see cref="PlanValues.Run"/> in runs of consecutive logical elements and are put where they belong, so a layout can move a value but never change it.
///
/// The wanted stored range cuts a box into smaller ones that lie in it as a whole: the stored order is the lexicographic one of the positions, so on each axis all
/// positions are in or out but at most one at either end, which is cut on the next axis. Whole boxes are then filled by <see cref="PanelFill"/>.
/// </summary>
internal readonly ref struct PartFill
{
    private readonly PlanValues _values;
    private readonly int _logical;
    private readonly DType _dtype;
    private readonly BoxAxis[] _axes;
    private readonly long _first;
    private readonly long _end;
    private readonly Span<byte> _destination;

    private PartFill(PlanValues values, int logical, DType dtype, BoxAxis[] axes, long first, long count, Span<byte> destination)
    {
        (_values, _logical, _dtype, _axes, _first, _end) = (values, logical, dtype, axes, first, first + count);
        _destination = destination;
    }

    /// <summary>Writes those of the elements [firstElement, firstElement + elementCount) of <paramref name="stored"/> that belong to <paramref name="part"/>; others stay.</summary>
    public static void Fill(PlanValues values, Part part, StoredTensor stored, long firstElement, long elementCount, Span<byte> destination)
    {
        if (stored.Shape.Rank > 0 && Misses(part.Destination[0], stored.Shape.ElementCount / stored.Shape[0], firstElement, elementCount)) return;
        Box box = new(part, values.Plan.Logical[part.Logical].Shape, stored.Shape);
        if (!box.IsEmpty) new PartFill(values, part.Logical, stored.DType, box.Axes, firstElement, elementCount, destination).Cut(0, box.LogicalStart, box.StoredStart);
    }

    // A fused tensor has a part for each expert, of which a chunk meets one or two.
    private static bool Misses(AxisRange rows, long rowElements, long firstElement, long elementCount) =>
        rows.Start * rowElements >= firstElement + elementCount || rows.End * rowElements <= firstElement;

    /// <summary>Fills what is wanted of the positions on axes <paramref name="depth"/> and further in, the outer ones being fixed.</summary>
    private void Cut(int depth, long logical, long stored)
    {
        if (depth == _axes.Length)
        {
            if (stored >= _first && stored < _end) PanelFill.Fill(_values, _logical, _dtype, logical, [], _destination, stored - _first);
            return;
        }
        BoxAxis axis = _axes[depth];
        long reach = 0;
        for (int inner = depth + 1; inner < _axes.Length; inner++) reach += (_axes[inner].Count - 1) * _axes[inner].Stored;

        // Positions [touched, untouched) have an element in the range; those of [whole, broken) have all of theirs there.
        long touched = Math.Clamp(Steps(_first - (stored + reach), axis.Stored), 0, axis.Count);
        long untouched = Math.Clamp(Steps(_end - stored, axis.Stored), touched, axis.Count);
        long whole = Math.Clamp(Steps(_first - stored, axis.Stored), touched, untouched);
        long broken = Math.Clamp(Steps(_end - (stored + reach), axis.Stored), whole, untouched);
        for (long position = touched; position < whole; position++) Cut(depth + 1, logical + (position * axis.Logical), stored + (position * axis.Stored));
        if (whole < broken)
        {
            BoxAxis[] axes = _axes[depth..];
            axes[0] = axis with { Count = broken - whole };
            PanelFill.Fill(_values, _logical, _dtype, logical + (whole * axis.Logical), axes, _destination, stored + (whole * axis.Stored) - _first);
        }
        for (long position = broken; position < untouched; position++) Cut(depth + 1, logical + (position * axis.Logical), stored + (position * axis.Stored));
    }

    /// <summary>Steps from 0 until <paramref name="distance"/> is reached or passed; 0 or fewer where it lies behind.</summary>
    private static long Steps(long distance, long step) => distance <= 0 ? 0 : ((distance - 1) / step) + 1;
}
