using ShardInit.Model;
using ShardInit.Planning;
using Xunit;

namespace ShardInit.Core.Tests.Planning;

public sealed class FileTests
{
    private const string Everything = "name: z\nrules:\n- {match: '*', init: zeros}";

    private static Plan PlanOf(string rows, long shardBytes, long tileBytes)
    {
        using Workspace workspace = new();
        return Planner.Create(new PlanRequest
        {
            Model = workspace.Write("m.json", $"{{\"tensors\": [{rows}]}}"), Recipe = workspace.Write("r.yaml", Everything), ShardBytes = shardBytes, TileBytes = tileBytes,
        });
    }

    private static string Text(Plan plan) =>
        string.Join(" | ", plan.Files.Select(file => $"{file.Name}: {string.Join(" ", file.Tiles.Select(tile => $"{plan.Tensors[tile.Tensor].Name}+{tile.FirstElement}"))}"));

    [Fact]
    public void GroupsStandInTheOrderEmbeddingLayersHead()
    {
        Plan plan = PlanOf("""
            {"name": "z.head", "shape": [1]}, {"name": "layers.10.w", "shape": [1]}, {"name": "layers.9.w", "shape": [1]}, {"name": "layers.9.b", "shape": [1]},
            {"name": "embed", "shape": [1]}, {"name": "layers.123456.w", "shape": [1]}
            """, 4096, 4096);
        Assert.Equal("embedding.g0.arrow: embed+0 | L00009.g0.arrow: layers.9.b+0 layers.9.w+0 | L00010.g0.arrow: layers.10.w+0 | L123456.g0.arrow: layers.123456.w+0 | head.g0.arrow: z.head+0", Text(plan));
    }

    [Fact]
    public void ATensorThatFitsAFileIsNotSplitAndALongerOneSpansSeveral()
    {
        // 4-byte elements, files of 2,048 elements, tiles of 1,024.
        Plan plan = PlanOf("""
            {"name": "a", "shape": [1000]}, {"name": "b", "shape": [1500]}, {"name": "c", "shape": [500]}, {"name": "d", "shape": [0]}, {"name": "e", "shape": [5000]}, {"name": "f", "shape": [100]}
            """, 8192, 4096);
        Assert.Equal("head.g0.arrow: a+0 | head.g1.arrow: b+0 b+1024 c+0 d+0 | head.g2.arrow: e+0 e+1024 | head.g3.arrow: e+2048 e+3072 | head.g4.arrow: e+4096 f+0", Text(plan));
    }

    [Theory]
    [InlineData("qwen3-0.6b", 64L << 20, 8L << 20)]
    [InlineData("llama-3.2-1b", 5_000_001, 4_099)]
    [InlineData("qwen2.5-0.5b", 1L << 30, 64L << 20)]
    public void FilesHoldEachTileOnceWithinTheirSize(string model, long shardBytes, long tileBytes)
    {
        Plan plan = Planner.Create(new PlanRequest { Model = model, ShardBytes = shardBytes, TileBytes = tileBytes });
        Dictionary<int, long> covered = [];
        foreach (ShardFile file in plan.Files)
        {
            long bytes = 0;
            foreach (Tile tile in file.Tiles)
            {
                StoredTensor tensor = plan.Tensors[tile.Tensor];
                Assert.Equal(file.Group, tensor.Group);
                Assert.Equal(covered.GetValueOrDefault(tile.Tensor), tile.FirstElement);
                covered[tile.Tensor] = tile.FirstElement + tile.ElementCount;
                bytes += tile.ElementCount * tensor.DType.ByteSize();
            }
            Assert.InRange(bytes, 1, shardBytes);
        }
        Assert.Equal(plan.Tensors.Select(tensor => tensor.Shape.ElementCount), Enumerable.Range(0, plan.Tensors.Length).Select(index => covered[index]));
        Assert.Equal(plan.Files.Length, plan.Files.Select(file => file.Name).Distinct().Count());
    }

    [Fact]
    public void ATileSizeAboveTheShardSizeIsLowered()
    {
        Plan plan = PlanOf("""{"name": "w", "shape": [4096]}""", 8192, 1 << 20);
        Assert.Equal((8192, 8192), (plan.ShardBytes, plan.TileBytes));
        Assert.Equal(plan.PlanId, PlanOf("""{"name": "w", "shape": [4096]}""", 8192, 8192).PlanId);
        Assert.Equal(1L << 30, PlanOf("""{"name": "w", "shape": [1]}""", 1L << 40, 1L << 40).TileBytes);
    }

    [Fact]
    public void NamesStandInTheOrderOfTheirUtf8Bytes()
    {
        // UTF-16 would put U+10000 (surrogates) before U+E000.
        Plan plan = PlanOf("""{"name": "\ud800\udc00", "shape": [1]}, {"name": "\ue000", "shape": [1]}, {"name": "a", "shape": [1]}, {"name": "B", "shape": [1]}, {"name": "a.b", "shape": [1]}""", 4096, 4096);
        Assert.Equal(["B", "a", "a.b", "\uE000", "\U00010000"], plan.Tensors.Select(tensor => tensor.Name));
        Assert.Equal(["B", "a", "a.b", "\uE000", "\U00010000"], plan.Logical.Select(tensor => tensor.Name));
    }

    [Theory]
    [InlineData(4095, 4096, "--shard-size")]
    [InlineData(4096, 4095, "--tile-size")]
    public void SizesBelowFourKibibytesAreRefused(long shardBytes, long tileBytes, string option) =>
        Assert.Contains(option, Assert.Single(Workspace.ProblemsOf(() => Planner.Create(new PlanRequest { Model = "llama-3.2-1b", ShardBytes = shardBytes, TileBytes = tileBytes }))));
}
