namespace ShardInit.Model;

/// <summary>What a user asks of a model beyond its configuration. Decides which tensors are stored and how, never a value.</summary>
public sealed record ModelOptions
{
    /// <summary>As <c>save_pretrained</c> writes it.</summary>
    public const string HuggingFace = "hf";

    /// <summary>As transformers v5 holds it in memory: experts fused, some modules under other names.</summary>
    public const string HuggingFaceFused = "hf-fused";

    /// <summary>Whose names and packing to store: <see cref="HuggingFace"/> or <see cref="HuggingFaceFused"/>.</summary>
    public string LayoutOf { get; init; } = HuggingFace;

    /// <summary><c>text</c>: the language model alone of a configuration that wraps several models.</summary>
    public string? Part { get; init; }

    /// <summary>Also the multi-token-prediction layers that the configuration publishes.</summary>
    public bool PredictionLayers { get; init; }

    /// <summary>Fields of the configuration that take another number, by their names with dots: for the base model of a recipe.</summary>
    internal IReadOnlyDictionary<string, string> Changes { get; init; } = System.Collections.Immutable.ImmutableDictionary<string, string>.Empty;
}
