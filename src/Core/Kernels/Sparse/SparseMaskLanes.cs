using System.Runtime.CompilerServices;
using ShardInit.Lanes;
using ShardInit.Random;

namespace ShardInit.Kernels;

/// <summary>The mask of neighbouring columns side by side, one column a lane.</summary>
internal static class SparseMaskLanes<TWide, TBits>
    where TWide : struct, IWide<TWide, TBits>
    where TBits : struct, IBits<TBits>
{
    private const int MostLanes = 16;

    public static void Fill(in SparseMaskRun run, Span<byte> mask)
    {
        Span<ulong> schedule = stackalloc ulong[Philox4x32.ScheduleLength];
        Philox4x32.ExpandKey(run.Key.Key0, run.Key.Key1, schedule);
        if (run.Rows <= SparseMask.SelectionRows) Select(in run, in schedule[0], mask);
        else Permute(in run, in schedule[0], mask);
    }

    private static void Permute(in SparseMaskRun run, ref readonly ulong schedule, Span<byte> mask)
    {
        Span<byte> tail = stackalloc byte[MostLanes];
        (uint leftSide, uint rightSide) = SparseMask.Grid(run.Rows);
        Network network = new(leftSide, rightSide, run.Rows, run.Zeros);
        long row = run.First / run.Columns;
        long column = run.First % run.Columns;
        for (int at = 0; at < mask.Length; row++, column = 0)
        {
            int length = (int)Math.Min(run.Columns - column, mask.Length - at);
            TBits left = TBits.Splat((uint)(row / rightSide));
            TBits right = TBits.Splat((uint)(row % rightSide));
            for (int done = 0; done < length; done += TBits.Count)
            {
                TBits zero = network.IsZero(run.Key.Counter3, in schedule, left, right, TBits.Splat((uint)(column + done)) + TBits.Iota);
                if (length - done >= TBits.Count)
                {
                    TBits.StoreLow8(zero, ref mask[at + done]);
                }
                else
                {
                    TBits.StoreLow8(zero, ref tail[0]);
                    tail[..(length - done)].CopyTo(mask[(at + done)..]);
                }
            }
            at += length;
        }
    }

    private static void Select(in SparseMaskRun run, ref readonly ulong schedule, Span<byte> mask)
    {
        Span<byte> taken = stackalloc byte[MostLanes];
        long last = run.First + mask.Length - 1;
        long firstRow = run.First / run.Columns;
        long lastRow = last / run.Columns;
        // A run inside one row needs its own columns only.
        long firstColumn = firstRow == lastRow ? run.First % run.Columns : 0;
        long endColumn = firstRow == lastRow ? (last % run.Columns) + 1 : run.Columns;
        for (long column = firstColumn; column < endColumn; column += TBits.Count)
        {
            TBits columns = TBits.Splat((uint)column) + TBits.Iota;
            TBits needed = TBits.Splat((uint)run.Zeros);
            TWide w0 = default, w1 = default, w2 = default, w3 = default;
            for (uint row = 0; row <= lastRow; row++)
            {
                if ((row & 3) == 0) Block(run.Key.Counter3, 0, in schedule, TBits.Splat(row >> 2), columns, out w0, out w1, out w2, out w3);
                TWide word = (row & 3) switch { 0 => w0, 1 => w1, 2 => w2, _ => w3 };
                TBits selected = TBits.LessSigned(TWide.Narrow(TWide.High(TWide.Multiply(word, (uint)run.Rows - row))), needed);
                needed += selected;
                if (row < firstRow) continue;
                long start = (row * run.Columns) + column;
                long from = Math.Max(start, run.First);
                long to = Math.Min(Math.Min(start + TBits.Count, (row * run.Columns) + endColumn), last + 1);
                if (from >= to) continue;
                TBits.StoreLow8(selected & TBits.Splat(1), ref taken[0]);
                taken[(int)(from - start)..(int)(to - start)].CopyTo(mask[(int)(from - run.First)..]);
            }
        }
    }

    /// <summary>One Philox block a lane, counter words 0 and 1 its own.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Block(uint counter3, uint attempt, ref readonly ulong schedule, TBits counter0, TBits counter1, out TWide w0, out TWide w1, out TWide w2, out TWide w3)
    {
        w0 = TWide.Widen(counter0);
        w1 = TWide.Widen(counter1);
        w2 = TWide.Splat(Philox4x32.Purpose(Purpose.SparseMask, attempt));
        w3 = TWide.Splat(counter3);
        ref ulong row = ref Unsafe.AsRef(in schedule);
        for (int round = 0; round < Philox4x32.Rounds; round++)
        {
            TWide product0 = TWide.Multiply(w0, Philox4x32.M0);
            TWide product1 = TWide.Multiply(w2, Philox4x32.M1);
            w0 = TWide.Mix(product1, w1, in row);
            w2 = TWide.Mix(product0, w3, in Unsafe.Add(ref row, Row.Words));
            w1 = product1;
            w3 = product0;
            row = ref Unsafe.Add(ref row, 2 * Row.Words);
        }
    }

    /// <summary>The Feistel network of one tensor: sides of the grid, and the rows and zeros as points of it.</summary>
    private readonly struct Network(uint leftSide, uint rightSide, long rows, long zeros)
    {
        private readonly uint _leftSide = leftSide;
        private readonly uint _rightSide = rightSide;
        private readonly (uint Left, uint Right) _rows = ((uint)(rows / rightSide), (uint)(rows % rightSide));
        private readonly (uint Left, uint Right) _zeros = ((uint)(zeros / rightSide), (uint)(zeros % rightSide));

        /// <summary>1 or 0 in each lane.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public TBits IsZero(uint counter3, ref readonly ulong schedule, TBits left, TBits right, TBits column)
        {
            TBits walking = TBits.Splat(uint.MaxValue);
            do
            {
                TBits nextLeft = left, nextRight = right;
                for (uint round = 0; round < SparseMask.Rounds; round += 2)
                {
                    nextLeft = Add(nextLeft, counter3, round, in schedule, nextRight, column, _leftSide);
                    nextRight = Add(nextRight, counter3, round + 1, in schedule, nextLeft, column, _rightSide);
                }
                left = TBits.Select(walking, nextLeft, left);
                right = TBits.Select(walking, nextRight, right);
                walking = Below(left, right, _rows) ^ TBits.Splat(uint.MaxValue);
            }
            while (TBits.Any(walking));
            return Below(left, right, _zeros) & TBits.Splat(1);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static TBits Add(TBits half, uint counter3, uint round, ref readonly ulong schedule, TBits other, TBits column, uint side)
        {
            Block(counter3, round, in schedule, other, column, out TWide word, out _, out _, out _);
            TBits sum = half + TWide.Narrow(TWide.High(TWide.Multiply(word, side)));
            return TBits.Select(TBits.LessSigned(sum, TBits.Splat(side)), sum, sum - TBits.Splat(side));
        }

        /// <summary>Row-major comparison on the grid.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static TBits Below(TBits left, TBits right, (uint Left, uint Right) point)
        {
            TBits less = TBits.LessSigned(left, TBits.Splat(point.Left));
            TBits more = TBits.LessSigned(TBits.Splat(point.Left), left);
            return less | TBits.Select(more, TBits.Splat(0), TBits.LessSigned(right, TBits.Splat(point.Right)));
        }
    }
}
