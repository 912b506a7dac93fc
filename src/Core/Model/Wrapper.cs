using ShardInit.Errors;

namespace ShardInit.Model;

/// <summary>
/// Configurations that wrap several models (text and vision) and hold the language model's keys in <c>text_config</c>. Only that one is built, and only when
/// it is asked for (<c>--part text</c>), under the names that it has inside the wrapper's checkpoint.
/// </summary>
internal static class Wrapper
{
    /// <summary>
    /// Wrappers whose files hold the language model, head included, under <c>language_model.</c>. In the memory of transformers v5 the body is <c>model.language_model.</c> and the head
    /// stands outside.
    /// </summary>
    private static readonly string[] s_known =
    [
        "AyaVisionForConditionalGeneration", "Gemma3ForConditionalGeneration", "LlavaForConditionalGeneration", "LlavaNextForConditionalGeneration",
        "LlavaNextVideoForConditionalGeneration", "LlavaOnevisionForConditionalGeneration", "Mistral3ForConditionalGeneration", "VipLlavaForConditionalGeneration",
    ];

    /// <summary>The wrapper's class, or null for a configuration of one model. clip nests its sizes too and is a family of its own.</summary>
    public static string? NameOf(JsonNode root)
    {
        if (root["text_config"] is not { Kind: JsonKind.Object } || ConfigModel.TextOf(root["model_type"]) == "clip") return null;
        string? first = root["architectures"] is { Kind: JsonKind.List, Items: [JsonNode item, ..] } ? ConfigModel.TextOf(item) : null;
        return first == "CLIPModel" ? null : first ?? ConfigModel.TextOf(root["model_type"]) ?? "a wrapper";
    }

    public static PlanException Refusal(JsonNode root, string path, string wrapper, string tableOrHeaders)
    {
        string others = string.Join(", ", root.Members.Where(member => member.Value.Kind == JsonKind.Object && member.Key != "text_config" && member.Key.EndsWith("_config", StringComparison.Ordinal)).Select(member => member.Key));
        return new PlanException($"{path}: {wrapper} wraps several models (text_config{(others.Length == 0 ? "" : $", {others}")}), and the wrapper as a whole is not built in. "
            + (s_known.Contains(wrapper) ? "Say --part text for its language model, stored under the names that it has in the wrapper's checkpoint. For all of it: " : "Its text_config saved as a file of its own plans the language model. For all of it: ")
            + tableOrHeaders);
    }

    /// <exception cref="PlanException">A wrapper whose stored names are not known.</exception>
    public static JsonNode TextOf(JsonNode root, string path, string wrapper, string twoWaysOn)
    {
        if (s_known.Contains(wrapper)) return root["text_config"]!;
        throw new PlanException($"{path}: --part text: under which names {wrapper} stores its language model is not built in (known: {string.Join(", ", s_known)}). "
            + $"Its text_config saved as a file of its own plans the language model under its own names. {twoWaysOn}");
    }

    public static (string From, string To)[] TextPrefixes(string wrapper, string layout) => layout == ModelOptions.HuggingFaceFused
        ? [("model.", "model.language_model."), ("lm_head.", "lm_head.")]
        : [("", "language_model.")];
}
