using ShardInit.Initializers;
using ShardInit.Planning;
using Xunit;

namespace ShardInit.Core.Tests.Recipes;

/// <summary>Numbers, groups and extension of recipes, and what <c>--set</c> changes in them.</summary>
public sealed class RecipeSettingsTests
{
    private const string Recipe = """
        name: mine
        numbers: {std: 0.5, half: "std / 2"}
        groups: {weights: ["*.w", "*.v"]}
        rules:
          - {id: inner, group: weights, layers: 0, init: normal, args: {std: half}}
          - {match: "*.w", init: normal, args: {std: std, mean: 1}}
          - {match: "*", init: zeros}
        """;

    private const string Table = """{"tensors": [{"name": "layers.0.w", "shape": [4, 2]}, {"name": "layers.1.w", "shape": [4, 2]}, {"name": "layers.1.b", "shape": [4]}]}""";

    private static Plan Plan(params string[] settings) => Plan(Recipe, settings);

    private static Plan Plan(string recipe, string[] settings)
    {
        using Workspace workspace = new();
        string file = recipe.Contains('\n', StringComparison.Ordinal) ? workspace.Write("recipe.yaml", recipe) : recipe;
        return Planner.Create(new PlanRequest { Model = workspace.Write("table.json", Table), Recipe = file, Settings = Pairs(settings) });
    }

    private static Plan Llama(string recipe, params string[] settings) => Planner.Create(new PlanRequest { Model = "llama-3.2-1b", Recipe = recipe, Settings = Pairs(settings) });

    private static KeyValuePair<string, string>[] Pairs(string[] settings) => [.. settings.Select(setting => KeyValuePair.Create(setting[..setting.IndexOf('=')], setting[(setting.IndexOf('=') + 1)..]))];

    private static Distribution Of(Plan plan, string name) => plan.Logical.Single(tensor => tensor.Name == name).Init;

    [Theory]
    [InlineData("", 0.25, 0.5, 1)]
    [InlineData("std=0.1", 0.05, 0.1, 1)]
    [InlineData("half=0.1", 0.1, 0.5, 1)]
    [InlineData("inner.std=std * 2", 1, 0.5, 1)]
    [InlineData("2.mean=layer + 2", 0.25, 0.5, 3)]
    public void ASettingChangesANumberOrAnArgument(string setting, double first, double second, double mean)
    {
        Plan plan = Plan(setting.Length == 0 ? [] : [setting]);
        Assert.Equal(new Normal(0, first), Of(plan, "layers.0.w"));
        Assert.Equal(new Normal(mean, second), Of(plan, "layers.1.w"));
        Assert.Equal(new Constant(0), Of(plan, "layers.1.b"));
    }

    [Fact]
    public void AnArgumentThatTheRuleDoesNotGiveIsAdded() => Assert.Equal(new Normal(7, 0.25), Of(Plan("inner.mean=7"), "layers.0.w"));

    [Fact]
    public void ASeedIsThatOfTheRulesTensorsAlone()
    {
        Plan plain = Plan(), seeded = Plan("inner.seed=18446744073709551615");
        Assert.Equal([ulong.MaxValue, null, null], seeded.Logical.Select(tensor => tensor.Seed));
        Assert.NotEqual(plain.ValuesId, seeded.ValuesId);
        Assert.Contains("seed: expected a whole number", Assert.Single(Workspace.ProblemsOf(() => Plan("inner.seed=-1"))));
    }

    [Fact]
    public void APlanTellsWhatWasChanged()
    {
        Plan plan = Plan("std=0.1", "inner.mean=7", "inner.seed=3");
        Assert.EndsWith("\n# --set std=0.1\n# --set inner.mean=7\n# --set inner.seed=3\n", plan.RecipeText);
        Assert.Equal("mine rule 1: group weights, layers 0; --set mean=7, seed=3", plan.Logical.Single(tensor => tensor.Name == "layers.0.w").Rule);
        Assert.Equal(Plan("std=0.1", "inner.mean=7", "inner.seed=3").PlanId, plan.PlanId);
    }

    [Theory]
    [InlineData("stdd=1", "--set stdd: mine has no number and no argument of a rule of that name, nor has the model; did you mean std?")]
    [InlineData("iner.std=1", "did you mean inner.std?")]
    [InlineData("9.std=1", "no number and no argument")]
    [InlineData("1.std=1", "no number and no argument")]
    [InlineData("inner.stdd=1", "--set inner.stdd: normal has no argument 'stdd'; did you mean std?")]
    [InlineData("3.value=1", "zeros has no argument 'value'; it takes none")]
    [InlineData("inner.std=1 +", "std: '1 +': expected a number")]
    [InlineData("inner.std=[1]", "std: expected a number or a formula, found a list")]
    [InlineData("inner.std=", "--set inner.std: ''")]
    [InlineData("std={a", "--set std: '{a'")]
    [InlineData("std=half", "the number std asks for itself")]
    [InlineData("std=fan_on", "unknown name 'fan_on'; did you mean fan_in?")]
    [InlineData("base.hidden_size=4", "no number and no argument")]
    public void ABadSettingIsNamed(string setting, string expected) => Assert.Contains(Workspace.ProblemsOf(() => Plan(setting)), problem => problem.Contains(expected, StringComparison.Ordinal));

