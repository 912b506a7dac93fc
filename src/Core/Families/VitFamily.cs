using System.Runtime.CompilerServices;
using ShardInit.Model;
using ShardInit.Planning;

namespace ShardInit.Families;

/// <summary>vit: qkv_bias (default true) is on query, key and value; ViTModel has a pooler, the classifier none. In memory the layers have other names.</summary>
internal static class VitFamily
{
    [ModuleInitializer]
    internal static void Register() => FamilyCatalogue.Register(new Family("vit", ["ViTForImageClassification"], Describe)
    {
        Base = new BaseModel("ViTModel", "vit."),
        InMemoryNames =
        [
            ("vit.encoder.layer.", "vit.layers."), (".attention.attention.query.", ".attention.q_proj."), (".attention.attention.key.", ".attention.k_proj."),
            (".attention.attention.value.", ".attention.v_proj."), (".attention.output.dense.", ".attention.o_proj."), (".intermediate.dense.", ".mlp.fc1."), (".output.dense.", ".mlp.fc2."),
        ],
    });

    private static int Describe(ConfigReader config, ModelBuilder model)
    {
        long hidden = config.Size("hidden_size", 768);
        long inner = config.Size("intermediate_size", 3072);
        long channels = config.Size("num_channels", 3);
        int layers = config.Layers("num_hidden_layers", 12);
        bool bias = config.Flag("qkv_bias", true);
        config.Number("initializer_range", 0.02);
        (long patchHeight, long patchWidth) = config.Pair("patch_size", 16);
        (long height, long width) = config.Pair("image_size", 224);
        long patches = config.Product("patches", height / patchHeight, width / patchWidth);

        Scope embeddings = new(model, "vit.embeddings.", LayerGroup.Embedding);
        embeddings.Add("cls_token", [1, 1, hidden], "Parameter:ViTEmbeddings");
        embeddings.Add("position_embeddings", [1, config.Sum("patches + 1", patches, 1), hidden], "Parameter:ViTEmbeddings");
        embeddings.Add("patch_embeddings.projection.weight", [hidden, channels, patchHeight, patchWidth], "Conv2d");
        embeddings.Add("patch_embeddings.projection.bias", [hidden], "Conv2d");
        for (int number = 0; number < layers; number++)
        {
            Scope layer = Scope.OfLayer(model, $"vit.encoder.layer.{number}.", number);
            layer.LayerNorm("layernorm_before", hidden);
            foreach (string projection in (string[])["query", "key", "value"]) layer.Linear($"attention.attention.{projection}", hidden, hidden, bias);
            layer.Linear("attention.output.dense", hidden, hidden, bias: true);
            layer.LayerNorm("layernorm_after", hidden);
            layer.Linear("intermediate.dense", inner, hidden, bias: true);
            layer.Linear("output.dense", hidden, inner, bias: true);
        }
        Scope head = new(model, "", LayerGroup.Head);
        head.LayerNorm("vit.layernorm", hidden);
        if (config.Architecture == "ViTModel") head.Linear("vit.pooler.dense", config.DerivedSize("pooler_output_size", () => hidden), hidden, bias: true);
        else head.Linear("classifier", config.Labels(), hidden, bias: true);
        return layers;
    }
}
