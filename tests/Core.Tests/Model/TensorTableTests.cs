using System.Text.Json;
using ShardInit.Model;
using ShardInit.Planning;
using Xunit;

namespace ShardInit.Core.Tests.Model;

public sealed class TensorTableTests
{
    private const string Everything = "name: all\nrules:\n- match: '*'\n  init: zeros\n";

    private static IReadOnlyList<string> ProblemsOf(string rows)
    {
        using Workspace workspace = new();
        return workspace.ProblemsOf($"{{\"tensors\": [{rows}]}}", Everything);
    }

    [Fact]
    public void EveryKeyOfARowIsRead()
    {
        using Workspace workspace = new();
        Plan plan = workspace.Plan("""
            {"tensors": [{"name": "enc.w", "shape": [64, 48, 3], "dtype": "F16", "kind": "Conv1d", "layer": 3, "tied_to": null, "zero_rows": [5, 2]},
                         {"name": "enc.copy", "shape": [64, 48, 3], "tied_to": "enc.w"},
                         {"name": "layers.7.w", "shape": []},
                         {"name": "layers.8.w", "shape": [0, 3], "layer": null},
                         {"name": "n", "shape": [1], "dtype": "I64", "kind": "buffer:BatchNorm2d"}]}
            """, Everything);
        StoredTensor first = plan.Tensors[0];
        Assert.Equal(("enc.w", DType.F16, "Conv1d", LayerGroup.OfLayer(3)), (first.Name, first.DType, first.Kind, first.Group));
        Assert.Equal([2, 5], plan.Logical[0].ZeroRows.AsEnumerable());
        Assert.Equal("enc.w", plan.Tied["enc.copy"]);
        Assert.Equal([LayerGroup.OfLayer(7), LayerGroup.Head, LayerGroup.Head], plan.Tensors.Skip(1).Select(tensor => tensor.Group));
        PlanSummary summary = PlanSummary.Of(plan);
        Assert.Equal((64 * 48 * 3) + 1, summary.Parameters);
        Assert.Equal(1, summary.BufferElements);
        Assert.Equal(4, summary.Tensors);
        Assert.Equal((64 * 48 * 3 * 2) + 4 + 8, summary.Bytes);
    }

    [Fact]
    public void WithoutARecipeTheMessageNamesThem()
    {
        using Workspace workspace = new();
        string problem = Assert.Single(workspace.ProblemsOf("""{"tensors": [{"name": "w", "shape": [1]}]}"""));
        Assert.Contains("--recipe", problem);
        Assert.Contains("hf@1", problem);
    }

    [Fact]
    public void IntegersKeepTheirDtypeAndFloatsFollowTheOption()
    {
        using Workspace workspace = new();
        string model = workspace.Write("model.json", """{"tensors": [{"name": "a", "shape": [1], "dtype": "F32"}, {"name": "b", "shape": [1], "dtype": "BOOL"}]}""");
        Plan plan = Planner.Create(new PlanRequest { Model = model, Recipe = workspace.Write("r.yaml", Everything), DType = DType.BF16 });
        Assert.Equal([DType.BF16, DType.BOOL], plan.Tensors.Select(tensor => tensor.DType));
    }

