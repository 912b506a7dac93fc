using System.Collections.Immutable;
using ShardInit.Initializers;
using ShardInit.Model;
using ShardInit.Planning;
using Xunit;

namespace ShardInit.Core.Tests.Planning;

public sealed class PartTests
{
    // Random pairs of strided boxes over one row: covered exactly once according to a count of every element, or refused.
    [Fact]
    public void CoverageAgreesWithCountingEveryElement()
    {
        System.Random random = new(5);
        int accepted = 0;
        for (int round = 0; round < 20_000; round++)
        {
            int size = random.Next(1, 9);
            int count = random.Next(1, 4);
            int[] hits = new int[size];
            List<LogicalTensor> logical = [];
            List<Part> parts = [];
            for (int i = 0; i < count; i++)
            {
                int start = random.Next(0, size);
                int step = random.Next(1, 4);
                AxisRange range = new(start, random.Next(start, size + 1), Math.Min(step, size));
                for (long at = range.Start; at < range.End; at += range.Step) hits[at]++;
                logical.Add(new LogicalTensor($"t{i}", new Shape([range.Count]), new Constant(0), [], ""));
                parts.Add(new Part(i, [new(0, range.Count, 1)], [0], [range]));
            }
            bool covered = hits.All(hit => hit == 1);
            accepted += covered ? 1 : 0;
            Assert.Equal(covered, PartChecks.Refusal([.. parts], [.. logical], new Shape([size])) is null);
        }
        Assert.InRange(accepted, 100, 20_000);
    }

    [Theory]
    [InlineData(0, 3, 1, "outside")]
    [InlineData(-1, 2, 1, "outside")]
    [InlineData(0, 2, 0, "outside")]
    [InlineData(0, 2, -1, "outside")]
    [InlineData(0, 2, 2, "go to")]
    [InlineData(2, 0, 1, "outside")]
    public void BadRangesAreRefused(long start, long end, long step, string expected)
    {
        LogicalTensor logical = new("t", new Shape([2]), new Constant(0), [], "");
        Assert.Contains(expected, PartChecks.Refusal([new Part(0, [new(start, end, step)], [0], [new(0, 2, 1)])], [logical], new Shape([2])));
    }

    [Theory]
    [InlineData(new int[] { 0, 0 })]
    [InlineData(new int[] { 0, 2 })]
    [InlineData(new int[] { 0 })]
    public void BadPermutationsAreRefused(int[] permutation)
    {
        LogicalTensor logical = new("t", new Shape([2, 2]), new Constant(0), [], "");
        ImmutableArray<AxisRange> all = [new(0, 2, 1), new(0, 2, 1)];
        Assert.NotNull(PartChecks.Refusal([new Part(0, all, [.. permutation], all)], [logical], new Shape([2, 2])));
    }

    // An expert's matrix on a new first axis.
    [Fact]
    public void AnAxisThatNoLogicalOneFollowsHasOneIndex()
    {
        LogicalTensor[] logical = [.. Enumerable.Range(0, 2).Select(i => new LogicalTensor($"t{i}", new Shape([3, 4]), new Constant(0), [], ""))];
        ImmutableArray<AxisRange> all = [new(0, 3, 1), new(0, 4, 1)];
        Part At(int expert, long end, params int[] permutation) => new(expert, all, [.. permutation], [new(expert, end, 1), .. all]);
        Assert.Null(PartChecks.Refusal([At(0, 1, -1, 0, 1), At(1, 2, -1, 0, 1)], [.. logical], new Shape([2, 3, 4])));
        Assert.Contains("go to", PartChecks.Refusal([At(0, 2, -1, 0, 1)], [.. logical], new Shape([2, 3, 4])));
        Assert.Contains("elements", PartChecks.Refusal([At(0, 1, -1, 0, 1)], [.. logical], new Shape([2, 3, 4])));
        Assert.Contains("permutation", PartChecks.Refusal([At(0, 1, -1, 0, 0)], [.. logical], new Shape([2, 3, 4])));
        Assert.Contains("permutation", PartChecks.Refusal([At(0, 1, -1, 0, -1)], [.. logical], new Shape([2, 3, 4])));
        Assert.Contains("permutation", PartChecks.Refusal([At(0, 1, -2, 0, 1)], [.. logical], new Shape([2, 3, 4])));
        Part twice = At(0, 1, -1, 0, 1);
        Assert.Contains("overlap", PartChecks.Refusal([twice, twice], [.. logical], new Shape([2, 3, 4])));
    }
}
