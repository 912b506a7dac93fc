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
    private readonly Dictionary<Shape, Shape> _shapes = [];

    /// <summary>The first shape that was equal to this one.</summary>
    public Shape Share(Shape shape)
    {
        if (_shapes.TryGetValue(shape, out Shape? shared)) return shared;
        _shapes.Add(shape, shape);
        return shape;
    }

    /// <summary>As <see cref="Part.Whole"/>.</summary>
    public ImmutableArray<Part> Of(int logical, Shape shape)
    {
        if (!_partOfShape.TryGetValue(shape, out Part? part)) _partOfShape.Add(shape, part = Part.Whole(logical, shape));
        return [part with { Logical = logical }];
    }
}
