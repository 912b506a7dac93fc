using ShardInit.Engine;
using ShardInit.Lanes;
using ShardInit.Random;

namespace ShardInit.Kernels;

/// <summary>
/// Which elements of a rows × columns tensor a sparse initializer sets to zero: in every column the same number, each set of rows equally likely. The fate of an
/// element is a function of the key, the number of rows, the number of zeros and the element's own row and column: no state, any order (docs/determinism.md).
///
/// Up to 64 rows, selection sampling decides row after row (D. E. Knuth, "The Art of Computer Programming" 2, 3.4.2, algorithm S). Above, a permutation of the rows
/// for each column, of which the first values are the zeros: a Feistel network with modular addition on a grid that is hardly larger than the rows, walked until it
/// lands on a row (J. Black, P. Rogaway, "Ciphers with arbitrary finite domains", CT-RSA 2002).
/// </summary>
internal static class SparseMask
{
    /// <summary>Most rows of selection sampling. Pinned. Feistel halves of fewer than 8 values would mix too little.</summary>
    public const int SelectionRows = 64;

    /// <summary>Rounds of the network. Pinned. Two rounds divide what two rows still know of each other by the smaller side of the grid, at least 8.</summary>
    public const uint Rounds = 10;

    /// <summary>Sides of the grid stay below 2^30 and columns in one counter word.</summary>
    public const long MostRows = 1L << 58;
    public const long MostColumns = 1L << 32;

    /// <summary>⌈sparsity × rows⌉, the product rounded to binary64 as the original does it.</summary>
    public static long ZerosPerColumn(double sparsity, long rows)
    {
        if (!(sparsity >= 0 && sparsity <= 1)) throw new ArgumentOutOfRangeException(nameof(sparsity), sparsity, "expected a sparsity from 0 to 1");
        return Math.Min((long)Math.Ceiling(sparsity * rows), rows);
    }

    /// <summary>Whether element (row, column) is zero: the definition, plainly.</summary>
    public static bool IsZero(StreamKey key, long rows, long zeros, long row, long column)
    {
        CheckShape(rows, column + 1, zeros);
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, rows);
        return rows <= SelectionRows ? IsSelected(key, (uint)rows, (uint)zeros, (uint)row, (uint)column) : Permuted(key, rows, row, (uint)column) < zeros;
    }

    /// <summary>Writes 1 where the element is zero and 0 elsewhere, for row-major elements [first, first + mask.Length).</summary>
    public static void Fill(StreamKey key, long rows, long columns, long zeros, long first, Span<byte> mask, LaneChoice lanes = LaneChoice.Auto)
    {
        CheckShape(rows, columns, zeros);
        if (first < 0 || first > checked(rows * columns) - mask.Length)
            throw new ArgumentOutOfRangeException(nameof(first), first, $"the tensor has {rows * columns} elements, asked for {mask.Length} from {first}");
        if (mask.IsEmpty) return;
        SparseMaskRun run = new(key, rows, columns, zeros, first);
        switch (lanes == LaneChoice.Auto ? LaneDispatch.All.First(LaneDispatch.IsAccelerated) : lanes)
        {
            case LaneChoice.Bits512: SparseMaskLanes<Wide512, Bits512>.Fill(in run, mask); break;
            case LaneChoice.Bits256: SparseMaskLanes<Wide256, Bits256>.Fill(in run, mask); break;
            case LaneChoice.Bits128: SparseMaskLanes<Wide128, Bits128>.Fill(in run, mask); break;
            default: SparseMaskLanes<Wide1, Bits1>.Fill(in run, mask); break;
        }
    }

    /// <summary>Sides of the grid: left = ⌈√rows⌉, right = ⌈rows / left⌉.</summary>
    public static (uint Left, uint Right) Grid(long rows)
    {
        long left = (long)Math.Sqrt(rows);
        while (left * left < rows) left++;
        while ((left - 1) * (left - 1) >= rows) left--;
        return ((uint)left, (uint)((rows + left - 1) / left));
    }

    private static bool IsSelected(StreamKey key, uint rows, uint zeros, uint row, uint column)
    {
        uint needed = zeros;
        for (uint r = 0; ; r++)
        {
            (uint w0, uint w1, uint w2, uint w3) = Philox4x32.Block(r >> 2, column, Philox4x32.Purpose(Purpose.SparseMask, 0), key.Counter3, key.Key0, key.Key1);
            uint word = (r & 3) switch { 0 => w0, 1 => w1, 2 => w2, _ => w3 };
            bool selected = Scale(word, rows - r) < needed;
            if (r == row) return selected;
            if (selected) needed--;
        }
    }

    private static long Permuted(StreamKey key, long rows, long row, uint column)
    {
        (uint leftSide, uint rightSide) = Grid(rows);
        uint left = (uint)(row / rightSide);
        uint right = (uint)(row % rightSide);
        long value;
        do
        {
            for (uint round = 0; round < Rounds; round += 2)
            {
                left = (left + Scale(Word(round, right), leftSide)) % leftSide;
                right = (right + Scale(Word(round + 1, left), rightSide)) % rightSide;
            }
            value = ((long)left * rightSide) + right;
        }
        while (value >= rows);
        return value;

        uint Word(uint round, uint half) => Philox4x32.Block(half, column, Philox4x32.Purpose(Purpose.SparseMask, round), key.Counter3, key.Key0, key.Key1).W0;
    }

    /// <summary>⌊word × range / 2^32⌋.</summary>
    private static uint Scale(uint word, uint range) => (uint)(((ulong)word * range) >> 32);

    private static void CheckShape(long rows, long columns, long zeros)
    {
        if (rows is < 0 or > MostRows) throw new ArgumentOutOfRangeException(nameof(rows), rows, $"expected at most {MostRows} rows");
        if (columns is < 0 or > MostColumns) throw new ArgumentOutOfRangeException(nameof(columns), columns, $"expected at most {MostColumns} columns");
        if (zeros < 0 || zeros > rows) throw new ArgumentOutOfRangeException(nameof(zeros), zeros, $"expected from 0 to {rows} zeros in a column");
    }
}
