using ShardInit.Initializers;
using ShardInit.Planning;
using ShardInit.Recipes;
using Xunit;

namespace ShardInit.Core.Tests.Recipes;

public sealed class RecipeTests
{
    private const string Table = """
        {"tensors": [{"name": "enc.w", "shape": [64, 48, 3], "kind": "Conv1d", "layer": 0}, {"name": "enc.b", "shape": [64], "kind": "Conv1d", "layer": 0},
                     {"name": "dec.w", "shape": [64, 48], "kind": "Linear", "layer": 1}, {"name": "count", "shape": [], "dtype": "I64"}]}
        """;

    private static Dictionary<string, Distribution> Inits(string recipe)
    {
        using Workspace workspace = new();
        return workspace.Plan(Table, recipe).Logical.ToDictionary(tensor => tensor.Name, tensor => tensor.Init);
    }

    private static IReadOnlyList<string> ProblemsOf(string recipe)
    {
        using Workspace workspace = new();
        return workspace.ProblemsOf(Table, recipe);
    }

    private static string Rule(string rule) => $"name: mine\nrules:\n- {rule}\n- {{match: '*', init: zeros, optional: true}}\n";

    [Fact]
    public void TheFirstRuleThatMatchesWins()
    {
        Dictionary<string, Distribution> inits = Inits("""
            name: mine
            rules:
              - {match: "*.b", init: constant, args: {value: 0.5}}
              - {kind: Conv1d, init: normal, args: {std: "1 / sqrt(fan_in)"}}
              - {match: "regex:d.c[.]w", init: uniform, args: {low: "-0.5 * (layer + 1)", high: 1}}
              - {match: "*", init: ones}
            """);
        Assert.Equal(new Constant(0.5), inits["enc.b"]);
        Assert.Equal(new Normal(0, 1 / 12.0), inits["enc.w"]);
        Assert.Equal(new Uniform(-1, 1), inits["dec.w"]);
        Assert.Equal(new Constant(1), inits["count"]);
    }

    [Theory]
    [InlineData("{match: 'layers:0', ndim: '2:', init: ones}", "enc.w")]
    [InlineData("{layers: -1, init: ones}", "dec.w")]
    [InlineData("{match: ['kind:Lin*', 'kind:Conv*'], regex: '.*b', init: ones}", "enc.b")]
    [InlineData("{kind: [Linear, Conv1d], ndim: 1, init: ones}", "enc.b")]
    public void CriteriaOfARuleMustAllHold(string rule, string expected) =>
        Assert.Equal([expected], Inits(Rule(rule)).Where(init => init.Value is Constant { Value: 1 }).Select(init => init.Key));

    [Theory]
    [InlineData("low: -0.04, high: 0.06", -0.04, 0.06)]
    [InlineData("low_std: -2, high_std: 3", -0.04, 0.06)]
    [InlineData("low_std: -2", -0.04, double.PositiveInfinity)]
    public void BoundsOfATruncatedNormalAreValuesOrMultiples(string bounds, double low, double high)
    {
        TruncatedNormal init = Assert.IsType<TruncatedNormal>(Inits(Rule($"{{match: enc.w, init: truncated_normal, args: {{std: 0.02, {bounds}}}}}"))["enc.w"]);
        Assert.Equal((0, 0.02, low, high), (init.Mean, init.Std, init.Low, init.High));
    }

