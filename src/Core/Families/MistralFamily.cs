using System.Runtime.CompilerServices;
using ShardInit.Model;

namespace ShardInit.Families;

/// <summary>mistral: no biases whatever attention_bias says; 8 key-value heads where the key is missing, and an explicit null is refused.</summary>
internal static class MistralFamily
{
    [ModuleInitializer]
    internal static void Register() => FamilyCatalogue.Register(new Family("mistral", ["MistralForCausalLM"], Describe) { Base = new BaseModel("MistralModel", "model.") });

    private static int Describe(ConfigReader config, ModelBuilder model) =>
        Decoder.Read(config, "MistralRMSNorm", vocabulary: 32000, intermediate: 14336,
            keyValueHeads: _ => config.SizeOrNull("num_key_value_heads", 8, ifNull: null),
            headSize: Decoder.DividedHeads(config))
        .Describe(config, model);
}
