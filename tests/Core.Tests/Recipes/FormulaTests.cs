using ShardInit.Initializers;
using ShardInit.Model;
using ShardInit.Recipes;

namespace ShardInit.Core.Tests.Recipes;

/// <summary>Formulas of single elements: compiled, refused, and as rules of recipes.</summary>
public sealed class FormulaTests
{
    private static FormulaProgram Compile(FormulaDistribution distribution, params long[] shape) => FormulaCompiler.Compile(distribution, new Shape(shape));

    [Fact]
    public void Parts_that_stand_twice_are_one_step_and_numbers_are_computed_once()
    {
        FormulaProgram program = Compile(Table.Of("sin(i * j) + cos(i * j) * exp(log(3) * 2)"), 4, 5);
        // i, j, i * j, sin, cos, number, product, sum.
        Assert.Equal(8, program.All.Length);
        Assert.Equal(2, program.SlowSteps);
        Assert.Empty(program.Columns);
    }

    [Fact]
    public void Slow_steps_of_the_last_axis_alone_are_found()
    {
        FormulaProgram program = Compile(Table.Of("sin(i * exp(-j / 3))"), 4, 5);
        int column = Assert.Single(program.Columns);
        Assert.Equal(FormulaOperation.Exp, program.Steps[column].Operation);
        Assert.DoesNotContain(column, program.BesideColumns);
        Assert.True(program.BesideColumns.Length < program.All.Length - 1);
        // A formula of one row has nothing that is the same in every row.
        Assert.Empty(Compile(Table.Of("exp(i)"), 5).Columns);
    }

    public static TheoryData<FormulaDistribution, long[], string> Refused => new()
    {
        { Table.Of("k"), [2, 3], "k has no meaning here: shape [2, 3] has 2 axes" },
        { Table.Of("dim2"), [2, 3], "dim2 has no meaning here" },
        { Table.Of("u"), [2], "u is random: say init: expression" },
        { ShardInit.Initializers.Expression.Of("u * z"), [2], "u and z of an element come from the same random words" },
        { ShardInit.Initializers.Expression.Of("u2 * z2"), [2], "u2 and z2" },
        { ShardInit.Initializers.Expression.Of("stdd * z", new KeyValuePair<string, double>("std", 1)), [2], "did you mean std?" },
        { ShardInit.Initializers.Expression.Of("z", new KeyValuePair<string, double>("u", 1)), [2], "'u' has the name of something else" },
        { ShardInit.Initializers.Expression.Of("z", new KeyValuePair<string, double>("dim0", 1)), [2], "'dim0' has the name of something else" },
        { ShardInit.Initializers.Expression.Of("z", new KeyValuePair<string, double>("sin", 1)), [2], "'sin' has the name of something else" },
        { Table.Of("1 +"), [2], "found the end" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void Formulas_that_no_element_has_are_refused(FormulaDistribution distribution, long[] shape, string expected)
    {
        Assert.Contains(expected, Assert.Throws<ExpressionException>(() => Compile(distribution, shape)).Message);
        Assert.Contains(expected, StructureLimits.Refusal(distribution, new Shape(shape)));
    }

    [Fact]
    public void Independent_pairs_may_be_mixed()
    {
        foreach (string formula in (string[])["u * z2", "u2 * z", "u + u2", "z + z2", "missing or z"]) Compile(ShardInit.Initializers.Expression.Of(formula), 3);
    }

    private const string Model = """{"tensors": [{"name": "layers.2.w", "shape": [4, 8], "kind": "Linear"}, {"name": "steps", "shape": [3], "dtype": "I64"}], "config": {"width": 64}}""";

    [Fact]
    public void Rules_give_formulas_what_they_know()
    {
        using Workspace workspace = new();
        var inits = workspace.Plan(Model, """
            name: mine
            rules:
              - match: "layers.*"
                init: expression
                args: {formula: "z * scale / sqrt(fan_in * width) * (layer + 1)", scale: "2 * layer"}
              - {match: steps, init: table, args: {formula: "10 * i"}}
            """).Logical.ToDictionary(tensor => tensor.Name, tensor => tensor.Init);
        Assert.Equal(ShardInit.Initializers.Expression.Of("z * scale / sqrt(fan_in * width) * (layer + 1)", new("fan_in", 8), new("layer", 2), new("scale", 4), new("width", 64)), inits["layers.2.w"]);
        Assert.Equal(Table.Of("10 * i"), inits["steps"]);
    }

    [Theory]
    [InlineData("{formula: 'z * std', sd: 1}", "the argument sd does not stand in the formula 'z * std'")]
    [InlineData("{formula: 'z * std'}", "unknown name 'std'")]
    [InlineData("{formula: 'z * ('}", "found the end")]
    [InlineData("{formula: 'u + z'}", "are not independent")]
    [InlineData("{formula: '1 / (i - i)'}", "element [0, 0] is ")]
    [InlineData("{}", "expression needs formula")]
    public void Rules_that_cannot_be_are_refused_before_anything_is_written(string arguments, string expected)
    {
        using Workspace workspace = new();
        IReadOnlyList<string> problems = workspace.ProblemsOf(Model, $"name: mine\nrules:\n- {{match: 'layers.*', init: expression, args: {arguments}}}\n- {{match: '*', init: ones}}\n");
        Assert.Contains(expected, Assert.Single(problems));
    }

    [Fact]
    public void Rules_may_have_a_seed_of_their_own()
    {
        using Workspace workspace = new();
        const string Rules = "name: mine\nrules:\n- {match: 'layers.*', init: normal, args: {std: 1}, seed: SEED}\n- {match: '*', init: ones}\n";
        ShardInit.Planning.Plan plan = workspace.Plan(Model, Rules.Replace("SEED", "18446744073709551615"));
        Assert.Equal(ulong.MaxValue, plan.Logical[0].Seed);
        Assert.Null(plan.Logical[1].Seed);
        Assert.Contains("seed: expected a whole number from 0 to 18446744073709551615, found '-1'", Assert.Single(workspace.ProblemsOf(Model, Rules.Replace("SEED", "-1"))));
    }
}
