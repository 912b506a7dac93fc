using ShardInit.Engine;
using ShardInit.Model;

namespace ShardInit.Client.Tests.Engine;

public sealed class TensorSliceTests
{
    private static readonly Shape s_shape = new([4, 3, 5]);

    [Theory]
    [InlineData("1:3,:,2", "[2, 3, 1]")]
    [InlineData("1:", "[3, 3, 5]")]
    [InlineData(":2", "[2, 3, 5]")]
    [InlineData("3", "[1, 3, 5]")]
    [InlineData(":,:,:", "[4, 3, 5]")]
    [InlineData(":,1:2", "[4, 1, 5]")]
    [InlineData("0:4,0:3,4:5", "[4, 3, 1]")]
    public void Boxes_have_the_shape_that_numpy_gives_with_integers_kept(string text, string shape)
    {
        Assert.True(TensorSlice.TryParse(text, s_shape, out TensorSlice slice, out _));
        Assert.Equal(shape, slice.Shape.ToString());
    }

    [Theory]
    [InlineData("5", "axis 0: expected indices inside 0:4, found '5'")]
    [InlineData("4", "axis 0: expected indices inside 0:4, found '4'")]
    [InlineData("0:5", "axis 0: expected indices inside 0:4, found '0:5'")]
    [InlineData("2:2", "axis 0: expected at least one index, found the empty range '2:2'")]
    [InlineData("3:1", "the empty range '3:1'")]
    [InlineData("-1", "without sign or step, found '-1'")]
    [InlineData("0:4:2", "without sign or step, found '0:4:2'")]
    [InlineData(":,,:", "axis 1: expected a:b")]
    [InlineData("0,0,0,0", "expected at most 3 axes for shape [4, 3, 5], found 4")]
    [InlineData("99999999999999999999", "found '99999999999999999999'")]
    [InlineData("9223372036854775807", "expected indices inside 0:4")]
    [InlineData("x", "found 'x'")]
    [InlineData(" 1", "found ' 1'")]
    public void Other_texts_are_refused_with_axis_and_reason(string text, string message)
    {
        Assert.False(TensorSlice.TryParse(text, s_shape, out _, out IReadOnlyList<string> problems));
        Assert.Contains(message, string.Join('\n', problems));
    }

    [Fact]
    public void All_axes_are_judged_at_once()
    {
        Assert.False(TensorSlice.TryParse("9,x,5:", s_shape, out _, out IReadOnlyList<string> problems));
        Assert.Equal(3, problems.Count);
    }

    [Fact]
    public void Runs_of_every_box_visit_its_elements_in_row_major_order()
    {
        foreach ((int a0, int a1) in Ranges(4))
        {
            foreach ((int b0, int b1) in Ranges(3))
            {
                foreach ((int c0, int c1) in Ranges(5))
                {
                    Assert.True(TensorSlice.TryParse($"{a0}:{a1},{b0}:{b1},{c0}:{c1}", s_shape, out TensorSlice slice, out _));
                    List<long> expected = [];
                    for (int a = a0; a < a1; a++) for (int b = b0; b < b1; b++) for (int c = c0; c < c1; c++) expected.Add((((a * 3) + b) * 5) + c);
                    List<long> found = [.. slice.Runs(s_shape).SelectMany(run => Enumerable.Range(0, (int)run.Count).Select(step => run.First + step))];
                    Assert.Equal(expected, found);
                }
            }
        }
    }

    [Fact]
    public void Whole_rows_are_one_run()
    {
        Assert.True(TensorSlice.TryParse("1:3", s_shape, out TensorSlice slice, out _));
        Assert.Equal([(15L, 30L)], slice.Runs(s_shape));
        Assert.Equal([(0L, 60L)], TensorSlice.Whole(s_shape).Runs(s_shape));
    }

    [Fact]
    public void A_scalar_is_one_run_and_an_empty_tensor_none()
    {
        Assert.Equal([(0L, 1L)], TensorSlice.Whole(Shape.Scalar).Runs(Shape.Scalar));
        Shape empty = new([0, 7]);
        Assert.Empty(TensorSlice.Whole(empty).Runs(empty));
        Assert.True(TensorSlice.TryParse(":,0:3", empty, out TensorSlice slice, out _));
        Assert.Empty(slice.Runs(empty));
        Assert.False(TensorSlice.TryParse("0", Shape.Scalar, out _, out _));
    }

    private static IEnumerable<(int, int)> Ranges(int size)
    {
        for (int start = 0; start < size; start++) for (int end = start + 1; end <= size; end++) yield return (start, end);
    }
}
