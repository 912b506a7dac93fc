using System.Text.Json;
using ShardInit.Engine;
using ShardInit.Initializers;
using ShardInit.Model;
using ShardInit.Planning;
using Xunit;

namespace ShardInit.Core.Tests.Initializers;

/// <summary>Every layer of the golden files under <c>torch-default</c>, <c>flax-default</c> and <c>keras-default</c>: numbers and values of each of its tensors.</summary>
public sealed class LayerDefaultTests
{
    /// <summary>Constructors that refuse their arguments; a table of tensors has shapes, no constructor arguments.</summary>
    private static readonly string[] s_refusedConstructors = ["Conv2d-18", "Embedding-22", "GRU-37", "MultiheadAttention-62"];

    private static readonly Dictionary<string, LayerCase> s_cases = new (string Library, IEnumerable<LayerCase> Cases)[] { ("torch", LayerCase.Torch()), ("flax", LayerCase.Flax()), ("keras", LayerCase.Keras()) }
        .SelectMany(library => library.Cases.Select(item => (Id: $"{library.Library} {item.Id}", Case: item))).ToDictionary(item => item.Id, item => item.Case);

    public static TheoryData<string> Ids => [.. s_cases.Keys];

    [Fact]
    public void No_layer_is_left_out()
    {
        Assert.Equal(72 - s_refusedConstructors.Length + 23 + 26, s_cases.Count);
        IEnumerable<string?> refused = InitCase.File("torch_modules").GetProperty("cases").EnumerateArray().Where(item => item.TryGetProperty("truth", out _)).Select(item => item.GetProperty("id").GetString());
        Assert.Equal(s_refusedConstructors, refused);
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void A_layer_begins_as_in_its_library(string id)
    {
        LayerCase layer = s_cases[id];
        if (layer.Tensors.Count == 0) return;
        int copies = layer.Copies;
        Plan plan = layer.Plan(copies);
        PlanValues values = new(plan);
        Dictionary<string, int> places = Enumerable.Range(0, plan.Tensors.Length).ToDictionary(i => plan.Tensors[i].Name);
        Dictionary<string, LogicalTensor> logical = plan.Logical.ToDictionary(tensor => tensor.Name);
        foreach (LayerTensor tensor in layer.Tensors)
        {
            double[][] drawn = [.. Enumerable.Range(0, copies).Select(copy => Drawn.Values(values, places[layer.NameOf(tensor, copy)]))];
            Check(tensor, logical[layer.NameOf(tensor, 0)], drawn, plan.Tensors[places[layer.NameOf(tensor, 0)]].DType);
        }
    }

    private static void Check(LayerTensor tensor, LogicalTensor logical, double[][] drawn, DType dtype)
    {
        string kind = tensor.Truth.GetProperty("kind").GetString()!;
        if (kind == "empty")
        {
            Assert.All(drawn, Assert.Empty);
            return;
        }
        Numbers.Check(tensor.Truth, logical.Init);
        Assert.Equal(tensor.ZeroRows, logical.ZeroRows);
        switch (kind)
        {
            case "constant":
                float value = tensor.Truth.GetProperty("value").GetSingle();
                Assert.All(drawn, copy => Assert.All(copy, element => Assert.Equal(value, (float)element)));
                break;
            case "structured":
                Assert.All(drawn, copy => Assert.Equal(tensor.Truth.GetProperty("values_row_major").EnumerateArray().Select(element => element.GetDouble()), copy));
                break;
            case "orthogonal":
                Structure.CheckGram(drawn[0], tensor.Truth.GetProperty("rows").GetInt32(), tensor.Truth.GetProperty("cols").GetInt32(), tensor.Truth.GetProperty("gain").GetDouble());
                break;
            default:
                long rowLength = logical.Shape.ElementCount / logical.Shape[0];
                Assert.All(tensor.ZeroRows, row => Assert.All(drawn, copy => Assert.All(copy.AsSpan((int)(row * rowLength), (int)rowLength).ToArray(), element => Assert.Equal(0, element))));
                Law.Of(tensor.Truth).Check([.. drawn.SelectMany(copy => copy.Where((_, i) => !tensor.ZeroRows.Contains(i / rowLength)))], dtype);
                break;
        }
    }

    [Fact]
    public void A_padding_index_beyond_the_rows_is_refused()
    {
        using Workspace workspace = new();
        Assert.Contains("zero row 10 is outside the 10 rows", Assert.Single(workspace.ProblemsOf("""{"tensors": [{"name": "e.weight", "shape": [10, 4], "kind": "Embedding", "zero_rows": [10]}]}""", "name: x\nrules:\n- {match: '*', init: ones}\n")));
    }

    /// <summary>torch.nn.TransformerEncoder copies one layer, Keras repeats an instance's values: here each tensor has a stream of its own, and the plan repeats.</summary>
    [Fact]
    public void Tensors_of_one_rule_differ_and_plans_repeat()
    {
        JsonElement torch = InitCase.File("torch_modules").GetProperty("facts"), keras = InitCase.File("keras_initializers").GetProperty("facts");
        Assert.Equal(2, torch.EnumerateObject().Count());
        Assert.Equal(3, keras.EnumerateObject().Count());
        LayerCase layer = s_cases["keras Dense-00"];
        PlanValues first = new(layer.Plan(2)), second = new(layer.Plan(2));
        int[] kernels = [.. Enumerable.Range(0, 4).Where(i => first.Plan.Tensors[i].Name.EndsWith("kernel", StringComparison.Ordinal))];
        Assert.NotEqual(Drawn.Values(first, kernels[0]), Drawn.Values(first, kernels[1]));
        Assert.Equal(Drawn.Values(first, kernels[0]), Drawn.Values(second, kernels[0]));
    }

    [Fact]
    public void A_bias_without_its_weight_is_refused_by_name()
    {
        using Workspace workspace = new();
        string model = workspace.Write("model.json", """{"tensors": [{"name": "fc.bias", "shape": [8], "kind": "Linear"}, {"name": "q/kernel", "shape": [8, 2, 4], "kind": "EinsumDense"}]}""");
        Assert.Contains("weight_fan_in has no meaning here: there is no tensor 'fc.weight'", Workspace.ProblemsOf(() => Planner.Create(new PlanRequest { Model = model, Recipe = "torch-default" }))[0]);
        Assert.Contains(Workspace.ProblemsOf(() => Planner.Create(new PlanRequest { Model = model, Recipe = "keras-default" })), problem => problem.Contains("there is no tensor 'q/bias'", StringComparison.Ordinal));
    }

    [Fact]
    public void The_tutorial_rules_are_those_that_tutorials_teach()
    {
        using Workspace workspace = new();
        string model = workspace.Write("model.json", """
            {"tensors": [{"name": "conv.weight", "shape": [64, 16, 3, 3], "kind": "Conv2d"}, {"name": "conv.bias", "shape": [64], "kind": "Conv2d"}, {"name": "rnn.weight_hh_l0", "shape": [64, 16], "kind": "LSTM"},
                         {"name": "rnn.bias_hh_l0", "shape": [64], "kind": "LSTM"}, {"name": "embed.weight", "shape": [100, 50], "kind": "Embedding"}, {"name": "fc.weight", "shape": [40, 60], "kind": "Linear"},
                         {"name": "norm.weight", "shape": [64], "kind": "LayerNorm"}]}
            """);
        Dictionary<string, Distribution> inits = Planner.Create(new PlanRequest { Model = model, Recipe = "tutorial" }).Logical.ToDictionary(tensor => tensor.Name, tensor => tensor.Init);
        Numbers.Close(Math.Sqrt(2.0 / 144), Assert.IsType<Normal>(inits["conv.weight"]).Std);
        Assert.Equal(new Orthogonal(1), inits["rnn.weight_hh_l0"]);
        Assert.Equal(new Uniform(-0.02, 0.02), inits["embed.weight"]);
        Numbers.Close(Math.Sqrt(6.0 / 100), Assert.IsType<Uniform>(inits["fc.weight"]).High);
        Assert.Equal(new Constant(1), inits["norm.weight"]);
        Assert.All(["conv.bias", "rnn.bias_hh_l0"], name => Assert.Equal(new Constant(0), inits[name]));
    }
}
