using System.Runtime.InteropServices;
using ShardInit.Engine;
using ShardInit.Initializers;
using ShardInit.Kernels;
using ShardInit.Model;
using ShardInit.Planning;
using ShardInit.Random;

namespace ShardInit.Core.Tests.Engine;

/// <summary>Orthogonal tensors: computed once a process, kept within a budget, the right elements of every shape.</summary>
public sealed class OrthogonalTensorsTests
{
    private static readonly StreamKey s_key = StreamKey.Derive(1, 42, "", "w");

    private static float[] Matrix(long rows, long columns, double gain)
    {
        float[] matrix = new float[rows * columns];
        OrthogonalMatrix.Fill(s_key, rows, columns, gain, matrix, 1, default);
        return matrix;
    }

    [Fact]
    public void Shapes_hold_the_matrix_as_their_frameworks_do()
    {
        Assert.Equal(Matrix(6, 20, 2), OneTensor.Floats(new Orthogonal(2), 6, 4, 5));
        Assert.Equal(Matrix(24, 5, 1), OneTensor.Floats(new Orthogonal(1, 2), 6, 4, 5));
        // Axis 1 as columns: matrix row = i × 5 + k.
        float[] matrix = Matrix(30, 4, 1);
        float[] tensor = OneTensor.Floats(new Orthogonal(1, 1), 6, 4, 5);
        for (int i = 0; i < 6; i++) for (int j = 0; j < 4; j++) for (int k = 0; k < 5; k++) Assert.Equal(matrix[(((i * 5) + k) * 4) + j], tensor[(((i * 4) + j) * 5) + k]);

        float[] kernel = OneTensor.Floats(new ShardInit.Initializers.DeltaOrthogonal(0.5), 3, 2, 4, 6);
        float[] inside = Matrix(4, 6, 0.5);
        // Index (k - 1) / 2 of each spatial axis: [1, 0].
        for (int i = 0; i < kernel.Length; i++) Assert.Equal(i / 24 == 2 ? inside[i % 24] : 0, kernel[i]);

        double[] wide = new double[6 * 20];
        OrthogonalMatrix.Fill(s_key, 6, 20, 2, wide, 1, default);
        Assert.Equal(wide, OneTensor.Doubles(new Orthogonal(2), 6, 4, 5));
    }

    [Fact]
    public void A_tensor_is_computed_once_whatever_is_read_of_it_and_by_how_many()
    {
        Plan plan = OneTensor.Plan(new Orthogonal(1), DType.BF16, 96, 64);
        byte[] whole = OneTensor.Bytes(plan);
        PlanValues values = new(plan, new ValueOptions { Threads = 2 });
        byte[] pieces = new byte[whole.Length];
        Parallel.For(0, 96, new ParallelOptions { MaxDegreeOfParallelism = 4 }, row => values.Fill(0, row * 64, 64, pieces.AsSpan(row * 128, 128)));
        Assert.Equal(whole, pieces);
        Assert.Equal(1, values.Orthogonal.Computed);
        Assert.Equal(96 * 64 * 4, values.Orthogonal.Kept);
    }

    [Fact]
    public void The_longest_unused_goes_first_and_nothing_that_is_read()
    {
        OrthogonalTensors tensors = new(1, LaneChoice.Auto, default, budget: 2 * 16 * 16 * 4);
        OrthogonalKey Key(int number) => new(s_key, 16, 16, number);
        using (tensors.Take(Key(1), false)) { }
        using (tensors.Take(Key(2), false)) { }
        using (tensors.Take(Key(1), false)) { }
        Assert.Equal(2, tensors.Computed);
        using (tensors.Take(Key(3), false))
        {
            Assert.Equal(2 * 1024, tensors.Kept);
            using (tensors.Take(Key(1), false)) { }
            Assert.Equal(3, tensors.Computed);
            using OrthogonalTensors.Lease second = tensors.Take(Key(2), false);
            using OrthogonalTensors.Lease fourth = tensors.Take(Key(4), false);
            // Both of the budget and the new one are being read: more is kept than the budget says, and as soon as they are given back it shrinks again.
            Assert.Equal(3 * 1024, tensors.Kept);
            Assert.Equal(Matrix(16, 16, 2), second.Floats);
            Assert.Equal(Matrix(16, 16, 4), fourth.Floats);
        }
        using (tensors.Take(Key(5), false)) { }
        Assert.Equal(2 * 1024, tensors.Kept);
    }

    [Fact]
    public void Cancellation_ends_the_computation_and_a_later_run_can_have_it()
    {
        using CancellationTokenSource cancel = new();
        cancel.Cancel();
        Plan plan = OneTensor.Plan(new Orthogonal(1), DType.F32, 64, 64);
        PlanValues values = new(plan, new ValueOptions { Cancel = cancel.Token });
        Assert.ThrowsAny<OperationCanceledException>(() => values.Fill(0, 0, 1, new byte[4]));
        Assert.Equal(0, values.Orthogonal.Kept);
    }

    [Fact]
    public void The_plan_says_what_they_cost()
    {
        string[] notices = [.. PlanCosts.Notices(OneTensor.Plan(new Orthogonal(1), DType.F32, 4096, 4096).Logical)];
        // 4 n² (m - n/3) = 8/3 × 4096³ = 1.8e11.
        string notice = Assert.Single(notices);
        Assert.Contains("1 orthogonal tensor: each is computed as a whole", notice);
        Assert.Contains("about 1.8e+11 operations in all, about 19 s of one thread", notice);
        // 8 and 4 bytes an element are 192 MiB; the work space and rows that keep cache lines apart come on top.
        Assert.Matches(@"'w' of shape \[4096, 4096\], takes (19[3-9]|20\d) MiB of memory", notice);
        Assert.Empty(PlanCosts.Notices(OneTensor.Plan(new Normal(0, 1), DType.F32, 4096, 4096).Logical));
        Assert.Contains("by formulas with slow functions", Assert.Single(PlanCosts.Notices(OneTensor.Plan(Expression.Of("exp(z)"), DType.F32, 1L << 30).Logical)));
        Assert.Empty(PlanCosts.Notices(OneTensor.Plan(Expression.Of("exp(z)"), DType.F32, 1000).Logical));
    }
}
