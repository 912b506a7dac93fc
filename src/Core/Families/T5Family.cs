using System.Runtime.CompilerServices;
using ShardInit.Model;
using ShardInit.Planning;

namespace ShardInit.Families;

/// <summary>
/// t5 (also v1.1 and flan): encoder and decoder with relative positions in block 0 alone, no biases. <c>gated-*</c> feed-forwards have wi_0 and wi_1 instead of wi. tie_word_embeddings false
/// gives the head of its own that published v1.1 and flan files hold (transformers v5 builds a tied one).
/// Blocks of encoder and decoder with one number share a layer group. No padding row.
/// </summary>
internal static class T5Family
{
    private const string Norm = "T5LayerNorm";

    [ModuleInitializer]
    internal static void Register() => FamilyCatalogue.Register(new Family("t5", ["T5ForConditionalGeneration", "T5Model", "T5EncoderModel"], Describe));

    private static int Describe(ConfigReader config, ModelBuilder model)
    {
        long hidden = config.Size(config.Either("d_model", "hidden_size"), 512);
        long heads = config.Size(config.Either("num_heads", "num_attention_heads"), 8);
        long vocabulary = config.Size("vocab_size", 32128);
        int encoderBlocks = config.Layers(config.Either("num_layers", "num_hidden_layers"), 6);
        int decoderBlocks = (int)config.DerivedSize("num_decoder_layers", () => encoderBlocks);
        if (decoderBlocks > ConfigReader.MaxLayers) config.Misfit($"num_decoder_layers: expected at most {ConfigReader.MaxLayers}, found {decoderBlocks}");
        config.Number("d_model", hidden);
        config.Number("initializer_factor", 1.0);
        string? activation = config.Word("feed_forward_proj", "relu");
        Sizes sizes = new(hidden, config.Product("num_heads x d_kv", heads, config.Size("d_kv", 64)), config.Size("d_ff", 2048), heads,
            config.Size("relative_attention_num_buckets", 32), activation?.StartsWith("gated-", StringComparison.Ordinal) == true);

        model.Add("shared.weight", [vocabulary, hidden], "Embedding", LayerGroup.Embedding);
        model.Tie("encoder.embed_tokens.weight", "shared.weight");
        Stack(model, "encoder", encoderBlocks, sizes, crosses: false);
        if (config.Architecture == "T5EncoderModel") return encoderBlocks;
        model.Tie("decoder.embed_tokens.weight", "shared.weight");
        Stack(model, "decoder", decoderBlocks, sizes, crosses: true);
        if (config.Architecture == "T5Model") return Math.Max(encoderBlocks, decoderBlocks);
        if (config.Flag("tie_word_embeddings", true)) model.Tie("lm_head.weight", "shared.weight");
        else model.Add("lm_head.weight", [vocabulary, hidden], "Linear", LayerGroup.Head);
        return Math.Max(encoderBlocks, decoderBlocks);
    }

    private sealed record Sizes(long Hidden, long Inner, long FeedForward, long Heads, long Buckets, bool IsGated);

    private static void Stack(ModelBuilder model, string name, int blocks, Sizes sizes, bool crosses)
    {
        for (int number = 0; number < blocks; number++)
        {
            Scope block = Scope.OfLayer(model, $"{name}.block.{number}.layer.", number);
            int next = 0;
            Attention(block.In($"{next}"), "SelfAttention", sizes);
            if (number == 0) block.Embedding($"{next}.SelfAttention.relative_attention_bias", sizes.Buckets, sizes.Heads);
            next++;
            if (crosses) Attention(block.In($"{next++}"), "EncDecAttention", sizes);
            Scope last = block.In($"{next}");
            foreach (string input in sizes.IsGated ? (string[])["wi_0", "wi_1"] : ["wi"]) last.Linear($"DenseReluDense.{input}", sizes.FeedForward, sizes.Hidden, bias: false);
            last.Linear("DenseReluDense.wo", sizes.Hidden, sizes.FeedForward, bias: false);
            last.Norm("layer_norm", sizes.Hidden, Norm);
        }
        model.Add($"{name}.final_layer_norm.weight", [sizes.Hidden], Norm, LayerGroup.Head);
    }

    private static void Attention(Scope layer, string name, Sizes sizes)
    {
        foreach (string projection in (string[])["q", "k", "v"]) layer.Linear($"{name}.{projection}", sizes.Inner, sizes.Hidden, bias: false);
        layer.Linear($"{name}.o", sizes.Hidden, sizes.Inner, bias: false);
        layer.Norm("layer_norm", sizes.Hidden, Norm);
    }
}
