using System.Collections.Immutable;
using ShardInit.Planning;

namespace ShardInit.Model;

/// <summary>
/// How one stored tensor is made of several logical ones, or of one that is turned: written down once for all layers of a model. <see cref="Part.Logical"/> counts
/// from 0 along <see cref="Sources"/>.
/// </summary>
/// <param name="Sources">Shapes of the logical tensors, in torch orientation.</param>
public sealed record Packing(Shape Stored, ImmutableArray<Shape> Sources, ImmutableArray<Part> Parts)
{
    /// <summary>Parts of a stored tensor at most (docs/plan-format.md).</summary>
    public const int MaxParts = 4096;

    /// <summary>Rows of several matrices (or, with no columns, vectors) one after the other: q | k | v, gate | up.</summary>
    public static Packing Rows(long? columns, params ReadOnlySpan<long> rows)
    {
        List<Part> parts = [];
        List<Shape> sources = [];
        long start = 0;
        foreach (long count in rows)
        {
            sources.Add(SizeOf(columns is long width ? [count, width] : [count]));
            parts.Add(columns is long all ? Box(parts.Count, [Whole(count), Whole(all)], [0, 1], [Run(start, count), Whole(all)]) : Box(parts.Count, [Whole(count)], [0], [Run(start, count)]));
            start = checked(start + count);
        }
        return new Packing(SizeOf(columns is long last ? [start, last] : [start]), [.. sources], [.. parts]);
    }

    /// <summary>Rows of <paramref name="count"/> equal matrices (vectors) grouped by head: head 0 of the first, head 0 of the second, ..., head 1 of the first ...</summary>
    public static Packing ByHead(int count, long heads, long headRows, long? columns)
    {
        RefuseMany(checked(count * heads));
        long rows = checked(heads * headRows);
        List<Part> parts = [];
        for (long head = 0; head < heads; head++)
        {
            for (int source = 0; source < count; source++)
            {
                AxisRange from = Run(head * headRows, headRows);
                AxisRange to = Run(((head * count) + source) * headRows, headRows);
                parts.Add(columns is long width ? Box(source, [from, Whole(width)], [0, 1], [to, Whole(width)]) : Box(source, [from], [0], [to]));
            }
        }
        Shape one = SizeOf(columns is long all ? [rows, all] : [rows]);
        return new Packing(SizeOf(columns is long last ? [checked(count * rows), last] : [checked(count * rows)]), [.. Enumerable.Repeat(one, count)], [.. parts]);
    }

    /// <summary>Matrices [rows, inputs] turned to [inputs, rows] and put side by side: x @ W without a transpose.</summary>
    public static Packing Turned(long inputs, params ReadOnlySpan<long> rows)
    {
        List<Part> parts = [];
        List<Shape> sources = [];
        long start = 0;
        foreach (long count in rows)
        {
            sources.Add(SizeOf([count, inputs]));
            parts.Add(Box(parts.Count, [Whole(count), Whole(inputs)], [1, 0], [Whole(inputs), Run(start, count)]));
            start = checked(start + count);
        }
        return new Packing(SizeOf([inputs, start]), [.. sources], [.. parts]);
    }

    /// <summary>
    /// <paramref name="count"/> experts on a new first axis, each made of <paramref name="joined"/> equal matrices one behind the other on the next:
    /// [E, 2I, H] of gate and up, [E, H, I] of down. Sources are in the order expert 0 first, expert 0 second, expert 1 first ...
    /// </summary>
    public static Packing Experts(long count, int joined, long rows, long columns) =>
        Stack(count, joined, SizeOf([rows, columns]), SizeOf([count, checked(joined * rows), columns]), [-1, 0, 1], which => [Run(which * rows, rows), Whole(columns)]);

    /// <summary>The same turned and interleaved: [E, H, 2I] with the first matrix in even columns and the second in odd ones.</summary>
    public static Packing TurnedExperts(long count, int joined, long rows, long columns) =>
        Stack(count, joined, SizeOf([rows, columns]), SizeOf([count, columns, checked(joined * rows)]), [-1, 1, 0], which => [Whole(columns), new AxisRange(which, checked(joined * rows), joined)]);

    /// <summary>Vectors of experts: [E, 2I], interleaved as in <see cref="TurnedExperts"/>.</summary>
    public static Packing ExpertVectors(long count, int joined, long size) =>
        Stack(count, joined, SizeOf([size]), SizeOf([count, checked(joined * size)]), [-1, 0], which => [new AxisRange(which, checked(joined * size), joined)]);

    private static Packing Stack(long count, int joined, Shape source, Shape stored, ImmutableArray<int> permutation, Func<int, AxisRange[]> place)
    {
        RefuseMany(checked(count * joined));
        ImmutableArray<AxisRange> whole = [.. source.Dims.Select(Whole)];
        AxisRange[][] places = [.. Enumerable.Range(0, joined).Select(place)];
        ImmutableArray<Part>.Builder parts = ImmutableArray.CreateBuilder<Part>();
        for (int expert = 0; expert < count; expert++)
        {
            for (int which = 0; which < joined; which++) parts.Add(new Part(parts.Count, whole, permutation, [Run(expert, 1), .. places[which]]));
        }
        return new Packing(stored, [.. Enumerable.Repeat(source, parts.Count)], parts.ToImmutable());
    }

    private static Part Box(int source, ImmutableArray<AxisRange> from, ImmutableArray<int> permutation, ImmutableArray<AxisRange> to) => new(source, from, permutation, to);

    private static AxisRange Whole(long size) => new(0, size, 1);

    private static AxisRange Run(long start, long count) => new(start, start + count, 1);

    private static Shape SizeOf(long[] dims) => Shape.TryCount(dims, out _, out string? reason) ? new Shape(dims) : throw new OverflowException(reason);

    private static void RefuseMany(long parts)
    {
        if (parts > MaxParts) throw new OverflowException($"a stored tensor would be made of {parts} parts; at most {MaxParts}");
    }
}
