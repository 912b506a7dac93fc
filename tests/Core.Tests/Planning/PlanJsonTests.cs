using ShardInit.Planning;
using Xunit;

namespace ShardInit.Core.Tests.Planning;

public sealed class PlanJsonTests
{
    private static Plan Small() => Planner.Create(new PlanRequest
    {
        Model = "qwen3-0.6b",
        Seed = ulong.MaxValue,
        Namespace = "teacher",
        ShardBytes = 8 << 20,
        TileBytes = 1 << 20,
        DigestKind = "sha256",
        UserMetadata = new Dictionary<string, string> { ["note"] = "a \"quoted\" line\nand ünïcode 🦆" },
    });

    [Fact]
    public void ReadingGivesBackTheSamePlan()
    {
        Plan plan = Small();
        byte[] bytes = PlanJson.Write(plan);
        Plan again = PlanJson.Read(bytes, "plan.json");

        Assert.Equal(bytes, PlanJson.Write(again));
        Assert.Equal(plan.PlanId, again.PlanId);
        Assert.Equal(plan.UserMetadata, again.UserMetadata);
        Assert.Equal(plan.Logical.Select(tensor => (tensor.Name, tensor.Shape, tensor.Init, tensor.Rule)), again.Logical.Select(tensor => (tensor.Name, tensor.Shape, tensor.Init, tensor.Rule)));
        Assert.Equal(plan.Files.Select(file => (file.Name, file.Tiles.Length)), again.Files.Select(file => (file.Name, file.Tiles.Length)));
    }
}
