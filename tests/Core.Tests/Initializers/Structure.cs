using System.Text.Json;
using ShardInit.Engine;
using ShardInit.Model;
using ShardInit.Planning;
using Xunit;

namespace ShardInit.Core.Tests.Initializers;

/// <summary>Values whose tensor has a structure, against the structure that <c>truth</c> states.</summary>
internal static class Structure
{
    private const int MatrixSample = 20_000;
    private const int MostMatrices = 200;
    private const int SparseSample = 40_000;

    public static double Brain(double value) => Math.Round(value * 256 / Power(value)) * Power(value) / 256;

    public static void CheckValues(InitCase item, double[] values)
    {
        if (item.Truth.TryGetProperty("values_row_major", out JsonElement expected))
        {
            Assert.Equal(expected.EnumerateArray().Select(value => value.GetDouble()), values);
            return;
        }
        double[] wanted = new double[values.Length];
        if (item.Truth.TryGetProperty("nonzero_indices", out JsonElement indices))
        {
            foreach (JsonElement index in indices.EnumerateArray()) wanted[Flat([.. index.EnumerateArray().Select(part => part.GetInt64())], item.Shape)] = 1;
        }
        else
        {
            Assert.Equal("torch.eye_", item.Init);
            for (long i = 0; i < Math.Min(item.Shape[0], item.Shape[1]); i++) wanted[Flat([i, i], item.Shape)] = 1;
        }
        Assert.Equal(item.Truth.GetProperty("nonzero_count").GetInt32(), wanted.Count(value => value != 0));
        Assert.Equal(wanted, values);
    }

    /// <summary>Gram matrix of the smaller side, second and fourth moment of the elements of independent matrices, and the sign of the first element.</summary>
    public static void CheckOrthogonal(InitCase item)
    {
        (int rows, int columns) = (item.Truth.GetProperty("rows").GetInt32(), item.Truth.GetProperty("cols").GetInt32());
        double gain = item.Truth.GetProperty("gain").GetDouble(), std = item.Truth.GetProperty("element_std").GetDouble();
        int copies = Math.Clamp(MatrixSample / (rows * columns), 8, MostMatrices);
        Plan plan = item.Plan(copies);
        PlanValues values = new(plan);
        double second = 0, fourth = 0, first = 0;
        for (int copy = 0; copy < copies; copy++)
        {
            double[] matrix = AsMatrix(Drawn.Values(values, copy), item, rows, columns);
            CheckGram(matrix, rows, columns, gain);
            second += matrix.Sum(x => x * x);
            fourth += matrix.Sum(x => x * x * x * x);
            first += Math.Sign(matrix[0]);
        }
        double n = (double)copies * rows * columns;
        Assert.Equal(std, Math.Sqrt(second / n), 1e-6 + (1e-5 * std));
        if (gain == 0) return;
        // A Haar matrix has no preferred sign: a QR without the correction of signs has. The bound is 4.89 standard errors of a mean of signs.
        Assert.True(Math.Abs(first) < Law.MostZ * Math.Sqrt(copies), $"first elements have signs that add up to {first} of {copies}");
        // Kurtosis: independent elements would have a standard error of √(96 / n) for the fourth moment over σ⁴; those of an orthogonal matrix have less.
        double kurtosis = (fourth / n) / Math.Pow(second / n, 2), expected = item.Truth.GetProperty("element_kurtosis").GetDouble();
        Assert.Equal(expected, kurtosis, Law.MostZ * Math.Sqrt(96 / n));
    }

    public static void CheckDeltaOrthogonal(InitCase item, double[] values)
    {
        (int rows, int columns) = (item.Truth.GetProperty("rows").GetInt32(), item.Truth.GetProperty("cols").GetInt32());
        long[] middle = [.. item.Truth.GetProperty("spatial_index").EnumerateArray().Select(part => part.GetInt64())];
        long start = Flat([.. middle, 0, 0], item.Shape);
        double[] matrix = values.AsSpan((int)start, rows * columns).ToArray();
        CheckGram(matrix, rows, columns, item.Truth.GetProperty("gain").GetDouble());
        Assert.Equal(values.Count(value => value != 0), matrix.Count(value => value != 0));
    }

    public static void CheckSparse(InitCase item)
    {
        (int rows, int columns) = ((int)item.Shape[0], (int)item.Shape[1]);
        int zeros = item.Truth.GetProperty("zeros_per_column").GetInt32(), copies = Math.Max(1, SparseSample / (rows * columns));
        double[] values = Drawn.Values(item.Plan(copies));
        int[] perRow = new int[rows];
        List<double> drawn = [];
        for (int column = 0; column < copies * columns; column++)
        {
            int found = 0;
            for (int row = 0; row < rows; row++)
            {
                double value = values[(column / columns * rows * columns) + (row * columns) + (column % columns)];
                if (value != 0) drawn.Add(value);
                else
                {
                    found++;
                    perRow[row]++;
                }
            }
            // A normal draw is 0 with a chance below 1e-10 (docs/determinism.md): no zero of this sample is one.
            Assert.Equal(zeros, found);
        }
        // Each row is hit by a column with chance zeros / rows.
        double chance = (double)zeros / rows, spread = Math.Sqrt(copies * columns * chance * (1 - chance));
        Assert.All(perRow, hits => Assert.True(Math.Abs(hits - (copies * columns * chance)) <= Law.MostZ * spread, $"{hits} zeros in a row of {copies * columns}, expected {copies * columns * chance:F1}"));
        if (drawn.Count > 0) Law.Of(item.Truth.GetProperty("value")).Check([.. drawn], DType.F32);
    }

    // JAX and Keras: the columns are one axis, the rows all others in their order.
    private static double[] AsMatrix(double[] values, InitCase item, int rows, int columns)
    {
        if (!item.Truth.TryGetProperty("column_axis", out JsonElement axisElement)) return values;
        int rank = item.Shape.Length, axis = (axisElement.GetInt32() + rank) % rank;
        long inner = item.Shape.Skip(axis + 1).Aggregate(1L, (product, size) => product * size);
        double[] matrix = new double[values.Length];
        for (long flat = 0; flat < values.Length; flat++)
        {
            long column = flat / inner % columns, row = (flat / (inner * columns) * inner) + (flat % inner);
            matrix[(row * columns) + column] = values[flat];
        }
        return matrix;
    }

    public static void CheckGram(double[] matrix, int rows, int columns, double gain)
    {
        bool byRows = rows <= columns;
        (int count, int length) = byRows ? (rows, columns) : (columns, rows);
        for (int a = 0; a < count; a++)
        {
            for (int b = a; b < count; b++)
            {
                double sum = 0;
                for (int k = 0; k < length; k++) sum += byRows ? matrix[(a * columns) + k] * matrix[(b * columns) + k] : matrix[(k * columns) + a] * matrix[(k * columns) + b];
                Assert.Equal(a == b ? gain * gain : 0, sum, 1e-6 * Math.Max(1, gain * gain));
            }
        }
    }

    private static long Flat(long[] index, long[] shape)
    {
        long flat = 0;
        for (int axis = 0; axis < shape.Length; axis++) flat = (flat * shape[axis]) + index[axis];
        return flat;
    }

    private static double Power(double value) => Math.Pow(2, Math.Floor(Math.Log2(Math.Abs(value == 0 ? 1 : value))) + 1);
}
