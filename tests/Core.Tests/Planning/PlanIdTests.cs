using ShardInit.Model;
using ShardInit.Planning;
using Xunit;

namespace ShardInit.Core.Tests.Planning;

public sealed class PlanIdTests
{
    private const string Table = """
        {"tensors": [{"name": "a.bias", "shape": [3], "dtype": "BF16"}, {"name": "a.weight", "shape": [3, 5], "dtype": "BF16", "kind": "Embedding", "zero_rows": [1]},
                     {"name": "count", "shape": [], "dtype": "I64", "kind": "buffer:Counter"}, {"name": "layers.12.cut", "shape": [2, 2]}, {"name": "none", "shape": [0, 4], "dtype": "BF16"},
                     {"name": "\ud800\udc00", "shape": [1], "dtype": "BF16"}, {"name": "\ue000", "shape": [1], "dtype": "BF16"},
                     {"name": "head.weight", "shape": [3, 5], "tied_to": "a.weight"}]}
        """;

    private const string Recipe = """
        name: mine
        rules:
          - {match: a.bias, init: constant, args: {value: "-0"}}
          - {match: a.weight, init: normal, args: {std: 0.02}}
          - {match: count, init: constant, args: {value: 7}}
          - {match: "*.cut", init: truncated_normal, args: {mean: 0.5, std: 0.25, low_std: -2}}
          - {match: none, init: uniform, args: {low: -1, high: 1}}
          - {match: "?", init: ones}
        """;

    private static Plan PlanOf(Func<PlanRequest, PlanRequest> change, string table = Table, string recipe = Recipe)
    {
        using Workspace workspace = new();
        return Planner.Create(change(new PlanRequest
        {
            Model = workspace.Write("m.json", table), Recipe = workspace.Write("r.yaml", recipe), Seed = ulong.MaxValue, Namespace = "teacher",
            ShardBytes = 1 << 20, TileBytes = 1 << 16, DigestKind = "sha256",
        }));
    }

    [Fact]
    public void IdsEqualAnIndependentComputation()
    {
        // Golden/plan_ids.py, which knows docs/plan-format.md and nothing of this project.
        Plan plan = PlanOf(request => request);
        Assert.Equal("65f58371b7ce458063b23ceacc4de2b229c155201127897317170f129297636f", plan.ValuesId);
        Assert.Equal("d77f787c1917aece4616ead008eaf48875c098f225feeda698702b7fc3507bfa", plan.PlanId);
    }

    [Fact]
    public void OnlyWhatChangesValuesChangesTheValuesId()
    {
        Plan plan = PlanOf(request => request);
        foreach (Plan other in (Plan[])[PlanOf(r => r with { Seed = 1 }), PlanOf(r => r with { Namespace = "" }), PlanOf(r => r, Table.Replace("[3, 5]", "[3, 6]")),
            PlanOf(r => r, Table.Replace("\"zero_rows\": [1]", "\"zero_rows\": [2]")), PlanOf(r => r, recipe: Recipe.Replace("0.02", "0.020000000000000004")), PlanOf(r => r, recipe: Recipe.Replace("\"-0\"", "0"))])
        {
            Assert.NotEqual(plan.ValuesId, other.ValuesId);
            Assert.NotEqual(plan.PlanId, other.PlanId);
        }
        foreach (Plan other in (Plan[])[PlanOf(r => r with { DType = DType.F16 }), PlanOf(r => r with { ShardBytes = 1 << 21 }), PlanOf(r => r with { TileBytes = 1 << 15 }), PlanOf(r => r with { DigestKind = "crc32" }),
            PlanOf(r => r, Table.Replace("\"kind\": \"buffer:Counter\"", "\"layer\": 3")), PlanOf(r => r, Table.Replace("head.weight", "lm_head.weight"))])
        {
            Assert.Equal(plan.ValuesId, other.ValuesId);
            Assert.NotEqual(plan.PlanId, other.PlanId);
        }
    }

    [Fact]
    public void TextsForPeopleChangeNoId()
    {
        Plan plan = PlanOf(request => request);
        Plan other = PlanOf(request => request with { UserMetadata = new Dictionary<string, string> { ["a"] = "b" } }, recipe: "# other text\n" + Recipe.Replace("name: mine", "name: yours").Replace("0.02}", "\"0.04 / 2\"}"));
        Assert.Equal((plan.ValuesId, plan.PlanId), (other.ValuesId, other.PlanId));
        Assert.NotEqual(plan.RecipeText, other.RecipeText);
    }

    [Fact]
    public void TheOrderOfTheTableChangesNothing()
    {
        string[] rows = Table[(Table.IndexOf('[') + 1)..Table.LastIndexOf(']')].Split("},").Select(row => row.Trim().TrimEnd('}') + "}").Reverse().ToArray();
        Assert.Equal(PlanOf(request => request).PlanId, PlanOf(request => request, "{\"tensors\": [" + string.Join(",", rows) + "]}").PlanId);
    }
}
