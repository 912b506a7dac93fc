using System.Collections.Immutable;
using ShardInit.Model;
using ShardInit.Planning;
using Xunit;

namespace ShardInit.Core.Tests.Planning;

public sealed class TileTests
{
    private static List<Tile> Cut(long[] shape, int elementBytes, long tileBytes) => [.. TileCutter.Tiles(5, new Shape(shape), elementBytes, tileBytes)];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void TilesCoverEachElementOnceInOrderForRandomShapes(int seed)
    {
        System.Random random = new(seed);
        for (int round = 0; round < 700; round++)
        {
            long[] shape = [.. Enumerable.Range(0, random.Next(0, 6)).Select(_ => (long)random.Next(1, random.Next(2, 40)))];
            int elementBytes = 1 << random.Next(0, 4);
            long tileBytes = random.Next(elementBytes, 3000);
            Shape size = new(shape);
            long next = 0;
            List<Tile> tiles = Cut(shape, elementBytes, tileBytes);
            foreach (Tile tile in tiles)
            {
                Assert.Equal(5, tile.Tensor);
                Assert.Equal(next, tile.FirstElement);
                Assert.Equal(tile.ElementCount, tile.Shape.Aggregate(1L, (product, dim) => product * dim));
                Assert.True(tile.ElementCount * elementBytes <= tileBytes);
                Assert.Equal(next, RowMajor(tile.Start, size));
                Assert.True(IsContiguous(tile, size));
                next += tile.ElementCount;
            }
            Assert.Equal(size.ElementCount, next);
            Assert.Equal(tiles.Count, (long)TileCutter.Count(size, elementBytes, tileBytes));
        }
    }

    [Theory]
    [InlineData(new long[] { 10, 3 }, 4, 48, "0,0:4,3 4,0:4,3 8,0:2,3")]
    [InlineData(new long[] { 2, 10 }, 4, 16, "0,0:1,4 0,4:1,4 0,8:1,2 1,0:1,4 1,4:1,4 1,8:1,2")]
    [InlineData(new long[] { 2, 3, 4 }, 2, 16, "0,0,0:1,2,4 0,2,0:1,1,4 1,0,0:1,2,4 1,2,0:1,1,4")]
    [InlineData(new long[] { 7 }, 8, 17, "0:2 2:2 4:2 6:1")]
    public void CutsFollowTheRule(long[] shape, int elementBytes, long tileBytes, string expected) =>
        Assert.Equal(expected, string.Join(" ", Cut(shape, elementBytes, tileBytes).Select(tile => $"{string.Join(",", tile.Start)}:{string.Join(",", tile.Shape)}")));

    [Fact]
    public void ScalarsAndTensorsWithoutElementsAreOneTile()
    {
        Tile scalar = Assert.Single(Cut([], 8, 4096));
        Assert.Equal((0, 0, 1L), (scalar.Start.Length, scalar.Shape.Length, scalar.ElementCount));
        Tile none = Assert.Single(Cut([5, 0, 9], 8, 4096));
        Assert.Equal([5, 0, 9], none.Shape.AsEnumerable());
        Assert.Equal(0, none.ElementCount);
    }

    [Fact]
    public void AThousandMillionTimesLargerTensorIsCountedNotCut() =>
        Assert.Equal((Int128)1 << 50, TileCutter.Count(new Shape([1L << 62]), 1, 4096));

    [Fact]
    public void TooManyTilesAreRefused()
    {
        using Workspace workspace = new();
        string model = workspace.Write("m.json", """{"tensors": [{"name": "w", "shape": [1099511627776], "dtype": "U8"}]}""");
        string recipe = workspace.Write("r.yaml", "name: z\nrules:\n- {match: '*', init: zeros}");
        Assert.Contains("choose a larger size", Assert.Single(Workspace.ProblemsOf(() => Planner.Create(new PlanRequest { Model = model, Recipe = recipe, TileBytes = 4096 }))));
    }

    private static long RowMajor(ImmutableArray<long> index, Shape shape)
    {
        long position = 0;
        for (int axis = 0; axis < shape.Rank; axis++) position = (position * shape[axis]) + index[axis];
        return position;
    }

    // After the first axis longer than 1, a slab has every axis whole.
    private static bool IsContiguous(Tile tile, Shape shape)
    {
        int axis = 0;
        while (axis < shape.Rank && tile.Shape[axis] == 1) axis++;
        for (axis++; axis < shape.Rank; axis++) if (tile.Shape[axis] != shape[axis]) return false;
        return true;
    }
}
