using System.Collections.Immutable;
using ShardInit.Errors;
using ShardInit.Model;
using ShardInit.Planning;
using ShardInit.Storage;
using Xunit;

namespace ShardInit.Core.Tests.Storage;

/// <summary>Exactly-once coverage: holes and overlaps of tiles and parts are found.</summary>
public class CoverageTests
{
    private static Plan Base() => TestPlans.Of(1, "crc32", 20, ("a", DType.U8, [10, 4], LayerGroup.Head), ("b", DType.F32, [3], LayerGroup.Head));

    private static Plan WithParts(params Part[] parts)
    {
        Plan plan = Base();
        return plan with { Tensors = [plan.Tensors[0] with { Parts = [.. parts] }, plan.Tensors[1]] };
    }

    private static Part Rows(long start, long end, long step = 1) => new(0, [new(0, new AxisRange(start, end, step).Count, 1), new(0, 4, 1)], [0, 1], [new(start, end, step), new(0, 4, 1)]);

    [Fact]
    public void A_whole_plan_is_counted() => Assert.Equal(new Coverage(2, 3, 43, 43, 0, 1, 52, 3), Coverage.Of(Base(), "p"));

    [Fact]
    public void Interleaved_parts_cover() => Assert.Equal(43, Coverage.Of(WithParts(Rows(0, 10, 2), Rows(1, 10, 2)), "p").LogicalElements);

    [Fact]
    public void Holes_and_overlaps_are_refused()
    {
        Refused(WithParts(Rows(0, 9)));
        Refused(WithParts(Rows(0, 6), Rows(5, 9)));
        Refused(WithParts(Rows(0, 5), Rows(0, 5)));
        Refused(WithParts(Rows(0, 10, 2), Rows(0, 10, 2)));
        Plan plan = Base();
        ImmutableArray<Tile> tiles = plan.Files[0].Tiles;
        Refused(plan with { Files = [plan.Files[0] with { Tiles = tiles.RemoveAt(0) }] });
        Refused(plan with { Files = [plan.Files[0] with { Tiles = tiles.RemoveAt(tiles.Length - 1) }] });
        Refused(plan with { Files = [plan.Files[0] with { Tiles = tiles.Add(tiles[0]) }] });
    }

    /// <summary>Whether two progressions meet, against a walk.</summary>
    [Fact]
    public void Progressions_meet_by_definition()
    {
        System.Random random = new(9);
        for (int round = 0; round < 20_000; round++)
        {
            AxisRange first = Range(random), second = Range(random);
            bool expected = Indices(first).Intersect(Indices(second)).Any();
            Assert.Equal(expected, Coverage.Meet(first, second));
        }
        Assert.False(Coverage.Meet(new(0, 1L << 61, 2), new(1, 1L << 61, 2)));
        Assert.True(Coverage.Meet(new(0, 1L << 61, 1L << 40), new(1L << 60, 1L << 61, 3)));
    }

    private static AxisRange Range(System.Random random) => new(random.Next(20), random.Next(40), random.Next(1, 9));

    private static IEnumerable<long> Indices(AxisRange range)
    {
        for (long index = range.Start; index < range.End; index += range.Step) yield return index;
    }

    private static void Refused(Plan plan) => Assert.Equal(ShardFormatCode.BadPlan, Assert.Throws<ShardFormatException>(() => Coverage.Of(plan, "p")).Code);
}
