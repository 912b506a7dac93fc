using System.Runtime.CompilerServices;
using ShardInit.Model;

namespace ShardInit.Families;

/// <summary>qwen2_moe (qwen1.5-moe): experts and a gated shared expert in every sparse layer; qkv_bias (default true) is on q, k and v, never on o.</summary>
internal static class Qwen2MoeFamily
{
    [ModuleInitializer]
    internal static void Register() => FamilyCatalogue.Register(new Family("qwen2_moe", ["Qwen2MoeForCausalLM"], Describe) { Base = new BaseModel("Qwen2MoeModel", "model.") });

    private static int Describe(ConfigReader config, ModelBuilder model)
    {
        Decoder decoder = Decoder.Read(config, "Qwen2MoeRMSNorm", vocabulary: 151936, intermediate: 5632, hiddenSize: 2048, attentionHeads: 16, layers: 24,
            keyValueHeads: _ => config.SizeOrNull("num_key_value_heads", 16, ifNull: null), headSize: Decoder.DividedHeads(config));
        long shared = config.Size("shared_expert_intermediate_size", 5632);
        int count = config.Count("num_experts", 60, "num_local_experts");
        Experts experts = new(model, count, decoder.Hidden, config.Size("moe_intermediate_size", 1408), "Parameter:Qwen2MoeExperts", Experts.UsualNames);
        SparseLayers sparse = SparseLayers.Read(config);
        return (decoder with
        {
            QueryKeyValueBias = config.Flag("qkv_bias", true),
            FeedForward = layer =>
            {
                Scope mlp = layer.In("mlp");
                if (!sparse.Has(layer.Layer))
                {
                    Decoder.Gated(mlp, decoder.Hidden, decoder.Intermediate);
                    return;
                }
                mlp.Add("gate.weight", [count, decoder.Hidden], "Parameter:Qwen2MoeTopKRouter");
                experts.Add(mlp);
                Decoder.Gated(mlp.In("shared_expert"), decoder.Hidden, shared);
                mlp.Linear("shared_expert_gate", 1, decoder.Hidden, bias: false);
            },
        }).Describe(config, model);
    }
}
