using System.Runtime.CompilerServices;
using ShardInit.Model;
using ShardInit.Planning;

namespace ShardInit.Families;

/// <summary>
/// clip: a text and a vision tower, each with its own nested sizes, and one projection of each. Old files hold a second copy of the sizes (text_config_dict, vision_config_dict), which wins
/// there. The name pre_layrnorm is the library's. Layers of both towers with one number share a layer group. No padding row.
/// </summary>
internal static class ClipFamily
{
    [ModuleInitializer]
    internal static void Register() => FamilyCatalogue.Register(new Family("clip", ["CLIPModel"], Describe));

    private static int Describe(ConfigReader config, ModelBuilder model)
    {
        ConfigReader text = config.Section("text_config", "text_config_dict");
        ConfigReader vision = config.Section("vision_config", "vision_config_dict");
        long projected = config.Size("projection_dim", 512);
        config.Number("initializer_factor", 1.0);
        config.Number("logit_scale_init_value", 2.6592);

        model.Add("logit_scale", [], "Parameter:CLIPModel", LayerGroup.Head);
        Tower texts = Tower.Read(text, 512, 2048, 8);
        Scope words = new(model, "text_model.embeddings.", LayerGroup.Embedding);
        words.Embedding("token_embedding", text.Size("vocab_size", 49408), texts.Hidden);
        words.Embedding("position_embedding", text.Size("max_position_embeddings", 77), texts.Hidden);
        texts.Describe(model, "text_model");
        Scope head = new(model, "", LayerGroup.Head);
        head.LayerNorm("text_model.final_layer_norm", texts.Hidden);
        head.Linear("text_projection", projected, texts.Hidden, bias: false);

        Tower images = Tower.Read(vision, 768, 3072, 12);
        long patch = vision.Size("patch_size", 32);
        long side = vision.Size("image_size", 224) / patch;
        Scope patches = new(model, "vision_model.embeddings.", LayerGroup.Embedding);
        patches.Add("class_embedding", [images.Hidden], "Parameter:CLIPVisionEmbeddings");
        patches.Add("patch_embedding.weight", [images.Hidden, vision.Size("num_channels", 3), patch, patch], "Conv2d");
        patches.Embedding("position_embedding", vision.Sum("patches + 1", vision.Product("patches", side, side), 1), images.Hidden);
        new Scope(model, "vision_model.", LayerGroup.Embedding).LayerNorm("pre_layrnorm", images.Hidden);
        images.Describe(model, "vision_model");
        head.LayerNorm("vision_model.post_layernorm", images.Hidden);
        head.Linear("visual_projection", projected, images.Hidden, bias: false);
        return Math.Max(texts.Layers, images.Layers);
    }

    private sealed record Tower(long Hidden, long Inner, int Layers)
    {
        public static Tower Read(ConfigReader config, long hiddenSize, long innerSize, long headCount)
        {
            config.Number("initializer_factor", 1.0);
            config.Number("initializer_range", 0.02);
            long hidden = config.Size("hidden_size", hiddenSize);
            long heads = config.Size("num_attention_heads", headCount);
            if (hidden % heads != 0) config.Misfit($"hidden_size {hidden} is no multiple of num_attention_heads {heads}");
            return new Tower(hidden, config.Size("intermediate_size", innerSize), config.Layers("num_hidden_layers", 12));
        }

        public void Describe(ModelBuilder model, string name)
        {
            for (int number = 0; number < Layers; number++)
            {
                Scope layer = Scope.OfLayer(model, $"{name}.encoder.layers.{number}.", number);
                foreach (string projection in (string[])["q_proj", "k_proj", "v_proj", "out_proj"]) layer.Linear($"self_attn.{projection}", Hidden, Hidden, bias: true);
                layer.LayerNorm("layer_norm1", Hidden);
                layer.Linear("mlp.fc1", Inner, Hidden, bias: true);
                layer.Linear("mlp.fc2", Hidden, Inner, bias: true);
                layer.LayerNorm("layer_norm2", Hidden);
            }
        }
    }
}
