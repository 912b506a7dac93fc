using System.Runtime.CompilerServices;
using ShardInit.Model;
using ShardInit.Planning;

namespace ShardInit.Families;

/// <summary>
/// gpt_neox (pythia): q, k and v in one stored tensor, grouped by head: q, k, v of head 0, then of head 1, ... Logical tensors are query, key and value, heads in
/// order. attention_bias (default true) covers query_key_value and dense. The head is embed_out in files, lm_head in memory.
/// </summary>
internal static class GptNeoxFamily
{
    [ModuleInitializer]
    internal static void Register() => FamilyCatalogue.Register(new Family("gpt_neox", ["GPTNeoXForCausalLM"], Describe)
    {
        Base = new BaseModel("GPTNeoXModel", "gpt_neox."),
        InMemoryNames = [("embed_out.", "lm_head.")],
    });

    private static int Describe(ConfigReader config, ModelBuilder model)
    {
        long hidden = config.Size("hidden_size", 6144);
        long heads = config.Size("num_attention_heads", 64);
        long inner = config.Size("intermediate_size", 24576);
        long vocabulary = config.Size("vocab_size", 50432);
        int layers = config.Layers("num_hidden_layers", 44);
        bool bias = config.Flag("attention_bias", true);
        config.Number("initializer_range", 0.02);
        if (hidden % heads != 0) config.Misfit($"hidden_size {hidden} is no multiple of num_attention_heads {heads}");

        new Scope(model, "gpt_neox.", LayerGroup.Embedding).Embedding("embed_in", vocabulary, hidden);
        Packing weight = Packing.ByHead(3, heads, hidden / heads, hidden);
        Packing vector = Packing.ByHead(3, heads, hidden / heads, null);
        for (int number = 0; number < layers; number++)
        {
            Scope layer = Scope.OfLayer(model, $"gpt_neox.layers.{number}.", number);
            layer.LayerNorm("input_layernorm", hidden);
            Scope attention = layer.In("attention");
            attention.Packed("query_key_value.weight", weight, "Linear", "query.weight", "key.weight", "value.weight");
            if (bias) attention.Packed("query_key_value.bias", vector, "Linear", "query.bias", "key.bias", "value.bias");
            attention.Linear("dense", hidden, hidden, bias);
            layer.LayerNorm("post_attention_layernorm", hidden);
            layer.In("mlp").Linear("dense_h_to_4h", inner, hidden, bias: true);
            layer.In("mlp").Linear("dense_4h_to_h", hidden, inner, bias: true);
        }
        new Scope(model, "gpt_neox.", LayerGroup.Head).LayerNorm("final_layer_norm", hidden);
        if (config.Flag("tie_word_embeddings", false)) model.Tie("embed_out.weight", "gpt_neox.embed_in.weight");
        else model.Add("embed_out.weight", [vocabulary, hidden], "Linear", LayerGroup.Head);
        return layers;
    }
}
