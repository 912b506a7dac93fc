using System.Runtime.CompilerServices;
using ShardInit.Model;

namespace ShardInit.Families;

/// <summary>qwen3_moe: norms over each head of q and k, experts in the sparse layers; attention_bias covers q, k, v and o.</summary>
internal static class Qwen3MoeFamily
{
    [ModuleInitializer]
    internal static void Register() => FamilyCatalogue.Register(new Family("qwen3_moe", ["Qwen3MoeForCausalLM"], Describe) { Base = new BaseModel("Qwen3MoeModel", "model.") });

    private static int Describe(ConfigReader config, ModelBuilder model)
    {
        Decoder decoder = Decoder.Read(config, "Qwen3MoeRMSNorm", vocabulary: 151936, intermediate: 6144, hiddenSize: 2048, layers: 24,
            keyValueHeads: _ => config.SizeOrNull("num_key_value_heads", 4, ifNull: null), headSize: Decoder.DividedHeads(config));
        int count = config.Count("num_experts", 128, "num_local_experts");
        Experts experts = new(model, count, decoder.Hidden, config.Size("moe_intermediate_size", 768), "Parameter:Qwen3MoeExperts", Experts.UsualNames);
        SparseLayers sparse = SparseLayers.Read(config);
        bool attentionBias = config.Flag("attention_bias", false);
        return (decoder with
        {
            QueryKeyValueBias = attentionBias,
            OutputBias = attentionBias,
            QueryKeyNorm = true,
            FeedForward = layer =>
            {
                Scope mlp = layer.In("mlp");
                if (!sparse.Has(layer.Layer))
                {
                    Decoder.Gated(mlp, decoder.Hidden, decoder.Intermediate);
                    return;
                }
                mlp.Add("gate.weight", [count, decoder.Hidden], "Parameter:Qwen3MoeTopKRouter");
                experts.Add(mlp);
            },
        }).Describe(config, model);
    }
}
