using ShardInit.Errors;
using ShardInit.Families;

namespace ShardInit.Model;

/// <summary>From a <c>config.json</c> to tensors: finds the family that builds its architecture and lets it describe the model.</summary>
internal static class ConfigModel
{
    /// <exception cref="PlanException">Unknown architecture, or a bad configuration: all problems.</exception>
    public static ModelSpec Read(JsonNode root, string path)
    {
        if (root["text_config"] is not null)
        {
            throw new PlanException($"{path}: the language model stands in text_config (a wrapper of several models, for instance vision and text): not supported yet, because the names of "
                + "its tensors depend on the wrapper; plan the inner configuration alone, or give a tensor table or the headers of its .safetensors files");
        }
        (Family family, string architecture) = FindFamily(root, path);
        Problems problems = new();
        ConfigReader config = new(root, path, problems);
        ModelBuilder builder = new(path, problems);
        int layers = family.Describe(config, builder);
        DType? dtype = config.ReadDType();
        problems.ThrowIfAny();
        return builder.Build(ModelSource.Config, architecture, layers, config.Numbers()) with
        {
            DType = dtype,
            ConfigJson = config.ResolvedJson(),
            Warnings = config.Warnings(),
        };
    }

    private static (Family Family, string Architecture) FindFamily(JsonNode root, string path)
    {
        string? modelType = TextOf(root["model_type"]);
        string? architecture = root["architectures"] is { Kind: JsonKind.List, Items: [JsonNode first, ..] } ? TextOf(first) : TextOf(root["architecture"]);
        if (architecture is null)
        {
            if (modelType is null) throw new PlanException($"{path}: expected a text in architectures or model_type, found neither");
            Family byType = FamilyCatalogue.ByModelType(modelType) ?? throw Unknown(path, $"model_type {Problems.Quote(modelType)}");
            return (byType, byType.Architectures[0]);
        }
        Family family = FamilyCatalogue.ByArchitecture(architecture) ?? throw Unknown(path, $"architecture {Problems.Quote(architecture)}");
        if (modelType is not null && modelType != family.ModelType)
        {
            throw new PlanException($"{path}: architectures names {architecture}, whose model_type is '{family.ModelType}', but model_type is {Problems.Quote(modelType)}; "
                + "defaults of missing keys follow model_type: correct one of the two");
        }
        return (family, architecture);
    }

    private static string? TextOf(JsonNode? node) => node is { Kind: JsonKind.Text } ? node.Text : null;

    private static PlanException Unknown(string path, string what) =>
        new($"{path}: {what} is not built in (built in: {string.Join(", ", FamilyCatalogue.Architectures)}). Two ways on: a tensor table, "
            + "{\"tensors\": [{\"name\": \"enc.w\", \"shape\": [64, 48]}]}, or the headers of .safetensors files of such a model (a file or its model.safetensors.index.json); "
            + "both with --recipe");
}
