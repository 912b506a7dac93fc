using System.Text.Json;
using ShardInit.Initializers;
using ShardInit.Planning;
using Xunit;

namespace ShardInit.Core.Tests.Initializers;

/// <summary>
/// Every case of torch.nn.init, jax.nn.initializers and keras.initializers that the golden files hold, under the original's name and with the original's arguments, through the planner: what
/// the library refuses is refused with the reason; otherwise numbers are those of <c>truth</c>, and values follow it.
/// </summary>
public sealed class GoldenCaseTests
{
    /// <summary>Values drawn per case, as copies of the case's tensor: enough to tell √2 in a deviation, or a truncation at 2 from one at 2.2, a hundred times over.</summary>
    private const int Sample = 40_000;
    private const int MostCopies = 4_000;

    private static readonly Dictionary<string, InitCase> s_cases = new (string File, string Library, string NameKey)[]
        {
            ("torch_nn_init", "torch", "function"), ("jax_initializers", "jax", "initializer"), ("keras_initializers", "keras", "initializer"),
        }.SelectMany(file => InitCase.All(file.File, file.Library, file.NameKey)).ToDictionary(item => item.Id);

    public static TheoryData<string> Ids => [.. s_cases.Keys];

    [Fact]
    public void No_case_is_left_out_and_no_refusal_is_for_nothing()
    {
        Assert.Equal(287 + 189 + 117, s_cases.Count);
        Assert.Equal(s_cases.Values.Where(item => item.Raises).Select(item => item.Id).Order(), Refusals.OfTheOriginal.Keys.Order());
        Assert.All(Refusals.OfDefects.Keys.Concat(Refusals.OfTypes.Keys), id => Assert.False(s_cases[id].Raises));
        Assert.All(Refusals.OfTypes.Keys, id => Assert.Equal("C64", s_cases[id].DType));
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void A_case_is_as_in_the_library(string id)
    {
        InitCase item = s_cases[id];
        if (Refusals.Of(id) is string reason)
        {
            Assert.Contains(item.Problems(), problem => problem.Contains(reason, StringComparison.Ordinal));
            return;
        }
        Plan single = item.Plan();
        Distribution init = Assert.Single(single.Logical).Init;
        if (item.Kind == "empty")
        {
            Assert.Equal(0, single.Logical[0].Shape.ElementCount);
            Assert.Empty(Drawn.Values(single));
            return;
        }
        Numbers.Check(item.Truth, init);
        CheckValues(item, init, single);
    }

    private static void CheckValues(InitCase item, Distribution init, Plan single)
    {
        switch (item.Kind)
        {
            case "constant":
                double value = ((Constant)init).Value;
                double rounded = item.DType switch { "BF16" => Structure.Brain(value), "F64" => value, _ => (float)value };
                Assert.All(Drawn.Values(single), drawn => Assert.Equal(rounded, drawn));
                break;
            case "structured": Structure.CheckValues(item, Drawn.Values(single)); break;
            case "orthogonal": Structure.CheckOrthogonal(item); break;
            case "delta_orthogonal": Structure.CheckDeltaOrthogonal(item, Drawn.Values(single)); break;
            case "sparse": Structure.CheckSparse(item); break;
            default:
                Plan plan = item.Plan(Math.Clamp((int)(Sample / Math.Max(1, single.Logical[0].Shape.ElementCount)), 1, MostCopies));
                Law.Of(item.Truth).Check(Drawn.Values(plan), plan.Tensors[0].DType);
                break;
        }
    }

    public static TheoryData<string, string> Gains
    {
        get
        {
            TheoryData<string, string> gains = [];
            foreach (JsonElement item in InitCase.File("torch_nn_init").GetProperty("calculate_gain").EnumerateArray())
            {
                string slope = item.TryGetProperty("param", out JsonElement param) ? $", {param.GetRawText()}" : "";
                gains.Add($"gain({item.GetProperty("nonlinearity").GetString()}{slope})", item.TryGetProperty("gain", out JsonElement gain) ? gain.GetRawText() : "");
            }
            return gains;
        }
    }

    [Theory]
    [MemberData(nameof(Gains))]
    public void Gains_in_formulas_are_those_of_calculate_gain(string formula, string expected)
    {
        using Workspace workspace = new();
        const string Table = """{"tensors": [{"name": "w", "shape": [2]}]}""";
        string recipe = $"name: golden\nrules:\n- match: w\n  init: constant\n  args: {{value: '{formula}'}}\n";
        if (expected.Length > 0) Assert.Equal(new Constant(double.Parse(expected, System.Globalization.CultureInfo.InvariantCulture)), workspace.Plan(Table, recipe).Logical[0].Init);
        else Assert.Matches("unknown nonlinearity|unknown name 'true'|expected a number", Assert.Single(workspace.ProblemsOf(Table, recipe)));
    }

    [Fact]
    public void No_gain_is_left_out() => Assert.Equal(41, Gains.Count);
}
