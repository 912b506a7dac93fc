using ShardInit.Model;

namespace ShardInit.Families;

/// <summary>
/// What turns a configuration into tensors: one small file per kind of model, which registers itself. Logical names and their shapes are frozen
/// with the release that brings the family, because they derive the values (docs/add-a-family.md).
/// </summary>
/// <param name="ModelType">The <c>model_type</c> of its configurations; what the key <c>family</c> of a recipe's rule matches.</param>
/// <param name="Architectures">The entries of <c>architectures</c> that it builds; the first one is meant where the key is missing.</param>
/// <param name="Describe">Reads the configuration and adds every tensor and tie; returns the number of layers.</param>
public sealed record Family(string ModelType, string[] Architectures, Func<ConfigReader, ModelBuilder, int> Describe)
{
    /// <summary>
    /// The class without a head, if there is one, and the prefix that its tensors have in the class with a head. It stores those tensors alone, without the prefix,
    /// and with the same values: the logical name keeps the prefix.
    /// </summary>
    public BaseModel? Base { get; init; }

    /// <summary>Parts of stored names and what stands in their place in the memory of transformers v5 (<c>--layout-of hf-fused</c>), applied in order.</summary>
    public (string Stored, string InMemory)[] InMemoryNames { get; init; } = [];

    /// <summary>Further <c>model_type</c>s with the same keys, for instance <c>kimi_k2</c> beside <c>deepseek_v3</c>.</summary>
    public string[] OtherModelTypes { get; init; } = [];

    internal bool Builds(string architecture) => Architectures.Contains(architecture) || Base?.Architecture == architecture;
}

/// <summary>For instance <c>LlamaModel</c> with <c>model.</c>.</summary>
public sealed record BaseModel(string Architecture, string Prefix);
