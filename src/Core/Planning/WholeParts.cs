using System.Collections.Immutable;
using ShardInit.Model;

namespace ShardInit.Planning;

/// <summary>
/// Parts that are whole tensors, and shapes, of which a model has thousands but few different ones: equal arrays are shared. Most of the memory of a plan, and
/// most of the time that the garbage collector takes, are these.
/// </summary>
internal sealed class WholeParts
{
    private readonly Dictionary<Shape, Part> _partOfShape = [];
    private readonly HashSet<Shape> _shapes = new(BySizes.Instance);

    /// <summary>The first shape that was equal to this one.</summary>
    public Shape Share(Shape shape)
    {
        if (_shapes.TryGetValue(shape, out Shape? shared)) return shared;
        _shapes.Add(shape);
        return shape;
    }

    /// <summary>The shape with these sizes, made only where there is none yet.</summary>
    public Shape Share(ReadOnlySpan<long> sizes)
    {
        if (_shapes.GetAlternateLookup<ReadOnlySpan<long>>().TryGetValue(sizes, out Shape? shared)) return shared;
        Shape shape = new(sizes.ToArray());
        _shapes.Add(shape);
        return shape;
    }

    /// <summary>As <see cref="Part.Whole"/>.</summary>
    public ImmutableArray<Part> Of(int logical, Shape shape)
    {
        if (!_partOfShape.TryGetValue(shape, out Part? part)) _partOfShape.Add(shape, part = Part.Whole(logical, shape));
        return [part with { Logical = logical }];
    }

    /// <summary>Finds a shape by its sizes.</summary>
    private sealed class BySizes : IEqualityComparer<Shape>, IAlternateEqualityComparer<ReadOnlySpan<long>, Shape>
    {
        public static readonly BySizes Instance = new();

        public bool Equals(Shape? left, Shape? right) => left!.Equals(right);

        public int GetHashCode(Shape shape) => GetHashCode(shape.Dims.AsSpan());

        public bool Equals(ReadOnlySpan<long> sizes, Shape shape) => sizes.SequenceEqual(shape.Dims.AsSpan());

        public int GetHashCode(ReadOnlySpan<long> sizes)
        {
            HashCode hash = new();
            foreach (long size in sizes) hash.Add(size);
            return hash.ToHashCode();
        }

        public Shape Create(ReadOnlySpan<long> sizes) => new(sizes.ToArray());
    }
}
