using System.Collections.Immutable;
using System.Globalization;
using ShardInit.Model;
using ShardInit.Planning;

namespace ShardInit.Engine;

/// <summary>
/// A box of a tensor: one half-open range per axis, step 1. As text: a comma list with one item per axis, <c>a:b</c>, <c>a:</c>, <c>:b</c>, <c>:</c> or an integer
/// (which keeps its axis with size 1); missing trailing axes are whole.
/// </summary>
public sealed record TensorSlice(ImmutableArray<AxisRange> Ranges)
{
    public static TensorSlice Whole(Shape shape) => new([.. shape.Dims.Select(dim => new AxisRange(0, dim, 1))]);

    public Shape Shape => new(Ranges.Select(range => range.Count));

    /// <summary>Reads the text form. On false, <paramref name="problems"/> says all that is wrong with it.</summary>
    public static bool TryParse(string text, Shape shape, out TensorSlice slice, out IReadOnlyList<string> problems)
    {
        List<string> found = [];
        ImmutableArray<AxisRange>.Builder ranges = Whole(shape).Ranges.ToBuilder();
        string[] items = text.Split(',');
        if (items.Length > shape.Rank) found.Add($"expected at most {shape.Rank} axes for shape {shape}, found {items.Length} in '{text}'");
        for (int axis = 0; axis < Math.Min(items.Length, shape.Rank); axis++)
        {
            if (TryItem(items[axis], shape[axis], out AxisRange range, out string? problem)) ranges[axis] = range;
            else found.Add($"axis {axis}: {problem}");
        }
        (slice, problems) = (new TensorSlice(ranges.ToImmutable()), found);
        return found.Count == 0;
    }

    private static bool TryItem(string item, long size, out AxisRange range, out string? problem)
    {
        range = default;
        problem = null;
        string[] ends = item.Split(':');
        (long first, long end) = (0, size);
        bool valid = ends.Length <= 2 && (ends[0].Length == 0 ? ends.Length == 2 : TryNumber(ends[0], out first));
        if (valid && ends.Length == 1) end = first == long.MaxValue ? first : first + 1;
        else if (valid && ends[1].Length > 0) valid = TryNumber(ends[1], out end);
        if (!valid) problem = $"expected a:b, a:, :b, : or an integer without sign or step, found '{item}'";
        else if (end > size || first > size || (first == size && size > 0)) problem = $"expected indices inside 0:{size}, found '{item}'";
        else if (first >= end && item != ":") problem = $"expected at least one index, found the empty range '{item}'";
        range = new AxisRange(first, end, 1);
        return problem is null;
    }

    private static bool TryNumber(string text, out long number) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    /// <exception cref="ArgumentException">Another number of axes, a range outside its axis, or a step.</exception>
    public void CheckInside(Shape shape)
    {
        if (Ranges.Length != shape.Rank) throw new ArgumentException($"expected {shape.Rank} ranges for shape {shape}, found {Ranges.Length}");
        for (int axis = 0; axis < Ranges.Length; axis++)
        {
            AxisRange range = Ranges[axis];
            if (range.Step == 1 && range.Start >= 0 && range.Start <= range.End && range.End <= shape[axis]) continue;
            throw new ArgumentException($"axis {axis}: expected a range with step 1 in 0:{shape[axis]}, found {range.Start}:{range.End}:{range.Step}");
        }
    }

    /// <summary>The longest runs of consecutive elements that make up the box, as (first row-major element, count), in row-major order.</summary>
    public IEnumerable<(long First, long Count)> Runs(Shape shape)
    {
        if (Ranges.Any(range => range.Count == 0)) yield break;
        // Axes after `cut` are whole, so along `cut` and below elements are consecutive.
        int cut = shape.Rank - 1;
        while (cut > 0 && Ranges[cut].Count == shape[cut]) cut--;
        long[] strides = new long[shape.Rank];
        long stride = 1;
        for (int axis = shape.Rank - 1; axis >= 0; axis--) (strides[axis], stride) = (stride, stride * shape[axis]);
        if (cut < 0)
        {
            yield return (0, 1);
            yield break;
        }
        long count = Ranges[cut].Count * strides[cut];
        long[] index = [.. Ranges.Select(range => range.Start)];
        while (true)
        {
            long first = 0;
            for (int axis = 0; axis <= cut; axis++) first += index[axis] * strides[axis];
            yield return (first, count);
            int moving = cut - 1;
            while (moving >= 0 && ++index[moving] == Ranges[moving].End) index[moving] = Ranges[moving--].Start;
            if (moving < 0) yield break;
        }
    }
}
