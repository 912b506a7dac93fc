using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Factorization;
using ShardInit.Engine;
using ShardInit.Kernels;
using Xunit;
using static ShardInit.Core.Tests.Kernels.OrthogonalSupport;

namespace ShardInit.Core.Tests.Kernels;

public sealed class OrthogonalMatrixTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 9)]
    [InlineData(9, 1)]
    [InlineData(5, 3)]
    [InlineData(3, 5)]
    [InlineData(16, 16)]
    [InlineData(17, 17)]
    [InlineData(64, 64)]
    [InlineData(65, 65)]
    [InlineData(100, 37)]
    [InlineData(130, 257)]
    [InlineData(512, 512)]
    [InlineData(1000, 300)]
    public void Rows_or_columns_are_orthonormal(int rows, int columns)
    {
        Assert.InRange(Defect(Wide(7, rows, columns), rows, columns), 0, 2e-14);
        Assert.InRange(Defect([.. Narrow(7, rows, columns).Select(x => (double)x)], rows, columns), 0, 3e-7);
    }

    [Theory]
    [InlineData(1024, 1024)]
    public void Large_matrices_are_orthonormal(int rows, int columns)
    {
        double[] wide = Wide(1, rows, columns, threads: 2);
        Assert.InRange(Defect(wide, rows, columns), 0, 1e-13);
        float[] narrow = Narrow(1, rows, columns, threads: 2);
        Assert.Equal(wide.Select(x => (float)x), narrow);
        Assert.InRange(Defect([.. narrow.Select(x => (double)x)], rows, columns), 0, 1e-6);
    }

    [SkippableFact]
    public void Four_thousand_square_in_float_with_one_digest_for_one_and_two_threads()
    {
        Skip.If(Environment.GetEnvironmentVariable("SHARDINIT_LONG") is null, "set SHARDINIT_LONG=1: 4096 x 4096 takes about a minute");
        float[] values = Narrow(1, 4096, 4096, threads: 2);
        Assert.Equal(Digest(values), Digest(Narrow(1, 4096, 4096, threads: 1)));
        Assert.InRange(Defect([.. values.Select(x => (double)x)], 4096, 4096), 0, 1e-6);
    }

    /// <summary>The reference is another algorithm's Q × sign(diag R) of the same draws: there is only one such Q.</summary>
    [Theory]
    [InlineData(1, 1, QRMethod.Thin)]
    [InlineData(5, 3, QRMethod.Thin)]
    [InlineData(33, 33, QRMethod.Full)]
    [InlineData(150, 70, QRMethod.Thin)]
    [InlineData(70, 150, QRMethod.Thin)]
    [InlineData(200, 200, QRMethod.Full)]
    public void Equals_the_reference_decomposition(int rows, int columns, QRMethod method)
    {
        (int tall, int narrow) = (Math.Max(rows, columns), Math.Min(rows, columns));
        double[] draws = Gaussians(3, tall, narrow);
        QR<double> reference = Matrix<double>.Build.Dense(tall, narrow, (r, c) => draws[(r * narrow) + c]).QR(method);
        double[] values = Wide(3, rows, columns, gain: 2);
        double worst = 0;
        for (int r = 0; r < tall; r++)
        {
            for (int c = 0; c < narrow; c++)
            {
                double expected = 2 * reference.Q[r, c] * Math.Sign(reference.R[c, c]);
                worst = Math.Max(worst, Math.Abs(expected - (rows < columns ? values[(c * columns) + r] : values[(r * columns) + c])));
            }
        }
        Assert.InRange(worst, 0, 1e-10);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(40, 23)]
    [InlineData(23, 40)]
    [InlineData(129, 129)]
    [InlineData(700, 200)]
    [InlineData(210, 450)]
    public void Neither_lanes_nor_threads_show_in_the_bits(int rows, int columns)
    {
        string expected = Digest(Wide(11, rows, columns, 0.7, 1, LaneChoice.Scalar));
        foreach (LaneChoice lanes in LaneDispatch.All)
        {
            foreach (int threads in (int[])[1, 2, 3, 5]) Assert.Equal(expected, Digest(Wide(11, rows, columns, 0.7, threads, lanes)));
        }
    }

    [Fact]
    public void Gain_multiplies_the_finished_number_once()
    {
        double[] plain = Wide(5, 20, 12);
        Assert.Equal(plain.Select(x => 0.3 * x), Wide(5, 20, 12, 0.3));
        Assert.Equal(plain.Select(x => -x), Wide(5, 20, 12, -1));
        Assert.All(Wide(5, 20, 12, 0), x => Assert.Equal(0, x));
        Assert.Equal(plain.Select(x => (float)(1e-40 * x)), Narrow(5, 20, 12, 1e-40));
    }

    [Fact]
    public void A_transposed_matrix_is_that_of_the_transposed_sizes_turned_over()
    {
        double[] tall = Wide(9, 90, 41);
        double[] flat = Wide(9, 41, 90);
        for (int r = 0; r < 90; r++)
        {
            for (int c = 0; c < 41; c++) Assert.Equal(tall[(r * 41) + c], flat[(c * 90) + r]);
        }
    }

    [Theory]
    [InlineData(33, 21)]
    [InlineData(21, 33)]
    [InlineData(20, 300)]
    public void Any_run_reads_the_elements_of_the_whole(int rows, int columns)
    {
        float[] whole = Narrow(2, rows, columns, 1.5);
        using OrthogonalFactor factor = OrthogonalFactor.Compute(Key(2), rows, columns, 1, CancellationToken.None);
        System.Random random = new(1);
        for (int i = 0; i < 300; i++)
        {
            int first = random.Next(whole.Length + 1);
            float[] run = new float[random.Next(whole.Length - first + 1)];
            factor.Read(first, 1.5, run.AsSpan());
            Assert.Equal(whole[first..(first + run.Length)], run);
        }
        Assert.Throws<ArgumentOutOfRangeException>(() => factor.Read(whole.Length, 1, new float[1].AsSpan()));
        Assert.Throws<ArgumentOutOfRangeException>(() => factor.Read(-1, 1, new float[1].AsSpan()));
    }

    [Theory]
    [InlineData(0, 5)]
    [InlineData(5, 0)]
    [InlineData(0, 0)]
    public void No_elements_are_no_work(int rows, int columns) => Assert.Empty(Wide(1, rows, columns, threads: 3));

    [Fact]
    public void A_destination_of_another_size_is_refused() =>
        Assert.Throws<ArgumentException>(() => OrthogonalMatrix.Fill(Key(1), 4, 4, 1, new float[15], 1, CancellationToken.None));

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Cancellation_ends_it(int threads)
    {
        using CancellationTokenSource before = new();
        before.Cancel();
        Assert.Throws<OperationCanceledException>(() => OrthogonalMatrix.Fill(Key(1), 64, 64, 1, new float[4096], threads, before.Token));
        using CancellationTokenSource during = new(TimeSpan.FromMilliseconds(100));
        float[] values = new float[3000 * 3000];
        Assert.Throws<OperationCanceledException>(() => OrthogonalMatrix.Fill(Key(1), 3000, 3000, 1, values, threads, during.Token));
    }

    [Fact]
    public void Memory_at_sixteen_thousand_square_is_the_matrix_and_little_more()
    {
        (long held, long peak) = OrthogonalFactor.Bytes(16384, 16384);
        Assert.Equal(1L << 31, held);
        Assert.Equal((1L << 31) + (16L << 20), peak);
    }
}