    [Theory]
    [InlineData("{match: 'x*', init: ones}", ":3: this rule (match x*) matches no tensor")]
    [InlineData("{match: '[', init: ones}", "'[' without ']'")]
    [InlineData("{regex: 'a(', init: ones}", "regex: 'a(': expected a regular expression, found a mistake behind character 2: Not enough )'s")]
    [InlineData("{regex: 'a)(b', init: ones}", "regex: 'a)(b': expected a regular expression, found a mistake behind character")]
    [InlineData("{regex: '(?=a)', init: ones}", "regex: '(?=a)': expected a regular expression without look-ahead")]
    [InlineData("{layers: a, init: ones}", "layers: 'a'")]
    [InlineData("{init: ones}", "expected match, regex, kind, group, layers or ndim")]
    [InlineData("{match: '*'}", "init is missing")]
    [InlineData("{match: '*', init: nromal}", "unknown initializer 'nromal'; did you mean normal?")]
    [InlineData("{match: '*', init: torch.kaiming}", "unknown initializer 'torch.kaiming'")]
    [InlineData("{match: '*', init: ones, args: {value: 2}}", "ones has no argument 'value'; it takes none")]
    [InlineData("{match: '*', init: normal}", "normal needs std")]
    [InlineData("{match: '*', init: normal, args: {std: [1]}}", "std: expected a number or a formula, found a list")]
    [InlineData("{match: '*', init: normal, args: {std: }}", "std: expected a number or a formula, found nothing")]
    [InlineData("{match: '*', init: normal, args: {std: '1 +'}}", "std: '1 +': expected a number")]
    [InlineData("{match: '*', init: normal, args: 5}", "args: expected a mapping")]
    [InlineData("{match: '*', init: ones, optionl: true}", "unknown key 'optionl'; did you mean optional?")]
    [InlineData("{match: '*', init: ones, optional: maybe}", "optional: expected true or false")]
    [InlineData("{match: dec.w, init: normal, args: {std: hidden}}", "unknown name 'hidden'")]
    [InlineData("{match: enc.b, init: normal, args: {std: fan_in}}", "need 2 axes or more")]
    [InlineData("{match: count, init: constant, args: {value: layer}}", "belongs to no layer")]
    [InlineData("{match: dec.w, init: normal, args: {std: 1 / 0}}", "std is not a finite number")]
    [InlineData("{match: dec.w, init: truncated_normal, args: {std: 1}}", "needs bounds")]
    [InlineData("{match: dec.w, init: truncated_normal, args: {std: 1, low: -1, high_std: 1}}", "not both")]
    [InlineData("{match: count, init: normal, args: {std: 1}}", "take constants only")]
    [InlineData("{match: \"a\\e\", init: ones}", "no control characters")]
    [InlineData("5", "expected a rule")]
    public void MistakesOfARuleAreRefused(string rule, string expected) =>
        Assert.Contains(ProblemsOf(Rule(rule)), problem => problem.Contains(expected, StringComparison.Ordinal));

    [Theory]
    [InlineData("", "the text is empty")]
    [InlineData("[1]", "expected a mapping with name and rules")]
    [InlineData("name: x", "rules: expected a list")]
    [InlineData("name: x\nrules: []", "rules: expected a list")]
    [InlineData("name: x\nname: y\nrules: [{match: '*', init: ones}]", ":2: the key 'name' stands twice")]
    [InlineData("name: hf\nrules: [{match: '*', init: ones}]", "is the name of a built-in recipe")]
    [InlineData("name: a@b\nrules: [{match: '*', init: ones}]", "without '@'")]
    [InlineData("rules: [{match: '*', init: ones}]", "name: expected a name")]
    [InlineData("name: x\nversion: 0\nrules: [{match: '*', init: ones}]", "version: expected")]
    [InlineData("name: x\nrules: &a [{match: '*', init: ones}]", "anchors (&name) are not taken")]
    [InlineData("name: x\nrules: *a", "aliases (*name)")]
    [InlineData("name: x\nrules:\n- match: *weight\n  init: ones", "stands in quotes")]
    [InlineData("name: !!str x\nrules: [{match: '*', init: ones}]", "tags (!name) are not taken")]
    [InlineData("name: x\n---\nname: y", "more than one document")]
    [InlineData("name: [", "recipe.yaml:")]
    [InlineData("{{{{{{{{{{{{{{{{{{{{{{", "recipe.yaml:")]
    public void BadTextsAreOneErrorWithALine(string yaml, string expected)
    {
        IReadOnlyList<string> problems = ProblemsOf(yaml);
        Assert.Contains(expected, Assert.Single(problems));
        Assert.Matches("recipe.yaml:[0-9]+: ", problems[0]);
    }

    [Fact]
    public void DeepNestingIsRefused() =>
        Assert.Contains("nested deeper than 16 levels", Assert.Single(ProblemsOf("name: x\nrules: " + new string('[', 1000))));

    [Fact]
    public void AllMistakesAreReportedTogetherWithTheirLines()
    {
        IReadOnlyList<string> problems = ProblemsOf("name: x\nrules:\n- match: '['\n  init: ones\n- match: '*'\n  init: nothing\n- match: '*'\n  init: normal\n  args: {sdt: 1, std: 1}\n");
        Assert.Equal(3, problems.Count);
        Assert.Contains("recipe.yaml:3:", problems[0]);
        Assert.Contains("recipe.yaml:6:", problems[1]);
        Assert.Contains("recipe.yaml:9:", problems[2]);
    }

