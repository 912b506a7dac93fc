using ShardInit.Planning;

namespace ShardInit.Engine;

/// <summary>
/// Values of a plan on demand: writes little-endian bytes of any run of consecutive stored elements. The only bridge from the plan to the kernels;
/// safe for concurrent use, pure.
/// </summary>
public interface ITileSource
{
    /// <summary>Writes elements [firstElement, firstElement + elementCount) of stored tensor <paramref name="tensor"/> (row-major) to <paramref name="destination"/>.</summary>
    /// <param name="destination">Exactly elementCount × element size bytes.</param>
    void Fill(int tensor, long firstElement, long elementCount, Span<byte> destination);

    Plan Plan { get; }
}
