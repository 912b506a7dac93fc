using System.Text.Json;
using ShardInit.Model;
using ShardInit.Planning;
using Xunit;

namespace ShardInit.Core.Tests.Planning;

/// <summary>The tensors of a plan are those that transformers stores for the same configuration.</summary>
public sealed class GoldenTableTests
{
    public static TheoryData<string> Models =>
        ["llama-3.1-405b", "llama-3.1-8b", "llama-3.2-1b", "mistral-7b-v0.1", "qwen2.5-0.5b", "qwen2.5-7b", "qwen3-0.6b", "qwen3-8b"];

    [Theory]
    [MemberData(nameof(Models))]
    public void NamesDtypesShapesAndKindsEqualTheTableOfTheLibrary(string name)
    {
        Plan plan = Planner.Create(new PlanRequest { Model = Golden.Tensors($"{name}.config.json") });

        string[] actual = [.. plan.Tensors.Select(tensor => $"{tensor.Name}\t{tensor.DType}\t{string.Join(",", tensor.Shape.Dims)}\t{tensor.Kind}")];
        Assert.Equal(File.ReadAllLines(Golden.Tensors($"{name}.tensors.tsv")), actual);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void TotalsAndTiesEqualThoseOfTheLibrary(string name)
    {
        Plan plan = Planner.Create(new PlanRequest { Model = Golden.Tensors($"{name}.config.json") });
        using JsonDocument meta = JsonDocument.Parse(File.ReadAllText(Golden.Tensors($"{name}.meta.json")));

        PlanSummary summary = PlanSummary.Of(plan);
        Assert.Equal(meta.RootElement.GetProperty("parameters").GetInt64(), summary.Parameters);
        Assert.Equal(meta.RootElement.GetProperty("tensors").GetInt32(), summary.Tensors);
        Assert.Equal(meta.RootElement.GetProperty("bytes").GetInt64(), summary.Bytes);
        Assert.Equal(meta.RootElement.GetProperty("architecture").GetString(), plan.Model);
        Assert.Equal(
            meta.RootElement.GetProperty("tied").EnumerateObject().Select(tie => (tie.Name, tie.Value.GetString()!)),
            plan.Tied.Select(tie => (tie.Key, tie.Value)));
    }

    [Fact]
    public void BuiltInModelsHaveTheirPublishedNumberOfParameters()
    {
        foreach (BuiltInModel model in BuiltInModels.All)
        {
            Assert.Equal(model.Parameters, PlanSummary.Of(Planner.Create(new PlanRequest { Model = model.Name })).Parameters);
        }
    }
}
