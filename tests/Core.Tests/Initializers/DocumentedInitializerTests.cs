using System.Globalization;
using System.Text.RegularExpressions;
using ShardInit.Initializers;
using Xunit;

namespace ShardInit.Core.Tests.Initializers;

/// <summary>docs/initializers.md against the public names of the libraries, the catalogue and the golden files: none missing on any side.</summary>
public sealed partial class DocumentedInitializerTests
{
    private static readonly string s_page = File.ReadAllText(Path.Combine(Golden.Repository, "docs/initializers.md"));

    // Functions of torch/nn/init.py (2.13) without a leading underscore and without a deprecation; names of jax.nn.initializers.__all__ and of keras.initializers that initialize (jax 0.10, keras 3.15).
    private static readonly string[] s_torch = ["calculate_gain", "uniform_", "normal_", "trunc_normal_", "constant_", "ones_", "zeros_", "eye_", "dirac_", "xavier_uniform_", "xavier_normal_", "kaiming_uniform_", "kaiming_normal_", "orthogonal_", "sparse_"];
    private static readonly string[] s_jax =
    [
        "constant", "delta_orthogonal", "glorot_normal", "glorot_uniform", "he_normal", "he_uniform", "kaiming_normal", "kaiming_uniform", "lecun_normal", "lecun_uniform", "normal", "ones", "orthogonal", "truncated_normal",
        "uniform", "variance_scaling", "xavier_normal", "xavier_uniform", "zeros",
    ];
    private static readonly string[] s_keras =
    [
        "Constant", "GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "Identity", "LecunNormal", "LecunUniform", "Ones", "Orthogonal", "RandomNormal", "RandomUniform", "STFTInitializer", "TruncatedNormal", "VarianceScaling", "Zeros",
    ];

    private static IEnumerable<(string Original, string Ours, string Arguments, string Cases)> Rows => RowPattern().Matches(s_page).Select(row => (row.Groups[1].Value, row.Groups[2].Value, row.Groups[3].Value, row.Groups[4].Value));

    [Fact]
    public void EveryInitializerOfTheLibrariesStandsInATable()
    {
        string[] wanted = [.. s_torch.Select(name => $"torch.nn.init.{name}"), .. s_jax.Select(name => $"jax.nn.initializers.{name}"), .. s_keras.Select(name => $"keras.initializers.{name}")];
        Assert.Equal(wanted.Order(), Rows.Select(row => row.Original).Where(original => !original.StartsWith("timm", StringComparison.Ordinal)).Append("torch.nn.init.calculate_gain").Order());
    }

    [Fact]
    public void EveryRowNamesAnInitializerItsArgumentsAndItsCases()
    {
        Dictionary<string, int> cases = new[] { ("torch_nn_init", "torch", "function"), ("jax_initializers", "jax", "initializer"), ("keras_initializers", "keras", "initializer") }
            .SelectMany(file => InitCase.All(file.Item1, file.Item2, file.Item3)).CountBy(item => item.Init).ToDictionary();
        HashSet<string> seen = [];
        foreach ((string original, string ours, string arguments, string count) in Rows)
        {
            Initializer initializer = Catalogue.Find(ours) ?? throw new InvalidOperationException($"{ours} is not in the catalogue");
            Assert.EndsWith(ours[(ours.IndexOf('.') + 1)..], original);
            if (!arguments.StartsWith("the same", StringComparison.Ordinal) && !arguments.StartsWith("as ", StringComparison.Ordinal)) Assert.Equal(initializer.Parameters.Select(parameter => parameter.Name), Words().Matches(arguments).Select(word => word.Groups[1].Value));
            Assert.Equal(cases.TryGetValue(ours, out int known) ? known.ToString(CultureInfo.InvariantCulture) : "own forms", count);
            seen.Add(ours);
        }
        Assert.All(cases.Keys, name => Assert.Contains(name, seen));
    }

    [Fact]
    public void EveryNameOfTheCatalogueStandsOnThePage()
    {
        string[] lines = s_page.Split('\n');
        foreach (Initializer initializer in Catalogue.All)
        {
            // Keras' words in snake case are named as a rule, not one by one.
            if (SnakeCase().IsMatch(initializer.Name) && initializer.Name is not ("keras.uniform" or "keras.normal" or "keras.one" or "keras.zero")) continue;
            Assert.Contains($"`{initializer.Name}`", s_page);
        }
        foreach (Initializer own in Catalogue.All.Where(initializer => !initializer.Name.Contains('.')))
        {
            string line = lines.First(line => line.StartsWith('|') && line.Contains($"`{own.Name}`", StringComparison.Ordinal));
            Assert.All(own.Parameters, parameter => Assert.True(line.Contains($"`{parameter.Name}`", StringComparison.Ordinal) || line.Contains("axes as above", StringComparison.Ordinal), $"{own.Name}: {parameter.Name}"));
        }
    }

    [GeneratedRegex(@"^\| `([\w.]+)` \| `([\w.]+)` \| (.*) \| ([\w ]+) \|$", RegexOptions.Multiline)]
    private static partial Regex RowPattern();

    [GeneratedRegex(@"^keras\.[a-z_]+$")]
    private static partial Regex SnakeCase();

    [GeneratedRegex("`(\\w+)`")]
    private static partial Regex Words();
}
