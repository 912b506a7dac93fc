using System.Runtime.CompilerServices;
using ShardInit.Model;

namespace ShardInit.Families;

/// <summary>qwen2 (and qwen2.5): a bias on q, k and v always, never on o.</summary>
internal static class Qwen2Family
{
    [ModuleInitializer]
    internal static void Register() => FamilyCatalogue.Register(new Family("qwen2", ["Qwen2ForCausalLM"], Describe) { Base = new BaseModel("Qwen2Model", "model.") });

    private static int Describe(ConfigReader config, ModelBuilder model)
    {
        Decoder decoder = Decoder.Read(config, "Qwen2RMSNorm", vocabulary: 151936, intermediate: 22016,
            keyValueHeads: heads => config.SizeOrNull("num_key_value_heads", 32, ifNull: heads),
            headSize: Decoder.DividedHeads(config));
        return (decoder with { QueryKeyValueBias = true }).Describe(config, model);
    }
}
