using Xunit;
using static ShardInit.Core.Tests.Kernels.OrthogonalSupport;

namespace ShardInit.Core.Tests.Kernels;

/// <summary>
/// Haar's measure, over 20,000 seeds. The seeds are fixed, so a pass stays a pass; each bound is 5 standard errors of the statistic under Haar's measure.
/// </summary>
public sealed class OrthogonalHaarTests
{
    private const int Seeds = 20_000;
    private const double Errors = 5;

    private static double[][] Sample(int rows, int columns)
    {
        double[][] matrices = new double[Seeds][];
        Parallel.For(0, Seeds, seed => matrices[seed] = Wide((ulong)seed, rows, columns));
        return matrices;
    }

    private static void IsNear(double expected, double deviation, IEnumerable<double> sample)
    {
        double mean = sample.Average();
        double error = Errors * deviation / Math.Sqrt(Seeds);
        Assert.InRange(mean, expected - error, expected + error);
    }

    /// <summary>E tr = 0, E tr² = 1, and E tr⁴ = 3 from 4 × 4 on: Diaconis and Shahshahani 1994. On O(2) half of the matrices are reflections, with trace 0, and the others have 2 cos θ: E tr⁴ = 3 too.</summary>
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public void Traces_have_the_moments_of_the_group(int n)
    {
        double[][] matrices = Sample(n, n);
        double[] traces = [.. matrices.Select(a => Enumerable.Range(0, n).Sum(i => a[(i * n) + i]))];
        IsNear(0, 1, traces);
        IsNear(1, Math.Sqrt(2), traces.Select(t => t * t));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Rotations_and_reflections_are_equally_many(int n)
    {
        double[] determinants = [.. Sample(n, n).Select(a => Determinant(a, n))];
        Assert.All(determinants, d => Assert.Equal(1, Math.Abs(d), 1e-12));
        IsNear(0, 1, determinants);
    }

    [Fact]
    public void Angles_of_rotations_and_reflections_of_the_plane_are_uniform()
    {
        double[][] matrices = Sample(2, 2);
        foreach (bool rotation in (bool[])[true, false])
        {
            // The first column at angle θ: each of 40 sectors equally likely, whichever sheet of O(2) the matrix is on.
            int[] sectors = new int[40];
            int count = 0;
            foreach (double[] a in matrices.Where(a => Determinant(a, 2) > 0 == rotation))
            {
                sectors[(int)((Math.Atan2(a[2], a[0]) + Math.PI) / (2 * Math.PI) * 40) % 40]++;
                count++;
            }
            Assert.InRange(ChiSquare(sectors, count / 40.0), 0, 39 + (Errors * Math.Sqrt(2 * 39)));
        }
    }

    /// <summary>On the sphere in three dimensions each coordinate is uniform on [-1, 1] (Archimedes); so it is for every row and column.</summary>
    [Fact]
    public void Every_entry_of_three_by_three_is_uniform()
    {
        double[][] matrices = Sample(3, 3);
        for (int entry = 0; entry < 9; entry++)
        {
            int[] bins = new int[50];
            foreach (double[] a in matrices) bins[Math.Min((int)((a[entry] + 1) * 25), 49)]++;
            Assert.InRange(ChiSquare(bins, Seeds / 50.0), 0, 49 + (Errors * Math.Sqrt(2 * 49)));
        }
    }

    [Theory]
    [InlineData(6, 3)]
    [InlineData(3, 6)]
    public void Entries_of_rectangular_matrices_have_the_moments_of_the_sphere(int rows, int columns)
    {
        double[][] matrices = Sample(rows, columns);
        const double Length = 6;
        double fourth = 3 / (Length * (Length + 2));
        double eighth = 105 / (Length * (Length + 2) * (Length + 4) * (Length + 6));
        for (int entry = 0; entry < rows * columns; entry++)
        {
            IsNear(0, Math.Sqrt(1 / Length), matrices.Select(a => a[entry]));
            IsNear(1 / Length, Math.Sqrt(fourth - (1 / (Length * Length))), matrices.Select(a => a[entry] * a[entry]));
            IsNear(fourth, Math.Sqrt(eighth - (fourth * fourth)), matrices.Select(a => Math.Pow(a[entry], 4)));
        }
        // Entries that share neither row nor column: E a b = 0, E a² b² is above (1 / 6)², as orthogonality demands: (N + 1) / (N (N - 1) (N + 2)).
        IsNear(0, 1 / Length, matrices.Select(a => a[0] * a[columns + 1]));
        IsNear((Length + 1) / (Length * (Length - 1) * (Length + 2)), fourth, matrices.Select(a => a[0] * a[0] * a[columns + 1] * a[columns + 1]));
    }

    private static double Determinant(double[] a, int n) => n switch
    {
        1 => a[0],
        2 => (a[0] * a[3]) - (a[1] * a[2]),
        _ => (a[0] * ((a[4] * a[8]) - (a[5] * a[7]))) - (a[1] * ((a[3] * a[8]) - (a[5] * a[6]))) + (a[2] * ((a[3] * a[7]) - (a[4] * a[6]))),
    };

    private static double ChiSquare(int[] counts, double expected) => counts.Sum(count => (count - expected) * (count - expected) / expected);
}
