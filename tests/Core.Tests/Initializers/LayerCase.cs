using System.Globalization;
using System.Text;
using System.Text.Json;
using ShardInit.Planning;
using ShardInit.Recipes;

namespace ShardInit.Core.Tests.Initializers;

/// <summary>A tensor of a layer: name without the layer's own, class of the owning module, and what the library left in it.</summary>
internal sealed record LayerTensor(string Name, string Kind, long[] Shape, string DType, long[] ZeroRows, JsonElement Truth);

/// <summary>A layer of a golden file as a tensor table, planned with the recipe that has the library's defaults.</summary>
/// <param name="FirstRules">Rules before those of the recipe, for what a layer's constructor was told.</param>
internal sealed record LayerCase(string Id, string Recipe, string FirstRules, IReadOnlyList<LayerTensor> Tensors)
{
    private const int LeastSample = 8_000;
    private const int MostCopies = 200;
    private const long MostElements = 1_500_000;

    /// <summary>Copies of the layer, so that its smallest drawn tensor has a sample worth testing.</summary>
    public int Copies
    {
        get
        {
            long all = Math.Max(1, Tensors.Sum(Count));
            long least = Tensors.Where(tensor => tensor.Truth.GetProperty("kind").GetString() is "uniform" or "normal" or "truncated_normal").Select(Count).DefaultIfEmpty(LeastSample).Min();
            return (int)Math.Clamp(LeastSample / least, 1, Math.Min(MostCopies, MostElements / all));
        }
    }

    public Plan Plan(int copies)
    {
        using Workspace workspace = new();
        string model = workspace.Write("model.json", Table(copies));
        string recipe = FirstRules.Length == 0 ? Recipe : workspace.Write("recipe.yaml", $"name: golden\nrules:\n{FirstRules}{DefaultRules()}");
        return Planner.Create(new PlanRequest { Model = model, Recipe = recipe });
    }

    private static long Count(LayerTensor tensor) => tensor.Shape.Aggregate(1L, (product, size) => product * size);

    // The built-in recipe's rules, all optional: a user's recipe must use each of its rules.
    private string DefaultRules()
    {
        string yaml = BuiltInRecipes.All.First(recipe => recipe.Name.StartsWith(Recipe + "@", StringComparison.Ordinal)).Yaml;
        return yaml[(yaml.IndexOf("rules:", StringComparison.Ordinal) + "rules:".Length + 1)..].Replace("  - ", "  - optional: true\n    ", StringComparison.Ordinal);
    }

    private string Table(int copies)
    {
        StringBuilder rows = new();
        for (int copy = 0; copy < copies; copy++)
        {
            foreach (LayerTensor tensor in Tensors)
            {
                if (rows.Length > 0) rows.Append(',');
                rows.Append(CultureInfo.InvariantCulture, $"{{\"name\":\"{NameOf(tensor, copy)}\",\"shape\":[{string.Join(",", tensor.Shape)}],\"kind\":\"{tensor.Kind}\",\"dtype\":\"{tensor.DType}\",\"zero_rows\":[{string.Join(",", tensor.ZeroRows)}]}}");
            }
        }
        return $"{{\"tensors\":[{rows}]}}";
    }

    public string NameOf(LayerTensor tensor, int copy) => tensor.Name.Contains('/') || Recipe != "torch-default" ? $"m{copy}/{tensor.Name}" : $"m{copy}.{tensor.Name}";

    public static IEnumerable<LayerCase> Torch()
    {
        foreach (JsonElement item in InitCase.File("torch_modules").GetProperty("cases").EnumerateArray())
        {
            if (!item.TryGetProperty("parameters", out JsonElement parameters)) continue;
            string id = item.GetProperty("id").GetString()!, module = item.GetProperty("module").GetString()!;
            string rules = id switch
            {
                "Transformer-66" => "  - {ndim: '2:', init: torch.xavier_uniform_}\n",
                "PReLU-69" => "  - {kind: PReLU, init: torch.constant_, args: {val: 0.1}}\n",
                _ => "",
            };
            yield return new LayerCase(id, "torch-default", rules, [.. parameters.EnumerateObject().Select(parameter => Of(parameter.Name, TorchKind(module, parameter), parameter.Value))]);
        }
    }

    public static IEnumerable<LayerCase> Flax()
    {
        int number = 0;
        foreach (JsonElement item in InitCase.File("jax_initializers").GetProperty("flax_layers").EnumerateArray())
        {
            string layer = item.GetProperty("layer").GetString()!;
            string kind = layer == "MultiHeadDotProductAttention" ? "DenseGeneral" : layer;
            yield return new LayerCase($"{layer}-{number++:00}", "flax-default", "",
                [.. item.GetProperty("parameters").EnumerateObject().Select(parameter => Of(parameter.Name, parameter.Name.StartsWith("batch_stats/", StringComparison.Ordinal) ? $"buffer:{kind}" : kind, parameter.Value))]);
        }
    }

    public static IEnumerable<LayerCase> Keras()
    {
        int number = 0;
        foreach (JsonElement item in InitCase.File("keras_initializers").GetProperty("layers").EnumerateArray())
        {
            string layer = item.GetProperty("layer").GetString()!;
            string kind = layer switch { "MultiHeadAttention" or "GroupQueryAttention" => "EinsumDense", "Bidirectional" => "LSTM", _ => layer };
            bool noForgetBias = item.GetProperty("args").TryGetProperty("unit_forget_bias", out JsonElement unit) && !unit.GetBoolean();
            yield return new LayerCase($"{layer}-{number++:00}", "keras-default", noForgetBias ? "  - {kind: LSTM, match: '*bias', init: keras.Zeros}\n" : "",
                [.. item.GetProperty("parameters").EnumerateObject().Select(parameter => Of(parameter.Name[3..], parameter.Value.GetProperty("trainable").GetBoolean() ? kind : $"buffer:{kind}", parameter.Value))]);
        }
    }

    private static LayerTensor Of(string name, string kind, JsonElement parameter) => new(name, kind,
        [.. parameter.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64())],
        parameter.TryGetProperty("dtype", out JsonElement dtype) ? InitCase.OurDType(dtype.GetString()!) : "F32",
        parameter.TryGetProperty("zero_rows", out JsonElement rows) ? [.. rows.EnumerateArray().Select(row => row.GetInt64())] : [],
        parameter.GetProperty("truth"));

    // Class of the module that owns a parameter of a composite module.
    private static string TorchKind(string module, JsonProperty parameter)
    {
        string name = parameter.Name;
        if (name.EndsWith("out_proj.weight", StringComparison.Ordinal) || name.EndsWith("out_proj.bias", StringComparison.Ordinal)) return "NonDynamicallyQuantizableLinear";
        if (name.Contains("_attn.", StringComparison.Ordinal)) return "MultiheadAttention";
        if (module.StartsWith("Transformer", StringComparison.Ordinal)) return name.Contains("norm", StringComparison.Ordinal) ? "LayerNorm" : "Linear";
        if (module == "AdaptiveLogSoftmaxWithLoss") return "Linear";
        return parameter.Value.TryGetProperty("buffer", out JsonElement buffer) && buffer.GetBoolean() ? $"buffer:{module}" : module;
    }
}
