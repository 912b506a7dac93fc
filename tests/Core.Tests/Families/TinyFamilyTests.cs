using ShardInit.Model;
using ShardInit.Planning;
using Xunit;

namespace ShardInit.Core.Tests.Families;

/// <summary>docs/add-a-family.md, followed: its file is that of this folder, and all that a family gets comes with it.</summary>
public sealed class TinyFamilyTests
{
    private static Plan PlanOf(string config, ModelOptions? options = null)
    {
        using Workspace workspace = new();
        return Planner.Create(new PlanRequest { Model = workspace.Write("config.json", config), Options = options ?? new ModelOptions() });
    }

    [Fact]
    public void ThePageShowsThisFile()
    {
        string page = File.ReadAllText(Path.Combine(Golden.Repository, "docs/add-a-family.md"));
        string[] code = File.ReadAllLines(Path.Combine(Golden.Repository, "tests/Core.Tests/Families/TinyFamily.cs"));
        string shown = string.Join('\n', code.SkipWhile(line => !line.StartsWith("/// <summary>tiny", StringComparison.Ordinal)));
        Assert.Contains($"```csharp\n{shown}\n```", page);
    }

    [Fact]
    public void TheFamilyIsFoundAndItsTensorsAreThere()
    {
        Plan plan = PlanOf("""{"model_type": "tiny", "num_layers": 1, "vocab_size": 10, "hidden_size": 4, "pad_token_id": 2, "torch_dtype": "bfloat16"}""");
        Assert.Equal("TinyForCausalLM", plan.Model);
        Assert.Equal(
            [
                "tiny.embed.weight BF16 [10, 4]", "tiny.layers.0.attention.out.bias BF16 [4]", "tiny.layers.0.attention.out.weight BF16 [4, 4]", "tiny.layers.0.attention.qkv.weight BF16 [12, 4]",
                "tiny.layers.0.down.bias BF16 [4]", "tiny.layers.0.down.weight BF16 [4, 16]", "tiny.layers.0.norm.bias BF16 [4]", "tiny.layers.0.norm.weight BF16 [4]",
                "tiny.layers.0.up.bias BF16 [16]", "tiny.layers.0.up.weight BF16 [16, 4]",
            ],
            plan.Tensors.Select(tensor => $"{tensor.Name} {tensor.DType} {tensor.Shape}"));
        Assert.Equal("tiny.embed.weight", plan.Tied["head.weight"]);
        Assert.Equal("tiny.embed.weight", Assert.Single(plan.Logical, tensor => !tensor.ZeroRows.IsEmpty).Name);
        Assert.Equal(3, plan.Tensors.Single(tensor => tensor.Name.EndsWith("qkv.weight", StringComparison.Ordinal)).Parts.Length);
    }

    [Fact]
    public void TheHeadlessClassComesWithIt()
    {
        Plan plan = PlanOf("""{"architectures": ["TinyModel"], "model_type": "tiny"}""");
        Assert.Contains(plan.Tensors, tensor => tensor.Name == "layers.1.attention.qkv.weight");
        Assert.Contains(plan.Logical, tensor => tensor.Name == "tiny.layers.1.attention.q.weight");
        Assert.Empty(plan.Tied);
    }
}
