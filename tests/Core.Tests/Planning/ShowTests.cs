using System.Text;
using System.Text.Json;
using ShardInit.Model;
using ShardInit.Initializers;
using ShardInit.Planning;
using Xunit;

namespace ShardInit.Core.Tests.Planning;

/// <summary>What people and scripts see of a plan: lines, tables, differences, and the examples of the documentation.</summary>
public sealed class ShowTests
{
    private static string LinesOf(Plan plan)
    {
        using MemoryStream stream = new();
        TensorLines.Write(plan, stream);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static Plan Example => Planner.Create(new PlanRequest
    {
        Model = Path.Combine(Golden.Repository, "examples/conv-table/model.json"),
        Recipe = Path.Combine(Golden.Repository, "examples/conv-table/recipe.yaml"),
    });

    [Fact]
    public void EachLineIsOneObjectWithItsNumbers()
    {
        Plan plan = Planner.Create(new PlanRequest { Model = "qwen2.5-0.5b", Recipe = "gpt2" });
        string[] lines = LinesOf(plan).TrimEnd('\n').Split('\n');
        Assert.Equal(plan.Tensors.Length, lines.Length);
        JsonElement[] objects = [.. lines.Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal(plan.Tensors.Select(tensor => tensor.Name), objects.Select(line => line.GetProperty("name").GetString()));
        JsonElement output = objects.Single(line => line.GetProperty("name").GetString() == "model.layers.7.self_attn.o_proj.weight");
        Assert.Equal("BF16", output.GetProperty("dtype").GetString());
        Assert.Equal([896L, 896L], output.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64()));
        Assert.Equal("normal", output.GetProperty("init").GetProperty("kind").GetString());
        Assert.Equal(0, output.GetProperty("init").GetProperty("mean").GetDouble());
        // 0.02 / sqrt(2 * 24), by Python 3.
        Assert.Equal(0.002886751345948129, output.GetProperty("init").GetProperty("std").GetDouble());
    }

    [Fact]
    public void AJoinedTensorHasTheInitOfItsPartsWhereTheyHaveOne()
    {
        JsonElement[] lines = [.. LinesOf(Planner.Create(new PlanRequest { Model = "gpt2" })).TrimEnd('\n').Split('\n').Select(line => JsonDocument.Parse(line).RootElement)];
        JsonElement joined = lines.Single(line => line.GetProperty("name").GetString()!.EndsWith("h.3.attn.c_attn.weight", StringComparison.Ordinal));
        Assert.Equal(3, joined.GetProperty("parts").GetArrayLength());
        Assert.Equal("normal", joined.GetProperty("init").GetProperty("kind").GetString());
        Assert.Equal(0.02, joined.GetProperty("init").GetProperty("std").GetDouble());
        Assert.All(lines, line => Assert.True(line.TryGetProperty("init", out _), line.GetProperty("name").GetString()));
    }

    [Fact]
    public void AJoinedTensorOfSeveralInitsHasNoneOfItsOwn()
    {
        JsonElement[] lines = [.. LinesOf(Planner.Create(new PlanRequest { Model = "gpt2", Recipe = "xavier" })).TrimEnd('\n').Split('\n').Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.All(lines, line => Assert.True(line.TryGetProperty("init", out _), line.GetProperty("name").GetString()));
        using Workspace workspace = new();
        string recipe = workspace.Write("recipe.yaml", "name: mine\nrules:\n- {match: '*.q_proj.weight', init: ones}\n- {match: '*', init: zeros}\n");
        JsonElement joined = LinesOf(Planner.Create(new PlanRequest { Model = "gpt2", Recipe = recipe })).TrimEnd('\n').Split('\n').Select(line => JsonDocument.Parse(line).RootElement)
            .Single(line => line.GetProperty("name").GetString()!.EndsWith("h.3.attn.c_attn.weight", StringComparison.Ordinal));
        Assert.Equal(JsonValueKind.Null, joined.GetProperty("init").ValueKind);
        Assert.Equal([1.0, 0, 0], joined.GetProperty("parts").EnumerateArray().Select(part => part.GetProperty("init").GetProperty("value").GetDouble()));
    }

    [Fact]
    public void TheExampleOfTheRecipePageIsReal()
    {
        string page = File.ReadAllText(Path.Combine(Golden.Repository, "docs/recipes.md"));
        string recipe = File.ReadAllText(Path.Combine(Golden.Repository, "examples/conv-table/recipe.yaml"));
        Assert.Contains(recipe[recipe.IndexOf("name:", StringComparison.Ordinal)..], page);

        string[] lines = LinesOf(Example).Split('\n');
        string[] shown = [.. page.Split('\n').Where(line => line.StartsWith("{\"name\":", StringComparison.Ordinal))];
        Assert.Equal(3, shown.Length);
        Assert.All(shown, line => Assert.Contains(line, lines));
    }

    [Fact]
    public void EveryRecipeAndNameOfFormulasStandsOnTheRecipePage()
    {
        string page = File.ReadAllText(Path.Combine(Golden.Repository, "docs/recipes.md"));
        Assert.All(ShardInit.Recipes.BuiltInRecipes.All, recipe => Assert.Contains($"`{recipe.Name}`", page));
        Assert.All(TensorFacts.Names, name => Assert.Contains($"`{name}`", page));
    }

    [Fact]
    public void TheExampleConfigurationIsLlama32()
    {
        Plan plan = Planner.Create(new PlanRequest { Model = Path.Combine(Golden.Repository, "examples/llama-3.2-1b/config.json"), Seed = 42 });
        Assert.Equal(1_235_814_400, PlanSummary.Of(plan).Parameters);
    }

    [Fact]
    public void TheTableForPeopleHasOneLineATensor()
    {
        StringWriter text = new();
        TensorLines.WriteTable(Example, text);
        string[] lines = text.ToString().TrimEnd().Split(Environment.NewLine);
        Assert.Equal(10, lines.Length);
        Assert.Contains("truncated_normal mean 0 std 0.02 low -0.06 high 0.06, rows 0 zero", lines[0]);
        Assert.EndsWith("conv rule 4: kind Embedding", lines[0]);
    }

    [Fact]
    public void DifferencesNameInputsFirstThenTensors()
    {
        PlanRequest request = new() { Model = "llama-3.2-1b", Seed = 42 };
        Plan plan = Planner.Create(request);
        Assert.Empty(PlanDifferences.Between(plan, Planner.Create(request with { UserMetadata = new Dictionary<string, string> { ["a"] = "b" } })));
        Assert.Equal(["seed: 42 there, 43 here"], PlanDifferences.Between(plan, Planner.Create(request with { Seed = 43 })));
        Assert.Equal(["tile size in bytes: 67108864 there, 4096 here"], PlanDifferences.Between(plan, Planner.Create(request with { TileBytes = 4096 })));

        IReadOnlyList<string> recipe = PlanDifferences.Between(plan, Planner.Create(request with { Recipe = "gpt2" }));
        Assert.Equal("recipe: hf@1 there, gpt2@1 here", recipe[0]);
        Assert.Equal("tensor model.layers.0.mlp.down_proj.weight: normal mean 0 std 0.02 there, normal mean 0 std 0.0035355339059327372 here", recipe[1]);
        Assert.Equal("and 22 more tensors differ", recipe[^1]);

        IReadOnlyList<string> dtype = PlanDifferences.Between(plan, Planner.Create(request with { DType = DType.F32 }));
        Assert.Equal("tensor model.embed_tokens.weight: dtype BF16 there, F32 here", dtype[0]);

        IReadOnlyList<string> model = PlanDifferences.Between(plan, Planner.Create(request with { Model = "qwen3-0.6b" }));
        Assert.Equal("model: LlamaForCausalLM there, Qwen3ForCausalLM here", model[0]);
        Assert.Contains(model, line => line.EndsWith("here only", StringComparison.Ordinal));
    }
}