    [Fact]
    public void AnUncoveredTensorIsNamed()
    {
        string problem = Assert.Single(ProblemsOf("name: x\nrules:\n- {match: 'enc.*', init: ones}\n- {match: count, init: ones}"));
        Assert.Contains("no rule covers tensor 'dec.w' of shape [64, 48], kind Linear", problem);
    }

    [Fact]
    public void TheNumberOfLayersIsTheHighestPlusOneOrNothing()
    {
        const string Recipe = "name: x\nrules:\n- {match: '*', init: normal, args: {std: 1 / num_hidden_layers}}";
        using Workspace workspace = new();
        Assert.Equal(new Normal(0, 0.125), workspace.Plan("""{"tensors": [{"name": "layers.7.w", "shape": [2]}]}""", Recipe).Logical[0].Init);
        Assert.Equal(new Normal(0, 0.5), workspace.Plan("""{"config": {"num_hidden_layers": 2}, "tensors": [{"name": "layers.7.w", "shape": [2]}]}""", Recipe).Logical[0].Init);
        Assert.Contains("no tensor belongs to a layer", Assert.Single(workspace.ProblemsOf("""{"tensors": [{"name": "w", "shape": [2]}]}""", Recipe)));
    }

    [Fact]
    public void OneProblemOfManyTensorsIsOneLine() =>
        Assert.Contains("(and 3 more tensors)", Assert.Single(ProblemsOf("name: x\nrules:\n- {match: nothing, init: ones, optional: true}")));

    [Fact]
    public void OptionalRulesMayMatchNothingAndShadowedOnesAreWarnedOf()
    {
        using Workspace workspace = new();
        Plan plan = workspace.Plan(Table, "name: x\nrules:\n- {match: 'x*', init: ones, optional: true}\n- {match: '*', init: ones}\n- {match: 'enc.*', init: ones}");
        Assert.Contains(":5: every tensor of this rule (match enc.*) is taken by an earlier one", Assert.Single(plan.Warnings));
    }

    [Fact]
    public void AMissingOrZeroRangeMeansTwoHundredthsUnderHf()
    {
        using Workspace workspace = new();
        foreach (string range in (string[])["", ", \"initializer_range\": 0.0", ", \"initializer_range\": null"])
        {
            Plan plan = workspace.Plan("{\"model_type\": \"llama\", \"hidden_size\": 64, \"num_hidden_layers\": 1" + range + "}");
            Assert.Equal(new Normal(0, 0.02), plan.Logical.Single(tensor => tensor.Name == "lm_head.weight").Init);
        }
    }

    [Fact]
    public void Gpt2ScalesTheOutputsOfResidualBranches()
    {
        Plan plan = Planner.Create(new PlanRequest { Model = "llama-3.2-1b", Recipe = "gpt2@1" });
        Assert.Equal("gpt2@1", plan.Recipe);
        foreach (LogicalTensor tensor in plan.Logical)
        {
            // 0.02 / sqrt(2 * 16), by Python 3.
            bool output = tensor.Name.EndsWith("o_proj.weight", StringComparison.Ordinal) || tensor.Name.EndsWith("down_proj.weight", StringComparison.Ordinal);
            Distribution expected = tensor.Name.Contains("norm", StringComparison.Ordinal) ? new Constant(1) : new Normal(0, output ? 0.0035355339059327372 : 0.02);
            Assert.Equal(expected, tensor.Init);
        }
    }

    [Fact]
    public void NamesVersionsAndFilesChooseTheRecipe()
    {
        using Workspace workspace = new();
        Assert.Equal("hf@1", Planner.Create(new PlanRequest { Model = "llama-3.2-1b", Recipe = "hf" }).Recipe);
        Assert.Contains("did you mean 'hf@1'?", Assert.Single(Workspace.ProblemsOf(() => Planner.Create(new PlanRequest { Model = "llama-3.2-1b", Recipe = "hf@2" }))));
        Assert.Contains("gpt2@1, he@1, hf@1", Assert.Single(Workspace.ProblemsOf(() => Planner.Create(new PlanRequest { Model = "llama-3.2-1b", Recipe = "zzzzzzzzzz" }))));
        Assert.Equal("mine@3", workspace.Plan(Table, "name: mine\nversion: 3\nrules:\n- {match: '*', init: ones}").Recipe);
    }
}
