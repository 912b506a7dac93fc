using System.Collections.Immutable;
using System.Runtime.InteropServices;
using ShardInit.Planning;
using ShardInit.Model;

namespace ShardInit.Engine;

/// <summary>
/// A box of a logical tensor laid into a stored one (docs/plan-format.md, "Parts"): joined, cut, stepped or transposed storage. Values come from
/// <see cref="PlanValues.Run"/> in runs of consecutive logical elements and are put where they belong, so a layout can move a value but never change it.
///
/// Along the logical tensor's last axis elements are consecutive. Where that axis is also the stored tensor's last, each stored row is one run. Where
/// it is another (transposed storage), a panel of stored rows is filled at once: each run of the panel's width becomes a column.
/// </summary>
internal static class PartFill
{
    /// <summary>Stored rows of a panel: whole blocks of the random stream, so little is drawn and thrown away.</summary>
    private const int PanelRows = 256;

    public static void Fill(PlanValues values, Part part, StoredTensor stored, long firstElement, long elementCount, Span<byte> destination)
    {
        if (stored.Shape.Rank > 0 && Misses(part.Destination[0], stored.Shape.ElementCount / stored.Shape[0], firstElement, elementCount)) return;
        Box box = new(part, values.Plan.Logical[part.Logical].Shape, stored.Shape);
        if (box.IsEmpty) return;
        int size = stored.DType.ByteSize();
        if (box.RunAxis < 0)
        {
            long only = box.StoredIndex(new long[box.Rank]) - firstElement;
            if (only >= 0 && only < elementCount) values.Run(part.Logical, stored.DType, 0, 1, destination.Slice((int)(only * size), size));
            return;
        }
        long rowLength = stored.Shape[stored.Shape.Rank - 1];
        long firstRow = firstElement / rowLength;
        long lastRow = (firstElement + elementCount - 1) / rowLength;
        if (box.RunAxis == box.Rank - 1) Rows(values, in box, part.Logical, stored.DType, firstElement, elementCount, firstRow, lastRow, destination, size);
        else Columns(values, in box, part.Logical, stored.DType, firstElement, elementCount, destination, size);
    }

    // A fused tensor has a part for each expert, of which a chunk meets one or two.
    private static bool Misses(AxisRange rows, long rowElements, long firstElement, long elementCount) =>
        rows.Start * rowElements >= firstElement + elementCount || rows.End * rowElements <= firstElement;

    private static void Rows(PlanValues values, in Box box, int logical, DType dtype, long firstElement, long elementCount, long firstRow, long lastRow, Span<byte> destination, int size)
    {
        AxisRange inner = box.Destination[box.Rank - 1];
        long rowLength = box.StoredDims[box.Rank - 1];
        const int chunk = 4096;
        byte[]? scratch = null;
        long[] index = new long[box.Rank];
        for (long row = firstRow; row <= lastRow; row++)
        {
            long from = Math.Max(firstElement - (row * rowLength), 0);
            long to = Math.Min(firstElement + elementCount - (row * rowLength), rowLength);
            (long lowest, long highest) = Box.Positions(inner, from, to);
            if (lowest >= highest || !box.TryRow(row, index)) continue;
            index[^1] = lowest;
            long source = box.LogicalIndex(index);
            long count = highest - lowest;
            long target = (row * rowLength) + inner.Start + (lowest * inner.Step) - firstElement;
            if (inner.Step == 1 && box.RunStep == 1)
            {
                values.Run(logical, dtype, source, count, destination.Slice((int)(target * size), (int)(count * size)));
                continue;
            }
            // A stepped source or destination: the covering run is drawn and thinned out.
            scratch ??= new byte[chunk * size];
            long step = box.RunStep;
            for (long done = 0; done < count;)
            {
                long take = Math.Min(count - done, ((chunk - 1) / step) + 1);
                int span = (int)(((take - 1) * step) + 1);
                Span<byte> run = scratch.AsSpan(0, span * size);
                values.Run(logical, dtype, source + (done * step), span, run);
                for (long k = 0; k < take; k++)
                    run.Slice((int)(k * step * size), size).CopyTo(destination.Slice((int)((target + ((done + k) * inner.Step)) * size), size));
                done += take;
            }
        }
    }

    private static void Columns(PlanValues values, in Box box, int logical, DType dtype, long firstElement, long elementCount, Span<byte> destination, int size)
    {
        // Stored axis r runs along consecutive logical elements; everything else is a column number.
        int runAxis = box.RunAxis;
        AxisRange runRange = box.Destination[runAxis];
        long stride = 1;
        for (int axis = runAxis + 1; axis < box.Rank; axis++) stride *= box.StoredDims[axis];
        long runLength = runRange.Count;
        byte[] panel = new byte[(((PanelRows - 1) * box.RunStep) + 1) * size];
        long[] index = new long[box.Rank];
        foreach (long column in box.Columns(firstElement, elementCount))
        {
            box.Column(column, index);
            index[runAxis] = 0;
            long start = box.StoredIndex(index);
            // Positions along the run whose stored element lies in the wanted range.
            long spacing = stride * runRange.Step;
            long lowest = start >= firstElement ? 0 : (firstElement - start + spacing - 1) / spacing;
            long highest = Math.Min(runLength, start >= firstElement + elementCount ? 0 : ((firstElement + elementCount - 1 - start) / spacing) + 1);
            for (long position = lowest; position < highest;)
            {
                long take = Math.Min(highest - position, PanelRows);
                index[runAxis] = position;
                int span = (int)(((take - 1) * box.RunStep) + 1);
                values.Run(logical, dtype, box.LogicalIndex(index), span, panel.AsSpan(0, span * size));
                Scatter(panel, (int)box.RunStep, destination, start + (position * spacing) - firstElement, spacing, take, size);
                position += take;
            }
        }
    }

    private static void Scatter(ReadOnlySpan<byte> run, int step, Span<byte> destination, long target, long spacing, long count, int size)
    {
        switch (size)
        {
            case 2: Scatter(MemoryMarshal.Cast<byte, ushort>(run), step, MemoryMarshal.Cast<byte, ushort>(destination), target, spacing, count); break;
            case 4: Scatter(MemoryMarshal.Cast<byte, uint>(run), step, MemoryMarshal.Cast<byte, uint>(destination), target, spacing, count); break;
            case 8: Scatter(MemoryMarshal.Cast<byte, ulong>(run), step, MemoryMarshal.Cast<byte, ulong>(destination), target, spacing, count); break;
            default: Scatter<byte>(run, step, destination, target, spacing, count); break;
        }
    }

    private static void Scatter<T>(ReadOnlySpan<T> run, int step, Span<T> destination, long target, long spacing, long count)
    {
        for (long k = 0; k < count; k++) destination[(int)(target + (k * spacing))] = run[(int)(k * step)];
    }
}
