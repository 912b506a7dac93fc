using System.Text.Json;
using System.Text.RegularExpressions;
using ShardInit.Planning;
using ShardInit.Recipes;
using Xunit;

namespace ShardInit.Core.Tests.Recipes;

/// <summary>The built-in recipes as a whole: each works as a copied file, on every family that it is for, and stands in docs/recipes.md.</summary>
public sealed class RecipeCatalogueTests
{
    private const string Decoders = "llama mistral qwen2 qwen3 phi3 gemma2 gemma3 mixtral qwen2_moe qwen3_moe deepseek_v3 gpt_oss gpt2 gpt_neox";
    private const string Everything = Decoders + " bert t5 clip vit whisper mamba2 resnet18 resnet50 lstm gru";

    /// <summary>Families that a recipe is for, where its file does not say.</summary>
    private static readonly (string Recipes, string Families)[] s_uses =
    [
        ("hf", Everything),
        ("xavier he orthogonal sparse swift-zero swift-uniform swift-normal swift-xavier-uniform swift-xavier-normal swift-kaiming-uniform swift-kaiming-normal swift-orthogonal", Everything),
        ("megatron olmo-normal olmo-mitchell olmo-full-megatron small-init-wang", Decoders + " bert t5"),
        ("torchtitan", "llama mistral qwen2 qwen3 phi3 gemma2 gemma3 mixtral qwen2_moe qwen3_moe deepseek_v3 gpt_oss"),
        ("deepseek", Decoders + " bert vit"),
        ("t-fixup deepnorm", Decoders + " bert t5 whisper vit"),
        ("mup", Decoders + " bert t5 whisper"),
        ("gpt2", "gpt2 llama mistral qwen2 qwen3 phi3 gpt_neox"),
        ("gpt-oss", "gpt_oss"), ("gemma", "gemma2 gemma3"), ("t5", "t5"), ("clip", "clip"), ("vit vit-timm", "vit"), ("bert", "bert"), ("whisper", "whisper"), ("mamba2", "mamba2"),
        ("resnet", "resnet18 resnet50"), ("fixup", "resnet18"), ("fixup-bottleneck", "resnet50"),
        ("tutorial", "resnet18 resnet50 lstm gru"),
        // For tables: tried with their own (RecipeTableTests, LayerDefaultTests); plain draws no weight.
        ("rezero skipinit layerscale torch-default flax-default keras-default plain", ""),
    ];

    public static TheoryData<string> Names => [.. BuiltInRecipes.All.Select(recipe => recipe.Name)];

    [Fact]
    public void EveryRecipeHasItsFamilies() => Assert.Equal(BuiltInRecipes.All.Select(recipe => recipe.Name), s_uses.SelectMany(use => use.Recipes.Split(' ')).Order(StringComparer.Ordinal).Select(name => $"{name}@1"));

    [Theory]
    [MemberData(nameof(Names))]
    public void ARecipeCoversEveryTensorOfItsFamilies(string name)
    {
        using Workspace workspace = new();
        foreach (string config in ConfigsFor(name, workspace)) Assert.Equal(name, Planner.Create(Request(config, name)).Recipe);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void ACopyUnderAnotherNameIsTheSame(string name)
    {
        string yaml = BuiltInRecipes.All.Single(recipe => recipe.Name == name).Yaml;
        using Workspace workspace = new();
        string copy = workspace.Write("copy.yaml", Regex.Replace(yaml, "^name: .*$", "name: copy", RegexOptions.Multiline));
        foreach (string config in ConfigsFor(name, workspace))
        {
            Plan copied = Planner.Create(Request(config, copy));
            Assert.Equal("copy@1", copied.Recipe);
            Assert.Equal(Planner.Create(Request(config, name)).ValuesId, copied.ValuesId);
        }
        if (ConfigsFor(name, workspace).Any()) return;
        // Read alone: no mistake in its text.
        string table = workspace.Write("none.json", """{"tensors": [{"name": "none", "shape": []}]}""");
        string problem = Assert.Single(Workspace.ProblemsOf(() => Planner.Create(Request(table, copy))), problem => problem.Contains("no rule covers tensor 'none'", StringComparison.Ordinal));
        Assert.DoesNotContain("unknown", problem.Replace("kind unknown", "", StringComparison.Ordinal));
    }

    [Fact]
    public void TheDocumentListsEveryRecipeWithItsLine()
    {
        string[] lines = File.ReadAllLines(Path.Combine(Golden.Repository, "docs/recipes.md"));
        Assert.Equal(BuiltInRecipes.All.Select(recipe => $"| `{recipe.Name}` | {recipe.Description} |"), lines.Where(line => Regex.IsMatch(line, "^\\| `[a-z0-9-]+@[0-9]+` \\|")));
    }

    [Fact]
    public void EveryFileNamesItsSource() =>
        Assert.All(BuiltInRecipes.All, recipe => Assert.StartsWith("# ", recipe.Yaml));

    // muP has no default for its base model.
    private static PlanRequest Request(string config, string recipe) =>
        new() { Model = config, Recipe = recipe, Settings = NeedsBase(recipe) ? [KeyValuePair.Create("base.vocab_size", "150000")] : [] };

    private static bool NeedsBase(string recipe) =>
        (File.Exists(recipe) ? File.ReadAllText(recipe) : BuiltInRecipes.All.Single(known => known.Name == recipe).Yaml).Contains("\nbase: {}", StringComparison.Ordinal);

    private static IEnumerable<string> ConfigsFor(string name, Workspace workspace)
    {
        string families = s_uses.Single(use => use.Recipes.Split(' ').Contains(name.Split('@')[0])).Families;
        foreach (string family in families.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            string golden = Golden.Family(family);
            if (!File.Exists(golden))
            {
                yield return Golden.Tensors($"{family}.config.json");
                continue;
            }
            using JsonDocument document = JsonDocument.Parse(File.ReadAllText(golden));
            foreach (JsonProperty run in document.RootElement.GetProperty("runs").EnumerateObject()) yield return workspace.Write($"{family}.{run.Name}.json", run.Value.GetProperty("config").GetRawText());
        }
    }
}
