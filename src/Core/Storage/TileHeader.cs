using System.Collections.Immutable;
using ShardInit.Model;
using ShardInit.Planning;

namespace ShardInit.Storage;

/// <summary>What the columns of a tile's record batch say about it: everything but values and digest.</summary>
/// <param name="Tensor">Stored name.</param>
/// <param name="DType">Element type; names the value column.</param>
/// <param name="GlobalShape">Shape of the stored tensor.</param>
/// <param name="Start">First index of the tile on each axis.</param>
/// <param name="Shape">Size of the tile on each axis.</param>
/// <param name="FirstElement">Row-major index of the tile's first element in the stored tensor.</param>
public sealed record TileHeader(
    string Tensor, DType DType, ImmutableArray<long> GlobalShape, ImmutableArray<long> Start, ImmutableArray<long> Shape, long FirstElement)
{
    /// <summary>Most value bytes of a tile: list offsets are int32 and readers hold a tile in one buffer.</summary>
    public const long MaxValueBytes = 1L << 30;

    public long ElementCount { get; } = new Shape(Shape).ElementCount;

    public long ValueLength => checked(ElementCount * DType.ByteSize());

    internal static TileHeader Of(Plan plan, Tile tile)
    {
        StoredTensor tensor = plan.Tensors[tile.Tensor];
        return new TileHeader(tensor.Name, tensor.DType, tensor.Shape.Dims, tile.Start, tile.Shape, tile.FirstElement);
    }
}
