using System.Collections.Immutable;

namespace ShardInit.Model;

/// <summary>
/// Sizes of a tensor's axes, outermost first (row-major, C order). An empty list is a scalar with one element; a size of 0 is allowed.
/// The element count is below 2^63, checked at construction.
/// </summary>
public sealed class Shape : IEquatable<Shape>
{
    public static readonly Shape Scalar = new([]);

    public ImmutableArray<long> Dims { get; }

    /// <summary>Product of all sizes; 1 for a scalar.</summary>
    public long ElementCount { get; }

    /// <exception cref="ArgumentException">A negative size, or an element count of 2^63 or more.</exception>
    public Shape(IEnumerable<long> dims)
    {
        Dims = [.. dims];
        if (!TryCount(Dims.AsSpan(), out long count, out string? reason)) throw new ArgumentException(reason, nameof(dims));
        ElementCount = count;
    }

    public int Rank => Dims.Length;

    public long this[int axis] => Dims[axis];

    /// <summary>Counts elements without overflow; a zero size wins over a product that would overflow only without it.</summary>
    public static bool TryCount(ReadOnlySpan<long> dims, out long count, out string? reason)
    {
        count = 1;
        reason = null;
        bool zero = false;
        foreach (long dim in dims)
        {
            if (dim < 0) { reason = $"negative size {dim} in shape [{string.Join(", ", dims.ToArray())}]"; return false; }
            zero |= dim == 0;
        }
        if (zero) { count = 0; return true; }
        foreach (long dim in dims)
        {
            UInt128 product = (UInt128)(ulong)count * (ulong)dim;
            if (product > (UInt128)long.MaxValue) { reason = $"shape [{string.Join(", ", dims.ToArray())}] has 2^63 or more elements"; return false; }
            count = (long)(ulong)product;
        }
        return true;
    }

    public bool Equals(Shape? other) => other is not null && Dims.AsSpan().SequenceEqual(other.Dims.AsSpan());

    public override bool Equals(object? obj) => Equals(obj as Shape);

    public override int GetHashCode()
    {
        HashCode hash = new();
        foreach (long dim in Dims) hash.Add(dim);
        return hash.ToHashCode();
    }

    public override string ToString() => $"[{string.Join(", ", Dims)}]";
}
