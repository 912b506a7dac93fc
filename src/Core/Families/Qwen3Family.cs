using System.Runtime.CompilerServices;
using ShardInit.Model;

namespace ShardInit.Families;

/// <summary>qwen3: norms over each head of q and k; head_dim is 128 where the key is missing; attention_bias covers q, k, v and o.</summary>
internal static class Qwen3Family
{
    [ModuleInitializer]
    internal static void Register() => FamilyCatalogue.Register(new Family("qwen3", ["Qwen3ForCausalLM"], Describe) { Base = new BaseModel("Qwen3Model", "model.") });

    private static int Describe(ConfigReader config, ModelBuilder model)
    {
        Decoder decoder = Decoder.Read(config, "Qwen3RMSNorm", vocabulary: 151936, intermediate: 22016,
            keyValueHeads: heads => config.SizeOrNull("num_key_value_heads", 32, ifNull: heads),
            headSize: (_, _) => config.SizeOrNull("head_dim", 128, ifNull: null));
        bool attentionBias = config.Flag("attention_bias", false);
        return (decoder with { QueryKeyValueBias = attentionBias, OutputBias = attentionBias, QueryKeyNorm = true }).Describe(config, model);
    }
}
