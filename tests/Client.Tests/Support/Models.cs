namespace ShardInit.Client.Tests.Support;

/// <summary>Small models for tests.</summary>
public static class Models
{
    /// <summary>A llama of 2 layers, about 110,000 parameters, tied embeddings.</summary>
    public const string TinyLlama = """
        {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 64, "intermediate_size": 172, "num_hidden_layers": 2, "num_attention_heads": 4,
         "num_key_value_heads": 2, "vocab_size": 512, "max_position_embeddings": 128, "initializer_range": 0.02, "rms_norm_eps": 1e-5, "tie_word_embeddings": true, "torch_dtype": "bfloat16"}
        """;

    /// <summary>A llama of 8 layers and 54 MB in bf16: long enough to be interrupted in its midst.</summary>
    public const string SmallLlama = """
        {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 512, "intermediate_size": 1408, "num_hidden_layers": 8, "num_attention_heads": 8,
         "num_key_value_heads": 4, "vocab_size": 4096, "max_position_embeddings": 128, "initializer_range": 0.02, "rms_norm_eps": 1e-5, "tie_word_embeddings": true, "torch_dtype": "bfloat16"}
        """;

    /// <summary>Odd shapes, a scalar, a tensor without elements: to be used with <see cref="TableRecipe"/>.</summary>
    public const string Table = """
        {"tensors": [
          {"name": "enc.w", "shape": [64, 48, 3], "dtype": "F32"},
          {"name": "enc.scale", "shape": [], "dtype": "F32"},
          {"name": "enc.none", "shape": [0, 7], "dtype": "BF16"},
          {"name": "out.bias", "shape": [5], "dtype": "F16"},
          {"name": "out.w", "shape": [33, 17], "dtype": "BF16"}]}
        """;

    public const string TableRecipe = """
        name: mine
        rules:
          - match: "out.bias"
            init: constant
            args: {value: 0.5}
          - match: "*"
            init: normal
            args: {mean: 0, std: 0.5}
        """;
}
