using ShardInit.Model;

namespace ShardInit.Engine;

/// <summary>The values of one logical tensor whose kind is more than one draw an element. Safe for concurrent use, pure.</summary>
internal abstract class ElementSource
{
    /// <summary>Writes elements [first, first + count), encoded: the same bytes for every way to cut a run.</summary>
    /// <param name="destination">count elements of <paramref name="dtype"/>, little-endian.</param>
    public abstract void Fill(DType dtype, long first, long count, Span<byte> destination);
}
