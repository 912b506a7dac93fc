using ShardInit.Model;
using ShardInit.Planning;

namespace ShardInit.Families;

/// <summary>
/// The decoder that llama began and most open models share: embedding, L layers of attention and gated feed-forward with a norm before each, a last
/// norm, a head. Names are those of the published checkpoints; projections are [out, in].
/// </summary>
internal sealed record Decoder
{
    public required long Vocabulary { get; init; }
    public required long Hidden { get; init; }
    public required long Intermediate { get; init; }
    public required int Layers { get; init; }
    public required long Heads { get; init; }
    public required long KeyValueHeads { get; init; }
    public required long HeadSize { get; init; }
    public required bool TiedHead { get; init; }
    public required long? PaddingRow { get; init; }
    /// <summary>Class of the norms, for instance <c>LlamaRMSNorm</c>: the kind that recipes see.</summary>
    public required string Norm { get; init; }
    public bool QueryKeyValueBias { get; init; }
    public bool OutputBias { get; init; }
    public bool FeedForwardBias { get; init; }
    /// <summary>A norm over each head of q and k.</summary>
    public bool QueryKeyNorm { get; init; }

    /// <summary>Reads the keys that all these families share, with the defaults of the class. Sizes of heads come from the family.</summary>
    public static Decoder Read(ConfigReader config, string norm, long vocabulary, long intermediate, Func<long, long> keyValueHeads, Func<long, long, long> headSize)
    {
        long hidden = config.Size("hidden_size", 4096);
        long heads = config.Size("num_attention_heads", 32);
        long rows = config.Size("vocab_size", vocabulary);
        config.Number("initializer_range", 0.02);
        return new Decoder
        {
            Vocabulary = rows,
            Hidden = hidden,
            Intermediate = config.Size("intermediate_size", intermediate),
            Layers = config.Layers("num_hidden_layers", 32),
            Heads = heads,
            KeyValueHeads = keyValueHeads(heads),
            HeadSize = headSize(hidden, heads),
            TiedHead = config.Flag("tie_word_embeddings", false),
            PaddingRow = config.PaddingRow("pad_token_id", rows),
            Norm = norm,
        };
    }

    /// <summary>hidden_size / num_attention_heads, which must come out even.</summary>
    public static long HeadSizeOf(ConfigReader config, long hidden, long heads)
    {
        if (hidden % heads == 0) return hidden / heads;
        config.Misfit($"hidden_size {hidden} is no multiple of num_attention_heads {heads} and head_dim is not given");
        return 1;
    }

    public int Describe(ConfigReader config, ModelBuilder model)
    {
        long queryRows = config.Product("num_attention_heads x head_dim", Heads, HeadSize);
        long keyRows = config.Product("num_key_value_heads x head_dim", KeyValueHeads, HeadSize);

        model.Add("model.embed_tokens.weight", [Vocabulary, Hidden], "Embedding", LayerGroup.Embedding, zeroRows: PaddingRow is long row ? [row] : []);
        for (int layer = 0; layer < Layers; layer++)
        {
            LayerTensors tensors = new(model, layer);
            tensors.Vector("input_layernorm.weight", Hidden, Norm);
            tensors.Linear("self_attn.q_proj", queryRows, Hidden, QueryKeyValueBias);
            tensors.Linear("self_attn.k_proj", keyRows, Hidden, QueryKeyValueBias);
            tensors.Linear("self_attn.v_proj", keyRows, Hidden, QueryKeyValueBias);
            tensors.Linear("self_attn.o_proj", Hidden, queryRows, OutputBias);
            if (QueryKeyNorm)
            {
                tensors.Vector("self_attn.q_norm.weight", HeadSize, Norm);
                tensors.Vector("self_attn.k_norm.weight", HeadSize, Norm);
            }
            tensors.Vector("post_attention_layernorm.weight", Hidden, Norm);
            tensors.Linear("mlp.gate_proj", Intermediate, Hidden, FeedForwardBias);
            tensors.Linear("mlp.up_proj", Intermediate, Hidden, FeedForwardBias);
            tensors.Linear("mlp.down_proj", Hidden, Intermediate, FeedForwardBias);
        }
        model.Add("model.norm.weight", [Hidden], Norm, LayerGroup.Head);
        if (TiedHead) model.Tie("lm_head.weight", "model.embed_tokens.weight");
        else model.Add("lm_head.weight", [Vocabulary, Hidden], "Linear", LayerGroup.Head);
        return Layers;
    }

    /// <summary>Adds the tensors of one layer under its prefix.</summary>
    private readonly struct LayerTensors(ModelBuilder model, int layer)
    {
        public void Linear(string name, long outputs, long inputs, bool bias)
        {
            model.Add($"model.layers.{layer}.{name}.weight", [outputs, inputs], "Linear", LayerGroup.OfLayer(layer), layer);
            if (bias) Vector($"{name}.bias", outputs, "Linear");
        }

        public void Vector(string name, long size, string kind) =>
            model.Add($"model.layers.{layer}.{name}", [size], kind, LayerGroup.OfLayer(layer), layer);
    }
}
