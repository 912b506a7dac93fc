using System.Runtime.CompilerServices;
using ShardInit.Model;

namespace ShardInit.Families;

/// <summary>llama: attention_bias puts a bias on q, k, v and o; mlp_bias one on the three feed-forward projections.</summary>
internal static class LlamaFamily
{
    [ModuleInitializer]
    internal static void Register() => FamilyCatalogue.Register(new Family("llama", ["LlamaForCausalLM"], Describe) { Base = new BaseModel("LlamaModel", "model.") });

    private static int Describe(ConfigReader config, ModelBuilder model)
    {
        Decoder decoder = Decoder.Read(config, "LlamaRMSNorm", vocabulary: 32000, intermediate: 11008,
            keyValueHeads: heads => config.DerivedSize("num_key_value_heads", () => heads),
            headSize: Decoder.DividedHeads(config));
        bool attentionBias = config.Flag("attention_bias", false);
        return (decoder with
        {
            QueryKeyValueBias = attentionBias,
            OutputBias = attentionBias,
            FeedForwardBias = config.Flag("mlp_bias", false),
        }).Describe(config, model);
    }
}
