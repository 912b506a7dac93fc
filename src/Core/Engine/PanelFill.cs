using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ShardInit.Model;

namespace ShardInit.Engine;

/// <summary>
/// Fills a box that lies in the destination as a whole. Two orders meet here: values are drawn in runs along the logical tensor, 64 elements at a time at least,
/// and stored along other axes. So a panel of runs is drawn into a scratch that stays in the cache, and copied from there in stored order:
///
///   run      the axes that are innermost in the logical tensor: as many as make a run of some hundred elements, the last of them in blocks
///   column   of the others, the one that is innermost in the stored tensor: this many runs make a panel, so that stored lines are written whole
///
/// Where the logical order is the stored one, runs go straight to the destination.
/// </summary>
internal static class PanelFill
{
    /// <summary>Logical elements of a run in a panel at most: starting a run costs about as much as 300 elements.</summary>
    private const int RunLimit = 1024;

    /// <summary>Runs shorter than this take in the next axis too.</summary>
    private const int ShortRun = 256;

    /// <summary>Elements of a block of the random stream (docs/determinism.md): what a run of one costs.</summary>
    private const int Block = 64;

    /// <summary>Elements between the ends of runs in the scratch, so that runs of a power of two do not all start in one set of the cache.</summary>
    private const int Padding = 40;

    public static void Fill(PlanValues values, int logical, DType dtype, long first, BoxAxis[] axes, Span<byte> destination, long target)
    {
        switch (dtype.ByteSize())
        {
            case 1: Fill(values, logical, dtype, first, axes, destination, target, 2 * 32); break;
            case 2: Fill(values, logical, dtype, first, axes, MemoryMarshal.Cast<byte, ushort>(destination), target, 32); break;
            case 4: Fill(values, logical, dtype, first, axes, MemoryMarshal.Cast<byte, uint>(destination), target, 32); break;
            default: Fill(values, logical, dtype, first, axes, MemoryMarshal.Cast<byte, ulong>(destination), target, 32); break;
        }
    }

    private static void Fill<T>(PlanValues values, int logical, DType dtype, long first, BoxAxis[] axes, Span<T> destination, long target, int columnLimit) where T : struct
    {
        BoxAxis[] inward = [.. axes.OrderBy(axis => axis.Logical)];
        if (inward.Length == 0 || (inward[0] is { Logical: 1, Stored: 1 } && (inward[0].Count >= ShortRun || inward.Length == 1)))
        {
            Straight(values, logical, dtype, first, inward, inward.Length - 1, destination, target);
            return;
        }

        // The run: axes inward[..runAxes], all whole but the last.
        int runAxes = 0;
        long length = 1;
        while (runAxes < inward.Length && length < ShortRun && inward[runAxes].Logical <= (runAxes == 0 ? Block / 2 : Math.Max(2 * length, Block)))
        {
            length += (Math.Min(inward[runAxes].Count, ((RunLimit - length) / inward[runAxes].Logical) + 1) - 1) * inward[runAxes].Logical;
            runAxes++;
        }
        BoxAxis[] others = [.. inward[runAxes..].OrderByDescending(axis => axis.Stored)];
        int columns = others.Length == 0 ? 1 : (int)Math.Min(others[^1].Count, columnLimit);
        T[] scratch = ArrayPool<T>.Shared.Rent(columns * ((int)length + Padding));
        try
        {
            new Panels<T>(values, logical, dtype, inward[..runAxes], others, columns, (int)length, scratch, destination).Others(0, first, target);
        }
        finally
        {
            ArrayPool<T>.Shared.Return(scratch);
        }
    }

    private static void Straight<T>(PlanValues values, int logical, DType dtype, long first, BoxAxis[] inward, int outermost, Span<T> destination, long target) where T : struct
    {
        if (outermost <= 0)
        {
            int count = outermost < 0 ? 1 : (int)inward[0].Count;
            values.Run(logical, dtype, first, count, MemoryMarshal.AsBytes(destination.Slice((int)target, count)));
            return;
        }
        BoxAxis axis = inward[outermost];
        for (long position = 0; position < axis.Count; position++)
            Straight(values, logical, dtype, first + (position * axis.Logical), inward, outermost - 1, destination, target + (position * axis.Stored));
    }

    private readonly ref struct Panels<T>(
        PlanValues values, int logical, DType dtype, BoxAxis[] run, BoxAxis[] others, int columns, int length, T[] scratch, Span<T> destination) where T : struct
    {
        private readonly Span<T> _destination = destination;

        /// <summary>Walks over all axes that are not in the run: the outer ones position by position, the innermost stored one in blocks of columns.</summary>
        public void Others(int depth, long first, long target)
        {
            if (depth >= others.Length)
            {
                Blocks(first, target, default, 1);
                return;
            }
            BoxAxis axis = others[depth];
            if (depth < others.Length - 1)
            {
                for (long position = 0; position < axis.Count; position++) Others(depth + 1, first + (position * axis.Logical), target + (position * axis.Stored));
                return;
            }
            for (long position = 0; position < axis.Count; position += columns)
                Blocks(first + (position * axis.Logical), target + (position * axis.Stored), axis, (int)Math.Min(columns, axis.Count - position));
        }

        /// <summary>Cuts the last axis of the run into blocks of at most the scratch's length.</summary>
        private void Blocks(long first, long target, BoxAxis column, int columnCount)
        {
            if (run.Length == 0)
            {
                Panel(first, target, [], 1, column, columnCount);
                return;
            }
            BoxAxis last = run[^1];
            long before = 1;
            foreach (BoxAxis axis in run[..^1]) before += (axis.Count - 1) * axis.Logical;
            long block = ((length - before) / last.Logical) + 1;
            BoxAxis[] cut = [.. run];
            for (long position = 0; position < last.Count; position += block)
            {
                cut[^1] = last with { Count = Math.Min(block, last.Count - position) };
                int covered = (int)(before + ((cut[^1].Count - 1) * last.Logical));
                Panel(first + (position * last.Logical), target + (position * last.Stored), cut, covered, column, columnCount);
            }
        }

        private void Panel(long first, long target, BoxAxis[] cut, int covered, BoxAxis column, int columnCount)
        {
            int pitch = length + Padding;
            for (int k = 0; k < columnCount; k++)
                values.Run(logical, dtype, first + (k * column.Logical), covered, MemoryMarshal.AsBytes(scratch.AsSpan(k * pitch, covered)));
            // The scratch as a box of its own: its logical strides are distances in the scratch.
            Span<BoxAxis> copy = stackalloc BoxAxis[cut.Length + 1];
            cut.CopyTo(copy);
            copy[^1] = new BoxAxis(columnCount, pitch, column.Stored);
            copy.Sort(static (a, b) => b.Stored.CompareTo(a.Stored));
            Copy(copy, scratch, 0, _destination, target);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void Copy(ReadOnlySpan<BoxAxis> axes, T[] scratch, long from, Span<T> destination, long target)
        {
            BoxAxis axis = axes[0];
            if (axes.Length > 1)
            {
                for (long position = 0; position < axis.Count; position++) Copy(axes[1..], scratch, from + (position * axis.Logical), destination, target + (position * axis.Stored));
                return;
            }
            (int count, int read, int write) = ((int)axis.Count, (int)axis.Logical, (int)axis.Stored);
            int source = (int)from;
            int place = (int)target;
            for (int k = 0; k < count; k++, source += read, place += write) destination[place] = scratch[source];
        }
    }
}
