using System.Collections.Immutable;

namespace ShardInit.Kernels;

/// <summary>
/// How a tensor of two or more dimensions holds an orthogonal matrix: the matrix is rows × columns, and its row-major order is that of the tensor with its axes in
/// the order of <see cref="Axes"/>.
/// </summary>
internal sealed record OrthogonalShape
{
    private readonly long _axis;
    private readonly long _inner;

    private OrthogonalShape(long rows, long columns, ImmutableArray<int> axes, long axis, long inner)
    {
        Rows = rows;
        Columns = columns;
        Axes = axes;
        _axis = axis;
        _inner = inner;
    }

    public long Rows { get; }
    public long Columns { get; }

    /// <summary>Axes of the tensor in the order in which the matrix's elements run through them, slowest first.</summary>
    public ImmutableArray<int> Axes { get; }

    /// <summary>Whether element i of the tensor is element i of the matrix.</summary>
    public bool IsInOrder => _inner == 1;

    /// <summary>torch.nn.init.orthogonal_: the first axis is the rows, all others together the columns.</summary>
    public static OrthogonalShape Torch(ReadOnlySpan<long> shape)
    {
        CheckDimensions(shape);
        return new OrthogonalShape(shape[0], Product(shape[1..]), Order(shape.Length, shape.Length - 1), 1, 1);
    }

    /// <summary>Keras: the last axis is the columns, all others together the rows.</summary>
    public static OrthogonalShape Keras(ReadOnlySpan<long> shape) => Jax(shape, -1);

    /// <summary>jax.nn.initializers.orthogonal: <paramref name="columnAxis"/> is the columns (negative counts from the end), all others together, in their order, the rows.</summary>
    public static OrthogonalShape Jax(ReadOnlySpan<long> shape, int columnAxis = -1)
    {
        CheckDimensions(shape);
        if (columnAxis < -shape.Length || columnAxis >= shape.Length)
            throw new ArgumentOutOfRangeException(nameof(columnAxis), columnAxis, $"expected a column axis from {-shape.Length} to {shape.Length - 1}");
        int axis = columnAxis < 0 ? columnAxis + shape.Length : columnAxis;
        long inner = Product(shape[(axis + 1)..]);
        return new OrthogonalShape(checked(Product(shape[..axis]) * inner), shape[axis], Order(shape.Length, axis), shape[axis], inner);
    }

    /// <summary>Row-major index in the matrix of element <paramref name="element"/> of the tensor.</summary>
    public long MatrixElement(long element)
    {
        if (IsInOrder) return element;
        long outer = element / (_axis * _inner);
        long column = element / _inner % _axis;
        return (((outer * _inner) + (element % _inner)) * _axis) + column;
    }

    private static void CheckDimensions(ReadOnlySpan<long> shape)
    {
        if (shape.Length < 2) throw new ArgumentException($"an orthogonal tensor has 2 or more dimensions, found {shape.Length}", nameof(shape));
    }

    private static ImmutableArray<int> Order(int dimensions, int last) => [.. Enumerable.Range(0, dimensions).Where(axis => axis != last), last];

    private static long Product(ReadOnlySpan<long> sizes)
    {
        long product = 1;
        foreach (long size in sizes) product = checked(product * size);
        return product;
    }
}
