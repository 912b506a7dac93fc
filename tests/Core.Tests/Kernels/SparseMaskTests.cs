using ShardInit.Engine;
using ShardInit.Kernels;
using ShardInit.Random;
using Xunit;

namespace ShardInit.Core.Tests.Kernels;

public sealed class SparseMaskTests
{
    private static readonly StreamKey s_key = StreamKey.Derive(1, 42, "", "model.embed_tokens.weight");

    /// <summary>Standard errors that a statistic may be off. The key is fixed, so a pass stays a pass.</summary>
    private const double Errors = 5;

    private static byte[] Whole(long rows, int columns, long zeros, LaneChoice lanes = LaneChoice.Auto, StreamKey? key = null)
    {
        byte[] mask = new byte[rows * columns];
        SparseMask.Fill(key ?? s_key, rows, columns, zeros, 0, mask, lanes);
        return mask;
    }

    [Theory]
    [InlineData(0.1, 50, 5)]
    [InlineData(0.101, 50, 6)]
    [InlineData(0, 50, 0)]
    [InlineData(1, 50, 50)]
    [InlineData(0.9, 1, 1)]
    [InlineData(0.5, 3, 2)]
    [InlineData(0.5, 0, 0)]
    [InlineData(0.07, 100, 8)] // 0.07 × 100 in binary64 is 7.000000000000001
    public void Zeros_are_the_ceiling_of_the_product(double sparsity, long rows, long expected) => Assert.Equal(expected, SparseMask.ZerosPerColumn(sparsity, rows));

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.1)]
    [InlineData(double.NaN)]
    public void A_sparsity_outside_0_to_1_is_refused(double sparsity) => Assert.Throws<ArgumentOutOfRangeException>(() => SparseMask.ZerosPerColumn(sparsity, 10));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(66)]
    [InlineData(81)]
    [InlineData(82)]
    [InlineData(100)]
    [InlineData(1000)]
    [InlineData(4097)]
    public void Every_column_has_exactly_its_zeros(int rows)
    {
        const int Columns = 37;
        foreach (long zeros in (long[])[0, 1, rows / 3, rows - 1, rows])
        {
            byte[] mask = Whole(rows, Columns, zeros);
            Assert.All(mask, value => Assert.InRange(value, 0, 1));
            for (int c = 0; c < Columns; c++) Assert.Equal(zeros, Enumerable.Range(0, rows).Sum(r => mask[(r * Columns) + c]));
        }
    }

    [Theory]
    [InlineData(1, 5)]
    [InlineData(5, 1)]
    [InlineData(30, 41)]
    [InlineData(64, 17)]
    [InlineData(65, 33)]
    [InlineData(300, 20)]
    public void Any_run_at_any_width_is_what_the_definition_says(int rows, int columns)
    {
        long zeros = (rows + 2) / 3;
        byte[] expected = new byte[rows * columns];
        for (int i = 0; i < expected.Length; i++) expected[i] = SparseMask.IsZero(s_key, rows, zeros, i / columns, i % columns) ? (byte)1 : (byte)0;
        System.Random random = new(1);
        foreach (LaneChoice lanes in LaneDispatch.All)
        {
            Assert.Equal(expected, Whole(rows, columns, zeros, lanes));
            for (int i = 0; i < 60; i++)
            {
                int first = random.Next(expected.Length + 1);
                byte[] run = new byte[random.Next(expected.Length - first + 1)];
                SparseMask.Fill(s_key, rows, columns, zeros, first, run, lanes);
                Assert.Equal(expected[first..(first + run.Length)], run);
            }
        }
    }

    [Fact]
    public void Rows_and_columns_beyond_32_bits_of_elements_have_a_mask()
    {
        byte[] run = new byte[40];
        const long Rows = 1L << 40, Columns = 1L << 21;
        long first = (Rows * Columns) - run.Length;
        foreach (LaneChoice lanes in LaneDispatch.All)
        {
            SparseMask.Fill(s_key, Rows, Columns, Rows / 2, first, run, lanes);
            Assert.Equal(Enumerable.Range(0, run.Length).Select(i => SparseMask.IsZero(s_key, Rows, Rows / 2, Rows - 1, Columns - run.Length + i) ? (byte)1 : (byte)0), run);
        }
        Assert.InRange(run.Count(value => value == 1), 8, 32);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(3, 1)]
    [InlineData(3, 2)]
    [InlineData(5, 2)]
    [InlineData(64, 20)]
    [InlineData(65, 20)]
    [InlineData(73, 1)]
    [InlineData(200, 100)]
    public void Every_row_is_zero_equally_often(int rows, int zeros)
    {
        const int Columns = 60_000;
        byte[] mask = Whole(rows, Columns, zeros);
        double p = (double)zeros / rows;
        double statistic = 0;
        for (int r = 0; r < rows; r++)
        {
            double off = mask.AsSpan(r * Columns, Columns).ToArray().Sum(value => value) - (Columns * p);
            if (p == 1) Assert.Equal(0, off);
            else statistic += off * off / (Columns * p * (1 - p));
        }
        // Rows of one column are correlated by -1 / (rows - 1): (rows - 1) / rows × Σ is chi-square with rows - 1 degrees of freedom.
        if (p < 1) IsChiSquare(statistic * (rows - 1) / rows, rows - 1);
    }

    /// <summary>All sets of rows are equally likely: every one of the few sets of a small column.</summary>
    [Theory]
    [InlineData(2, 1)]
    [InlineData(3, 1)]
    [InlineData(3, 2)]
    [InlineData(5, 2)]
    [InlineData(5, 3)]
    [InlineData(8, 4)]
    public void Every_set_of_rows_is_equally_likely(int rows, int zeros)
    {
        const int Columns = 200_000;
        byte[] mask = Whole(rows, Columns, zeros);
        Dictionary<int, int> counts = [];
        for (int c = 0; c < Columns; c++)
        {
            int set = Enumerable.Range(0, rows).Sum(r => mask[(r * Columns) + c] << r);
            counts[set] = counts.GetValueOrDefault(set) + 1;
        }
        int sets = Enumerable.Range(0, zeros).Aggregate(1, (product, i) => product * (rows - i) / (i + 1));
        Assert.Equal(sets, counts.Count);
        double expected = (double)Columns / sets;
        IsChiSquare(counts.Values.Sum(count => (count - expected) * (count - expected) / expected), sets - 1);
    }

    /// <summary>How often two rows are zero together, over all pairs of rows: the network's weak spot would be rows that share a side of the grid.</summary>
    [Theory]
    [InlineData(24, 8)]
    [InlineData(65, 20)]
    [InlineData(72, 36)]
    [InlineData(100, 10)]
    public void Pairs_of_rows_are_zero_together_as_often_as_they_should(int rows, int zeros)
    {
        const int Columns = 1 << 16;
        byte[] mask = Whole(rows, Columns, zeros);
        ulong[][] bits = new ulong[rows][];
        for (int r = 0; r < rows; r++)
        {
            bits[r] = new ulong[Columns / 64];
            for (int c = 0; c < Columns; c++) bits[r][c / 64] |= (ulong)mask[(r * Columns) + c] << (c % 64);
        }
        double p = (double)zeros * (zeros - 1) / ((double)rows * (rows - 1));
        double variance = Columns * p * (1 - p);
        uint right = rows > SparseMask.SelectionRows ? SparseMask.Grid(rows).Right : 8;
        double all = 0, neighbours = 0;
        int pairs = 0, sharing = 0;
        for (int a = 0; a < rows; a++)
        {
            for (int b = a + 1; b < rows; b++)
            {
                double off = bits[a].Zip(bits[b], (x, y) => System.Numerics.BitOperations.PopCount(x & y)).Sum() - (Columns * p);
                Assert.InRange(Math.Abs(off), 0, 6 * Math.Sqrt(variance));
                all += off * off / variance;
                pairs++;
                if (a / right != b / right && a % right != b % right) continue;
                neighbours += off;
                sharing++;
            }
        }
        // Counts of pairs are hardly correlated; the square of each is about 1 on average.
        Assert.InRange(all / pairs, 0.85, 1.15);
        Assert.InRange(Math.Abs(neighbours) / Math.Sqrt(sharing * variance), 0, 8);
    }

    [Fact]
    public void Neighbouring_columns_and_other_keys_are_independent()
    {
        const int Rows = 500, Columns = 400, Zeros = 100;
        byte[] mask = Whole(Rows, Columns, Zeros);
        byte[] other = Whole(Rows, Columns, Zeros, key: s_key with { Key0 = s_key.Key0 + 1 });
        byte[] third = Whole(Rows, Columns, Zeros, key: s_key with { Counter3 = s_key.Counter3 + 1 });
        double p = (double)Zeros / Rows;
        double deviation = Errors * Math.Sqrt(mask.Length * p * p * (1 - (p * p)));
        double expected = mask.Length * p * p;
        Assert.InRange(mask.Zip(other, (a, b) => a & b).Sum(), expected - deviation, expected + deviation);
        Assert.InRange(mask.Zip(third, (a, b) => a & b).Sum(), expected - deviation, expected + deviation);
        Assert.InRange(mask.Zip(mask.Skip(1), (a, b) => a & b).Sum(), expected - deviation, expected + deviation);
    }

    /// <summary>The sum over all values of a permutation's defects: one to one, and its values spread evenly over the rows.</summary>
    [Theory]
    [InlineData(65)]
    [InlineData(128)]
    public void The_zeros_of_growing_counts_are_nested(int rows)
    {
        // perm(r) < z: a larger z only adds rows, one for each step.
        for (int column = 0; column < 5; column++)
        {
            for (int zeros = 0; zeros < rows; zeros++)
            {
                int added = 0;
                for (int r = 0; r < rows; r++)
                {
                    bool before = SparseMask.IsZero(s_key, rows, zeros, r, column);
                    bool after = SparseMask.IsZero(s_key, rows, zeros + 1, r, column);
                    Assert.False(before && !after);
                    if (after && !before) added++;
                }
                Assert.Equal(1, added);
            }
        }
    }

    [Fact]
    public void Sizes_beyond_the_counter_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => SparseMask.IsZero(s_key, SparseMask.MostRows + 1, 1, 0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => SparseMask.IsZero(s_key, 10, 1, 0, SparseMask.MostColumns));
        Assert.Throws<ArgumentOutOfRangeException>(() => SparseMask.IsZero(s_key, 10, 11, 0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => SparseMask.IsZero(s_key, 10, 1, 10, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => SparseMask.Fill(s_key, 10, 10, 1, 91, new byte[10]));
    }

    [Theory]
    [InlineData(65, 9, 8)]
    [InlineData(81, 9, 9)]
    [InlineData(82, 10, 9)]
    [InlineData(1L << 58, 1u << 29, 1u << 29)]
    [InlineData((1L << 58) - 1, 1u << 29, 1u << 29)]
    [InlineData(((1L << 26) * (1L << 26)) + 1, (1u << 26) + 1, 1u << 26)]
    public void The_grid_is_hardly_larger_than_the_rows(long rows, uint left, uint right)
    {
        Assert.Equal((left, right), SparseMask.Grid(rows));
        Assert.InRange(((long)left * right) - rows, 0, left - 1);
    }

    private static void IsChiSquare(double statistic, int degrees) => Assert.InRange(statistic, 0, degrees + (Errors * Math.Sqrt(2.0 * Math.Max(degrees, 1))) + 10);
}