    [Fact]
    public void ASettingThatChangesNothingIsRefused()
    {
        const string Unused = Recipe + "\nnothing: 1";
        Assert.Contains("unknown key 'nothing'", Assert.Single(Workspace.ProblemsOf(() => Plan(Unused, []))));
        string unused = Recipe.Replace("{std: 0.5,", "{other: 1, std: 0.5,", StringComparison.Ordinal);
        Assert.Contains("--set other: no formula of mine asks for it with this model", Assert.Single(Workspace.ProblemsOf(() => Plan(unused, ["other=2"]))));
        Assert.Contains("matches no tensor of the model", Assert.Single(Workspace.ProblemsOf(() => Llama("torchtitan", "gpt-oss.std=1"))));
    }

    [Fact]
    public void ANumberOfTheConfigurationIsChangedForFormulasAlone()
    {
        Plan plan = Llama("hf", "initializer_range=0.01");
        Assert.Equal(new Normal(0, 0.01), Of(plan, "model.embed_tokens.weight"));
        Assert.Equal(Llama("hf").Tensors.Select(tensor => tensor.Name), plan.Tensors.Select(tensor => tensor.Name));
        Assert.Contains("--set hidden_size: no formula of hf@1 asks for it", Assert.Single(Workspace.ProblemsOf(() => Llama("hf", "hidden_size=64"))));
    }

    [Fact]
    public void AnExtensionPutsItsRulesBeforeThoseOfItsBase()
    {
        Plan plan = Plan("name: mine\nextends: megatron\nnumbers: {init_method_std: 0.5}\nrules:\n- {match: '*.b', init: ones}\n", []);
        Assert.Equal(new Constant(1), Of(plan, "layers.1.b"));
        Assert.Equal(new Normal(0, 0.5), Of(plan, "layers.1.w"));
        Assert.Equal(["megatron@1 rule 4: ndim 2", "mine rule 1: match *.b"], plan.Logical.Select(tensor => tensor.Rule).Distinct());
    }

    [Theory]
    [InlineData("extends: megatorn", "extends: no built-in recipe 'megatorn'; did you mean 'megatron'?")]
    [InlineData("extends: [hf]", "expected the name of a built-in recipe, found a list")]
    [InlineData("extends: hf@7", "no built-in recipe 'hf@7'")]
    [InlineData("numbers: [1]", "numbers: expected a mapping")]
    [InlineData("numbers: {fan_in: 1}", "it is a number of every tensor")]
    [InlineData("numbers: {j: 4}", "'j' cannot be the name of a number: it has a meaning of its own in formulas")]
    [InlineData("numbers: {u2: 4}", "'u2' cannot be the name of a number: it has a meaning of its own in formulas")]
    [InlineData("numbers: {pi: 3}", "'pi' cannot be the name of a number: it has a meaning of its own in formulas")]
    [InlineData("numbers: {'a b': 1}", "'a b' cannot be the name of a number")]
    [InlineData("numbers: {a: [1]}", "numbers: a: expected a number or a formula")]
    [InlineData("numbers: {a: 1 +}", "numbers: a: '1 +'")]
    [InlineData("groups: {a: []}", "expected a pattern, found an empty list")]
    [InlineData("groups: {a: '['}", "'[' without ']'")]
    [InlineData("base: {hidden_size: 0}", "base: hidden_size: expected a whole number of 1 or more, found '0'")]
    [InlineData("base: {hidden_size: 64}", "base: expected a model configuration, whose fields it changes; found a tensor table")]
    [InlineData("families: llama", "mine is for configurations of llama; found a tensor table")]
    public void BadPartsOfARecipeAreNamed(string part, string expected) =>
        Assert.Contains(Workspace.ProblemsOf(() => Plan($"name: mine\n{part}\nrules:\n- {{match: '*', init: zeros}}\n", [])), problem => problem.Contains(expected, StringComparison.Ordinal));

