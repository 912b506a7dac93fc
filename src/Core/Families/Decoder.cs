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
    /// <summary>Norms behind attention and feed-forward too, as gemma has them.</summary>
    public bool FourNorms { get; init; }
    /// <summary>Class of the embedding.</summary>
    public string Embedding { get; init; } = "Embedding";
    /// <summary>Adds a layer's attention where it is not the usual one; the scope is <c>model.layers.N.self_attn.</c></summary>
    public Action<Scope>? Attention { get; init; }
    /// <summary>Adds a layer's feed-forward where it is not the usual one; the scope is <c>model.layers.N.</c></summary>
    public Action<Scope>? FeedForward { get; init; }

    /// <summary>Reads the keys that all these families share, with the defaults of the class. Sizes of heads come from the family.</summary>
    public static Decoder Read(ConfigReader config, string norm, long vocabulary, long intermediate, Func<long, long> keyValueHeads, Func<long, long, long> headSize,
        long hiddenSize = 4096, long attentionHeads = 32, int layers = 32, bool tied = false, long? paddingToken = null)
    {
        long hidden = config.Size("hidden_size", hiddenSize);
        long heads = config.Size("num_attention_heads", attentionHeads);
        long rows = config.Size("vocab_size", vocabulary);
        config.Number("initializer_range", 0.02);
        Decoder decoder = new()
        {
            Vocabulary = rows,
            Hidden = hidden,
            Intermediate = config.Size("intermediate_size", intermediate),
            Layers = config.Layers("num_hidden_layers", layers),
            Heads = heads,
            KeyValueHeads = keyValueHeads(heads),
            HeadSize = headSize(hidden, heads),
            TiedHead = config.Flag("tie_word_embeddings", tied),
            PaddingRow = config.PaddingRow("pad_token_id", rows, paddingToken),
            Norm = norm,
        };
        // transformers builds and saves such a model, and fails in its first forward pass.
        if (heads % decoder.KeyValueHeads != 0) config.Warn($"num_attention_heads {heads} is no multiple of num_key_value_heads {decoder.KeyValueHeads}: transformers stores such a model and cannot run it");
        return decoder;
    }

    /// <summary>hidden_size / num_attention_heads, which must come out even.</summary>
    public static long HeadSizeOf(ConfigReader config, long hidden, long heads)
    {
        if (hidden % heads == 0) return hidden / heads;
        config.Misfit($"hidden_size {hidden} is no multiple of num_attention_heads {heads} and head_dim is not given");
        return 1;
    }

    /// <summary>The usual head_dim: hidden_size / num_attention_heads where the key is missing or null.</summary>
    public static Func<long, long, long> DividedHeads(ConfigReader config) => (hidden, heads) => config.DerivedSize("head_dim", () => HeadSizeOf(config, hidden, heads));

    public int Describe(ConfigReader config, ModelBuilder model)
    {
        long queryRows = config.Product("num_attention_heads x head_dim", Heads, HeadSize);
        long keyRows = config.Product("num_key_value_heads x head_dim", KeyValueHeads, HeadSize);

        new Scope(model, "model.", LayerGroup.Embedding).Embedding("embed_tokens", Vocabulary, Hidden, PaddingRow, Embedding);
        for (int layer = 0; layer < Layers; layer++) DescribeLayer(Scope.OfLayer(model, $"model.layers.{layer}.", layer), queryRows, keyRows);
        model.Add("model.norm.weight", [Hidden], Norm, LayerGroup.Head);
        if (TiedHead) model.Tie("lm_head.weight", "model.embed_tokens.weight");
        else model.Add("lm_head.weight", [Vocabulary, Hidden], "Linear", LayerGroup.Head);
        return Layers;
    }

    private void DescribeLayer(Scope layer, long queryRows, long keyRows)
    {
        layer.Norm("input_layernorm", Hidden, Norm);
        Scope attention = layer.In("self_attn");
        if (Attention is not null) Attention(attention);
        else UsualAttention(attention, queryRows, keyRows);
        layer.Norm("post_attention_layernorm", Hidden, Norm);
        if (FourNorms)
        {
            layer.Norm("pre_feedforward_layernorm", Hidden, Norm);
            layer.Norm("post_feedforward_layernorm", Hidden, Norm);
        }
        if (FeedForward is not null) FeedForward(layer);
        else Gated(layer.In("mlp"), Hidden, Intermediate, FeedForwardBias);
    }

    private void UsualAttention(Scope attention, long queryRows, long keyRows)
    {
        attention.Linear("q_proj", queryRows, Hidden, QueryKeyValueBias);
        attention.Linear("k_proj", keyRows, Hidden, QueryKeyValueBias);
        attention.Linear("v_proj", keyRows, Hidden, QueryKeyValueBias);
        attention.Linear("o_proj", Hidden, queryRows, OutputBias);
        if (!QueryKeyNorm) return;
        attention.Norm("q_norm", HeadSize, Norm);
        attention.Norm("k_norm", HeadSize, Norm);
    }

    /// <summary>A gated feed-forward: gate and up [intermediate, hidden], down [hidden, intermediate].</summary>
    public static void Gated(Scope mlp, long hidden, long intermediate, bool bias = false)
    {
        mlp.Linear("gate_proj", intermediate, hidden, bias);
        mlp.Linear("up_proj", intermediate, hidden, bias);
        mlp.Linear("down_proj", hidden, intermediate, bias);
    }
}
