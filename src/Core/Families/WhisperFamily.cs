using System.Runtime.CompilerServices;
using ShardInit.Model;
using ShardInit.Planning;

namespace ShardInit.Families;

/// <summary>whisper: audio encoder with a table of sinusoids for positions, text decoder; k_proj has no bias. Layers of both with one number share a layer group.</summary>
internal static class WhisperFamily
{
    [ModuleInitializer]
    internal static void Register() => FamilyCatalogue.Register(new Family("whisper", ["WhisperForConditionalGeneration"], Describe) { Base = new BaseModel("WhisperModel", "model.") });

    private static int Describe(ConfigReader config, ModelBuilder model)
    {
        long hidden = config.Size(config.Either("d_model", "hidden_size"), 384);
        long bins = config.Size("num_mel_bins", 80);
        long vocabulary = config.Size("vocab_size", 51865);
        int encoderLayers = config.Layers("encoder_layers", 4);
        int decoderLayers = config.Layers("decoder_layers", 4);
        config.Number("init_std", 0.02);

        Scope front = new(model, "model.encoder.", LayerGroup.Embedding);
        front.Add("conv1.weight", [hidden, bins, 3], "Conv1d");
        front.Add("conv1.bias", [hidden], "Conv1d");
        front.Add("conv2.weight", [hidden, hidden, 3], "Conv1d");
        front.Add("conv2.bias", [hidden], "Conv1d");
        front.Embedding("embed_positions", config.Size("max_source_positions", 1500), hidden);
        Scope words = new(model, "model.decoder.", LayerGroup.Embedding);
        words.Embedding("embed_tokens", vocabulary, hidden, config.PaddingRow("pad_token_id", vocabulary, 50256));
        words.Embedding("embed_positions", config.Size("max_target_positions", 448), hidden, kind: "WhisperPositionalEmbedding");

        Stack(model, "model.encoder", encoderLayers, hidden, config.Size("encoder_ffn_dim", 1536), crosses: false);
        Stack(model, "model.decoder", decoderLayers, hidden, config.Size("decoder_ffn_dim", 1536), crosses: true);
        if (config.Flag("tie_word_embeddings", true)) model.Tie("proj_out.weight", "model.decoder.embed_tokens.weight");
        else model.Add("proj_out.weight", [vocabulary, hidden], "Linear", LayerGroup.Head);
        return Math.Max(encoderLayers, decoderLayers);
    }

    private static void Stack(ModelBuilder model, string name, int layers, long hidden, long inner, bool crosses)
    {
        for (int number = 0; number < layers; number++)
        {
            Scope layer = Scope.OfLayer(model, $"{name}.layers.{number}.", number);
            Attention(layer, "self_attn", hidden);
            if (crosses) Attention(layer, "encoder_attn", hidden);
            layer.Linear("fc1", inner, hidden, bias: true);
            layer.Linear("fc2", hidden, inner, bias: true);
            layer.LayerNorm("final_layer_norm", hidden);
        }
        new Scope(model, $"{name}.", LayerGroup.Head).LayerNorm("layer_norm", hidden);
    }

    private static void Attention(Scope layer, string name, long hidden)
    {
        layer.Linear($"{name}.k_proj", hidden, hidden, bias: false);
        foreach (string projection in (string[])["q_proj", "v_proj", "out_proj"]) layer.Linear($"{name}.{projection}", hidden, hidden, bias: true);
        layer.LayerNorm($"{name}_layer_norm", hidden);
    }
}
