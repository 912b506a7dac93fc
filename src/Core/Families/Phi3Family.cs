using System.Runtime.CompilerServices;
using ShardInit.Model;

namespace ShardInit.Families;

/// <summary>phi3: q, k and v are rows of one stored tensor, gate and up of another; no biases. Logical tensors are the llama ones.</summary>
internal static class Phi3Family
{
    [ModuleInitializer]
    internal static void Register() => FamilyCatalogue.Register(new Family("phi3", ["Phi3ForCausalLM"], Describe) { Base = new BaseModel("Phi3Model", "model.") });

    private static int Describe(ConfigReader config, ModelBuilder model)
    {
        Decoder decoder = Decoder.Read(config, "Phi3RMSNorm", vocabulary: 32064, intermediate: 8192, hiddenSize: 3072, paddingToken: 32000,
            keyValueHeads: heads => config.DerivedSize("num_key_value_heads", () => heads), headSize: Decoder.DividedHeads(config));
        long queryRows = config.Product("num_attention_heads x head_dim", decoder.Heads, decoder.HeadSize);
        long keyRows = config.Product("num_key_value_heads x head_dim", decoder.KeyValueHeads, decoder.HeadSize);
        Packing queryKeyValue = Packing.Rows(decoder.Hidden, queryRows, keyRows, keyRows);
        Packing gateUp = Packing.Rows(decoder.Hidden, decoder.Intermediate, decoder.Intermediate);
        return (decoder with
        {
            Attention = attention =>
            {
                attention.Packed("qkv_proj.weight", queryKeyValue, "Linear", "q_proj.weight", "k_proj.weight", "v_proj.weight");
                attention.Linear("o_proj", decoder.Hidden, queryRows, bias: false);
            },
            FeedForward = layer =>
            {
                Scope mlp = layer.In("mlp");
                mlp.Packed("gate_up_proj.weight", gateUp, "Linear", "gate_proj.weight", "up_proj.weight");
                mlp.Linear("down_proj", decoder.Hidden, decoder.Intermediate, bias: false);
            },
        }).Describe(config, model);
    }
}
