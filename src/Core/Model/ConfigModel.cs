using ShardInit.Errors;
using ShardInit.Families;

namespace ShardInit.Model;

/// <summary>From a <c>config.json</c> to tensors: finds the family that builds its architecture and lets it describe the model.</summary>
internal static class ConfigModel
{
    private const string TwoWaysOn = $"Two ways on: {TableOrHeaders}";
    private const string TableOrHeaders = "a tensor table, {\"tensors\": [{\"name\": \"enc.w\", \"shape\": [64, 48]}]}, or the headers of .safetensors files of such a model "
        + "(a file or its model.safetensors.index.json); both with --recipe";

    /// <exception cref="PlanException">Unknown architecture, or a bad configuration: all problems.</exception>
    public static ModelSpec Read(JsonNode root, string path, ModelOptions options)
    {
        string? wrapper = Wrapper.NameOf(root);
        if (wrapper is not null && options.Part is null) throw Wrapper.Refusal(root, path, wrapper, TableOrHeaders);
        if (wrapper is null && options.Part is not null) throw new PlanException($"--part {options.Part}: {path} describes one model, not several; leave the option out");
        Problems problems = new();
        ConfigReader outer = new(root, path, problems);
        JsonNode inner = wrapper is null ? root : Wrapper.TextOf(root, path, wrapper, TwoWaysOn);
        (Family family, string architecture) = FindFamily(inner, wrapper is null ? path : $"{path}: text_config");
        ConfigReader config = wrapper is null ? new ConfigReader(root, path, problems, architecture) : outer.Model("text_config", architecture);
        StoredNames names = new(
            options.LayoutOf == ModelOptions.HuggingFaceFused ? family.InMemoryNames : [],
            family.Base is BaseModel headless && headless.Architecture == architecture ? headless.Prefix : "",
            wrapper is null ? [] : Wrapper.TextPrefixes(wrapper, options.LayoutOf));
        ModelBuilder builder = new(path, problems, options, names);
        int layers = 0;
        try
        {
            layers = family.Describe(config, builder);
        }
        catch (OverflowException error)
        {
            config.Misfit(error.Message);
        }
        if (options.PredictionLayers && family.ModelType != "deepseek_v3") config.Misfit($"--mtp: {architecture} has no multi-token-prediction layers");
        DType? dtype = config.ReadDType();
        if (wrapper is not null) dtype = outer.ReadDType() ?? dtype;
        problems.ThrowIfAny();
        return builder.Build(ModelSource.Config, wrapper is null ? architecture : $"{wrapper} (text)", layers, config.Numbers()) with
        {
            Family = family.ModelType,
            DType = dtype,
            ConfigJson = (wrapper is null ? config : outer).ResolvedJson(),
            Warnings = config.Warnings(),
        };
    }

    private static (Family Family, string Architecture) FindFamily(JsonNode root, string path)
    {
        RefuseOtherThanTexts(root, path);
        string? modelType = TextOf(root["model_type"]);
        string? architecture = root["architectures"] is { Kind: JsonKind.List, Items: [JsonNode first, ..] } ? TextOf(first) : TextOf(root["architecture"]);
        if (architecture is null)
        {
            if (modelType is null) throw new PlanException($"{path}: expected a text in architectures or model_type, found neither");
            Family byType = FamilyCatalogue.ByModelType(modelType) ?? throw Unknown(path, $"model_type {Problems.Quote(modelType)}");
            return (byType, byType.Architectures[0]);
        }
        Family family = FamilyCatalogue.ByArchitecture(architecture) ?? throw Unknown(path, $"architecture {Problems.Quote(architecture)}");
        if (modelType is not null && modelType != family.ModelType && !family.OtherModelTypes.Contains(modelType))
        {
            throw new PlanException($"{path}: architectures names {architecture}, whose model_type is '{family.ModelType}', but model_type is {Problems.Quote(modelType)}; "
                + "defaults of missing keys follow model_type: correct one of the two");
        }
        return (family, architecture);
    }

    // Passed over, one of them would leave the choice to the others: perhaps another model than the one that was meant.
    private static void RefuseOtherThanTexts(JsonNode root, string path)
    {
        Problems problems = new();
        foreach (string key in (string[])["model_type", "architecture"]) if (root[key] is { Kind: not (JsonKind.Text or JsonKind.Null) } node) problems.Add($"{path}:{node.Line}: {key}: expected a text, found {node.Describe()}");
        if (root["architectures"] is { Kind: not JsonKind.Null } list && (list.Kind != JsonKind.List || list.Items.Any(item => item.Kind != JsonKind.Text)))
        {
            JsonNode wrong = list.Items.FirstOrDefault(item => item.Kind != JsonKind.Text) ?? list;
            problems.Add($"{path}:{wrong.Line}: architectures: expected a list of texts, found {wrong.Describe()}{(list.Kind == JsonKind.List ? " in it" : "")}");
        }
        problems.ThrowIfAny();
    }

    internal static string? TextOf(JsonNode? node) => node is { Kind: JsonKind.Text } ? node.Text : null;

    private static PlanException Unknown(string path, string what) =>
        new($"{path}: {what} is not built in (built in: {string.Join(", ", FamilyCatalogue.Architectures)}). {TwoWaysOn}");
}
