using System.Reflection;

namespace ShardInit.Model;

/// <summary>A model whose configuration is built in.</summary>
/// <param name="Parameters">The published number of parameters, which the planner must reproduce.</param>
/// <param name="Source">Where sizes and number come from.</param>
public sealed record BuiltInModel(string Name, long Parameters, string Source)
{
    /// <summary>The configuration as it is published, old key names included.</summary>
    public string ConfigJson => Resources.ReadText($"Models.{Name}.json");
}

/// <summary>The models that have a name: their configurations lie in <c>BuiltIn/NAME.json</c>.</summary>
public static class BuiltInModels
{
    public static IReadOnlyList<BuiltInModel> All { get; } =
    [
        new("llama-3.1-405b", 405_853_388_800, "meta-llama/Llama-3.1-405B (8 key-value heads, the second upload); arXiv 2407.21783"),
        new("llama-3.1-70b", 70_553_706_496, "meta-llama/Llama-3.1-70B"),
        new("llama-3.1-8b", 8_030_261_248, "meta-llama/Llama-3.1-8B"),
        new("llama-3.2-1b", 1_235_814_400, "meta-llama/Llama-3.2-1B (tied head)"),
        new("mistral-7b-v0.1", 7_241_732_096, "mistralai/Mistral-7B-v0.1"),
        new("qwen2.5-0.5b", 494_032_768, "Qwen/Qwen2.5-0.5B (tied head)"),
        new("qwen2.5-7b", 7_615_616_512, "Qwen/Qwen2.5-7B"),
        new("qwen3-0.6b", 596_049_920, "Qwen/Qwen3-0.6B (tied head)"),
        new("qwen3-8b", 8_190_735_360, "Qwen/Qwen3-8B"),
    ];

    public static BuiltInModel? Find(string name) => All.FirstOrDefault(model => model.Name == name);
}

/// <summary>Texts that are compiled into the assembly.</summary>
internal static class Resources
{
    private static readonly Assembly s_assembly = typeof(Resources).Assembly;

    public static IEnumerable<string> Names(string prefix) =>
        s_assembly.GetManifestResourceNames().Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal);

    public static string ReadText(string name)
    {
        using Stream stream = s_assembly.GetManifestResourceStream(name) ?? throw new InvalidOperationException($"resource {name} is missing from the assembly");
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }
}
