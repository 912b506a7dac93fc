using ShardInit.Errors;
using ShardInit.Planning;
using ShardInit.Storage;
using Xunit;

namespace ShardInit.Core.Tests.Storage;

/// <summary>What a directory may hold before, during and after writing.</summary>
public class CheckpointWriterTests
{
    [Theory]
    [InlineData("crc32")]
    [InlineData("sha256")]
    public void Same_plan_gives_the_same_files_and_nothing_else(string digest)
    {
        Plan plan = TestPlans.Small(digest: digest);
        using TestDirectory first = new(), second = new();
        first.Write(plan);
        second.Write(plan);
        Assert.Equal(first.Listing(), second.Listing());
        Assert.Equal(["embedding.g0.arrow", "head.g0.arrow", "index.arrow", "layer-0.g0.arrow", "manifest.json", "plan.json"],
            first.Listing().Select(line => line.Split(' ')[0]));
    }
}
