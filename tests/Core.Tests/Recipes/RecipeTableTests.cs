using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using ShardInit.Engine;
using ShardInit.Initializers;
using ShardInit.Planning;
using ShardInit.Recipes;
using Xunit;

namespace ShardInit.Core.Tests.Recipes;

/// <summary>Each recipe on a real configuration of its family: every tensor has the distribution and the numbers of the table, which Golden/recipes/make.py computes from the sources.</summary>
public sealed class RecipeTableTests
{
    /// <summary>Compared elsewhere: hf with what the library draws (FamilyTruthTests), defaults of layers with the libraries' (LayerDefaultTests); plain draws no weight.</summary>
    private static readonly string[] s_elsewhere = ["flax-default", "hf", "keras-default", "plain", "torch-default"];

    private static readonly string s_folder = Path.Combine(Golden.Directory, "recipes");

    private static readonly string[] s_tables = [.. Directory.GetFiles(s_folder, "*.tsv").Select(path => Path.GetFileNameWithoutExtension(path)!).Order(StringComparer.Ordinal)];

    public static TheoryData<string> Tables => [.. s_tables];

    private sealed record Row(Regex Pattern, string Kind, double[] Numbers, string Text)
    {
        public bool IsUsed { get; set; }
    }

    [Fact]
    public void EveryRecipeHasATable() =>
        Assert.Equal(BuiltInRecipes.All.Select(recipe => recipe.Name), s_tables.Select(table => HeaderOf(table, "recipe").Single()).Concat(s_elsewhere).Distinct().Order(StringComparer.Ordinal).Select(name => $"{name}@1"));

    [Theory]
    [MemberData(nameof(Tables))]
    public void EveryTensorHasTheNumbersOfTheTable(string table)
    {
        Row[] rows = [.. File.ReadLines(PathOf(table)).Where(line => line[0] != '#').Select(Read)];
        string recipe = HeaderOf(table, "recipe").Single();
        Assert.NotEmpty(HeaderOf(table, "source").Single());
        Plan plan = Planner.Create(new PlanRequest { Model = ModelOf(HeaderOf(table, "model").Single()), Recipe = recipe, Settings = [.. HeaderOf(table, "set").Select(Setting)] });
        Assert.Equal($"{recipe}@1", plan.Recipe);
        foreach (LogicalTensor tensor in plan.Logical)
        {
            Row row = Assert.Single(rows, row => row.Pattern.IsMatch(tensor.Name));
            row.IsUsed = true;
            (string kind, double[] numbers) = NumbersOf(tensor.Init);
            bool isEqual = row.Kind == kind && row.Numbers.Length == numbers.Length && row.Numbers.Zip(numbers).All(pair => IsNear(pair.First, pair.Second));
            Assert.True(isEqual, $"{tensor.Name}: expected {row.Text}, found {kind} {string.Join(' ', numbers)} by {tensor.Rule}");
        }
        Assert.All(rows, row => Assert.True(row.IsUsed, row.Text));
    }

    [Fact]
    public void DecayRatesOfMambaAreUniformFromOneToSixteen()
    {
        Plan plan = Planner.Create(new PlanRequest { Model = Golden.Tensors("mamba2-130m.config.json"), Recipe = "mamba2", DType = ShardInit.Model.DType.F32 });
        PlanValues values = new(plan);
        List<double> rates = [];
        for (int i = 0; i < plan.Tensors.Length; i++)
        {
            if (!plan.Tensors[i].Name.EndsWith("A_log", StringComparison.Ordinal)) continue;
            float[] logarithms = new float[24];
            values.Fill(i, 0, logarithms.Length, MemoryMarshal.AsBytes(logarithms.AsSpan()));
            rates.AddRange(logarithms.Select(logarithm => Math.Exp(logarithm)));
        }
        // Mean 8.5 and deviation 15/sqrt(12) = 4.33 of 24 layers x 24 heads: 5 standard errors are 0.9. The quarters hold 144 +- 5 x 10.4 each.
        Assert.Equal(576, rates.Count);
        Assert.All(rates, rate => Assert.InRange(rate, 1 - 1e-6, 16));
        Assert.InRange(rates.Average(), 7.6, 9.4);
        Assert.All(rates.CountBy(rate => (int)((rate - 1) / 3.7500001)), quarter => Assert.InRange(quarter.Value, 92, 196));
    }

    private static string PathOf(string table) => Path.Combine(s_folder, $"{table}.tsv");

    private static string[] HeaderOf(string table, string key) => [.. File.ReadLines(PathOf(table)).Where(line => line.StartsWith($"# {key} ", StringComparison.Ordinal)).Select(line => line[(key.Length + 3)..])];

    private static KeyValuePair<string, string> Setting(string text) => KeyValuePair.Create(text.Split('=')[0], text.Split('=')[1]);

    private static string ModelOf(string name)
    {
        string[] places = [Path.Combine(s_folder, $"{name}.json"), Path.Combine(s_folder, $"{name}.config.json"), Golden.Tensors($"{name}.config.json")];
        return places.First(File.Exists);
    }

    private static Row Read(string line)
    {
        string[] cells = line.Split('\t');
        Regex pattern = new($"^{Regex.Replace(Regex.Escape(cells[0]), @"\\\{[iej]}", "[0-9]+")}$", RegexOptions.CultureInvariant);
        return new Row(pattern, cells[1], [.. cells[2..].Select(cell => double.Parse(cell, CultureInfo.InvariantCulture))], line.Replace('\t', ' '));
    }

    private static (string Kind, double[] Numbers) NumbersOf(Distribution init) => init switch
    {
        Constant constant => ("constant", [constant.Value]),
        Uniform uniform => ("uniform", [uniform.Low, uniform.High]),
        Normal normal => ("normal", [normal.Mean, normal.Std]),
        TruncatedNormal cut => ("truncated_normal", [cut.Mean, cut.Std, cut.Low, cut.High]),
        Orthogonal orthogonal => ("orthogonal", [orthogonal.Gain]),
        Sparse sparse => ("sparse", [sparse.Sparsity, sparse.Mean, sparse.Std]),
        // Numbers alone, in ascending order: names and wording of formulas are ours, values are tested where the initializers are.
        FormulaDistribution formula => (formula.Kind, [.. formula.Numbers.Order()]),
        _ => throw new NotSupportedException(init.Kind),
    };

    private static bool IsNear(double expected, double actual) => expected.Equals(actual) || Math.Abs(expected - actual) <= 1e-14 * Math.Abs(expected);
}