    [Theory]
    [InlineData("no name", """{"shape": [1]}""", "name is missing")]
    [InlineData("no shape", """{"name": "w"}""", "shape is missing")]
    [InlineData("empty name", """{"name": "", "shape": [1]}""", "the name is empty")]
    [InlineData("control character", """{"name": "a\nb", "shape": [1]}""", "control character (U+000A)")]
    [InlineData("half a surrogate", """{"name": "a\ud800", "shape": [1]}""", "half a surrogate pair")]
    [InlineData("negative size", """{"name": "w", "shape": [2, -1]}""", "negative size -1")]
    [InlineData("fraction", """{"name": "w", "shape": [2.5]}""", "found the number 2.5")]
    [InlineData("overflowing size", """{"name": "w", "shape": [9223372036854775808]}""", "below 2^63")]
    [InlineData("overflowing shape", """{"name": "w", "shape": [4294967296, 2147483648]}""", "2^63 or more elements")]
    [InlineData("overflowing bytes", """{"name": "w", "shape": [4611686018427387904], "dtype": "F64"}""", "model.json: tensor 'w': expected below 2^63 bytes, found 36893488147419103232")]
    [InlineData("unknown dtype", """{"name": "w", "shape": [1], "dtype": "bf16"}""", "dtype: expected one of")]
    [InlineData("unknown key", """{"name": "w", "shape": [1], "typ": "F32"}""", "unknown key 'typ'")]
    [InlineData("negative layer", """{"name": "w", "shape": [1], "layer": -1}""", "layer: expected null or a whole number")]
    [InlineData("zero row outside", """{"name": "w", "shape": [3, 2], "zero_rows": [3]}""", "zero row 3 is outside the 3 rows")]
    [InlineData("zero row twice", """{"name": "w", "shape": [3, 2], "zero_rows": [1, 1]}""", "zero row 1 stands twice")]
    [InlineData("zero row of a scalar", """{"name": "w", "shape": [], "zero_rows": [0]}""", "outside the 0 rows")]
    [InlineData("same name twice", """{"name": "w", "shape": [1]}, {"name": "w", "shape": [2]}""", "the name stands twice")]
    [InlineData("tied to nothing", """{"name": "w", "shape": [1], "tied_to": "v"}""", "no tensor is called 'v'")]
    [InlineData("tied in a circle", """{"name": "v", "shape": [1], "tied_to": "w"}, {"name": "w", "shape": [1], "tied_to": "v"}""", "is tied itself")]
    [InlineData("tied to another shape", """{"name": "v", "shape": [1], "tied_to": "w"}, {"name": "w", "shape": [2]}""", "shapes differ")]
    [InlineData("no object", "5", "expected an object for each tensor")]
    [InlineData("no tensors", "", "expected at least one tensor")]
    public void BadRowsAreRefused(string what, string rows, string expected)
    {
        Assert.NotEmpty(what);
        Assert.Contains(ProblemsOf(rows), problem => problem.Contains(expected, StringComparison.Ordinal));
    }

    [Fact]
    public void AllBadRowsAreReportedTogether() =>
        Assert.Equal(3, ProblemsOf("""{"name": "a", "shape": [-1]}, {"name": "b", "shape": "x"}, {"name": "c", "shape": [1], "dtype": "X"}""").Count);

    [Fact]
    public void MillionsOfProblemsStayReadable()
    {
        IReadOnlyList<string> problems = ProblemsOf(string.Join(",", Enumerable.Range(0, 10_000).Select(_ => """{"name": "", "shape": [1]}""")));
        Assert.Equal(Errors.Problems.Limit + 1, problems.Count);
        Assert.Contains(problems, problem => problem.Contains("more problems", StringComparison.Ordinal));
    }

    [Fact]
    public void SeventyThousandTensorsMakeAPlanBelowTwentyMegabytes()
    {
        using Workspace workspace = new();
        IEnumerable<string> rows = Enumerable.Range(0, 70_000).Select(i =>
            $$"""{"name": "model.layers.{{i / 1200}}.mlp.experts.{{i % 400}}.{{"gate up down".Split(' ')[i / 400 % 3]}}_proj.weight", "shape": [2048, 7168], "dtype": "BF16", "kind": "Linear"}""");
        Plan plan = workspace.Plan($"{{\"tensors\": [{string.Join(",", rows)}]}}", "name: x\nrules:\n- match: '*'\n  init: normal\n  args: {std: 0.006}\n");
        byte[] bytes = PlanJson.Write(plan);
        Assert.Equal(70_000, plan.Tensors.Length);
        Assert.InRange(bytes.Length, 1, 20_000_000);
        Assert.Equal(plan.PlanId, PlanJson.Read(bytes, "plan.json").PlanId);
        using JsonDocument document = JsonDocument.Parse(bytes);
        Assert.Equal(70_000, document.RootElement.GetProperty("tensors").GetArrayLength());
    }
}
