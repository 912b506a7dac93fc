using ShardInit.Kernels;
using Xunit;

namespace ShardInit.Core.Tests.Kernels;

public sealed class OrthogonalShapeTests
{
    [Theory]
    [InlineData(new long[] { 8, 4 }, 8, 4)]
    [InlineData(new long[] { 8, 4, 3, 3 }, 8, 36)]
    public void Torch_takes_the_first_axis_as_rows(long[] shape, long rows, long columns)
    {
        OrthogonalShape view = OrthogonalShape.Torch(shape);
        Assert.Equal((rows, columns), (view.Rows, view.Columns));
        Assert.True(view.IsInOrder);
        Assert.Equal(Enumerable.Range(0, shape.Length), view.Axes);
    }

    [Fact]
    public void Keras_takes_the_last_axis_as_columns()
    {
        OrthogonalShape view = OrthogonalShape.Keras([3, 3, 4, 8]);
        Assert.Equal((36, 8), (view.Rows, view.Columns));
        Assert.True(view.IsInOrder);
    }

    [Theory]
    [InlineData(0, 12, 2, new[] { 1, 2, 0 })]
    [InlineData(1, 8, 3, new[] { 0, 2, 1 })]
    [InlineData(2, 6, 4, new[] { 0, 1, 2 })]
    [InlineData(-1, 6, 4, new[] { 0, 1, 2 })]
    [InlineData(-3, 12, 2, new[] { 1, 2, 0 })]
    public void Jax_moves_the_column_axis_to_the_end(int axis, long rows, long columns, int[] axes)
    {
        OrthogonalShape view = OrthogonalShape.Jax([2, 3, 4], axis);
        Assert.Equal((rows, columns), (view.Rows, view.Columns));
        Assert.Equal(axes, view.Axes);

        // Index by index: element (i, j, k) stands where the other two make the row.
        long[] sizes = [2, 3, 4];
        HashSet<long> seen = [];
        for (int element = 0; element < 24; element++)
        {
            long[] at = [element / 12, element / 4 % 3, element % 4];
            long expected = axes.Aggregate(0L, (sum, a) => (sum * sizes[a]) + at[a]);
            Assert.Equal(expected, view.MatrixElement(element));
            seen.Add(expected);
        }
        Assert.Equal(24, seen.Count);
    }

    [Fact]
    public void What_the_originals_refuse_is_refused()
    {
        Assert.Throws<ArgumentException>(() => OrthogonalShape.Torch([5]));
        Assert.Throws<ArgumentException>(() => OrthogonalShape.Keras([5]));
        Assert.Throws<ArgumentException>(() => OrthogonalShape.Jax([]));
        Assert.Throws<ArgumentOutOfRangeException>(() => OrthogonalShape.Jax([5, 6], 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => OrthogonalShape.Jax([5, 6], -3));
        Assert.Throws<ArgumentException>(() => DeltaOrthogonal.Of([4, 4]));
        Assert.Throws<ArgumentException>(() => DeltaOrthogonal.Of([1, 1, 1, 1, 4, 4]));
        Assert.Throws<ArgumentException>(() => DeltaOrthogonal.Of([3, 5, 4]));
    }

    [Theory]
    [InlineData(new long[] { 3, 4, 5 }, 1)]
    [InlineData(new long[] { 4, 4, 5 }, 1)]
    [InlineData(new long[] { 3, 5, 2, 4 }, 7)]
    [InlineData(new long[] { 2, 4, 2, 4 }, 1)]
    [InlineData(new long[] { 3, 3, 3, 2, 2 }, 13)]
    public void Delta_orthogonal_stands_in_the_middle(long[] shape, long spatialIndex)
    {
        DeltaOrthogonal delta = DeltaOrthogonal.Of(shape);
        long size = shape[^1] * shape[^2];
        Assert.Equal(spatialIndex * size, delta.First);
        Assert.Equal((shape[^2], shape[^1]), (delta.Matrix.Rows, delta.Matrix.Columns));
        long total = shape.Aggregate(1L, (a, b) => a * b);
        for (long element = 0; element < total; element++)
            Assert.Equal(element / size == spatialIndex ? element % size : -1, delta.MatrixElement(element));
    }

    [Fact]
    public void Delta_orthogonal_with_the_input_channels_as_columns_is_turned_over()
    {
        DeltaOrthogonal delta = DeltaOrthogonal.Of([1, 2, 3], -2);
        Assert.Equal((3, 2), (delta.Matrix.Rows, delta.Matrix.Columns));
        Assert.Equal([0, 2, 4, 1, 3, 5], Enumerable.Range(0, 6).Select(i => delta.MatrixElement(i)));
    }
}