    /// <summary>Names as a file has them, where it joins what rules name apart or leaves out what is tied.</summary>
    [Theory]
    [InlineData("gpt2", "'*.c_attn.weight'", "'transformer.h.0.attn.c_attn.weight' is how a file stores 'transformer.h.0.attn.q_proj.weight', 'transformer.h.0.attn.k_proj.weight', 'transformer.h.0.attn.v_proj.weight': rules go by these names")]
    [InlineData("llama-3.2-1b", "lm_head.weight", "'lm_head.weight' is tied to 'model.embed_tokens.weight' and takes its values")]
    [InlineData("llama-3.2-1b", "nowhere", "; correct it, or say optional: true")]
    public void ARuleOfAFilesNameIsToldOurs(string model, string match, string expected)
    {
        using Workspace workspace = new();
        string recipe = workspace.Write("recipe.yaml", $"name: mine\nrules:\n- {{match: {match}, init: zeros}}\n- {{match: '*', init: ones}}\n");
        Assert.EndsWith(expected, Assert.Single(Workspace.ProblemsOf(() => Planner.Create(new PlanRequest { Model = model, Recipe = recipe }))));
    }

    /// <summary>A recipe for every model says hidden_size and num_hidden_layers, as transformers' own attribute maps allow.</summary>
    [Theory]
    [InlineData("gpt2", "hidden_size / num_hidden_layers", 768 / 12.0)]
    [InlineData("gpt2", "n_embd / n_layer", 768 / 12.0)]
    public void NumbersAreKnownByBothTheirNames(string model, string formula, double expected)
    {
        using Workspace workspace = new();
        string recipe = workspace.Write("recipe.yaml", $"name: mine\nrules:\n- {{match: '*', init: constant, args: {{value: '{formula}'}}}}\n");
        Assert.All(Planner.Create(new PlanRequest { Model = model, Recipe = recipe }).Logical, tensor => Assert.Equal(new Constant(expected), tensor.Init));
    }

    [Theory]
    [InlineData("{id: '1a', match: '*', init: zeros}", "id: expected letters")]
    [InlineData("{id: a.b, match: '*', init: zeros}", "id: expected letters")]
    [InlineData("{group: weigths, init: zeros}", "no group 'weigths'; did you mean weights?")]
    public void BadIdsAndGroupsAreNamed(string rule, string expected) =>
        Assert.Contains(expected, Assert.Single(Workspace.ProblemsOf(() => Plan($"name: mine\ngroups: {{weights: '*'}}\nrules:\n- {rule}\n", []))));

    [Fact]
    public void AnIdStandsOnce() => Assert.Contains(":4: id: 'a' stands twice", Assert.Single(Workspace.ProblemsOf(() => Plan("name: mine\nrules:\n- {id: a, match: '*.w', init: ones}\n- {id: a, match: '*', init: ones}\n", []))));

    [Fact]
    public void RecipesOfOneFamilyRefuseOthers() => Assert.Contains("t5@1 is for configurations of t5; found one of llama", Assert.Single(Workspace.ProblemsOf(() => Llama("t5"))));

    [Fact]
    public void RecipesForScalarsOfBranchesRefuseModelsWithoutThem() =>
        Assert.All((string[])["rezero", "skipinit", "layerscale"], recipe => Assert.Contains(Workspace.ProblemsOf(() => Llama(recipe)), problem => problem.Contains("matches no tensor of the model", StringComparison.Ordinal)));

    [Fact]
    public void AMissingFieldIsNamedWithTheNumberThatNeedsIt()
    {
        string problem = Workspace.ProblemsOf(() => Plan("small-init-wang", []))[0];
        Assert.Contains("normal: unknown name 'd_model'", problem);
        Assert.EndsWith("in the number d of the recipe; for tensor 'layers.0.w' of shape [4, 2], kind unknown (and 1 more tensor)", problem);
    }

    [Fact]
    public void MupAsksForABaseModelWithFieldsOfTheConfiguration()
    {
        Assert.All(Workspace.ProblemsOf(() => Llama("mup")), problem => Assert.Contains("no base model is given; say which sizes it has", problem));
        Assert.Contains("base.hiden_size: the configuration has no number of that name; did you mean base.hidden_size?", Assert.Single(Workspace.ProblemsOf(() => Llama("mup", "base.hiden_size=64"))));
        Assert.Contains("the base model has no tensor 'model.layers.1.", Workspace.ProblemsOf(() => Llama("mup", "base.num_hidden_layers=1"))[0]);
        Plan plan = Llama("mup", "base.hidden_size=512", "base.num_attention_heads=8", "embedding.std=1");
        Assert.Equal(new Normal(0, 0.01), Of(plan, "model.layers.0.self_attn.q_proj.weight"));
        Assert.Equal(new Normal(0, 0.02), Of(plan, "model.layers.0.mlp.gate_proj.weight"));
        Assert.Equal(new Normal(0, 1), Of(plan, "model.embed_tokens.weight"));
    }
}
