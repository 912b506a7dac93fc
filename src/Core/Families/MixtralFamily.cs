using System.Runtime.CompilerServices;
using ShardInit.Model;

namespace ShardInit.Families;

/// <summary>mixtral: experts in every layer, called w1 (gate), w3 (up) and w2 (down); in memory <c>block_sparse_moe</c> is <c>mlp</c>. No biases.</summary>
internal static class MixtralFamily
{
    [ModuleInitializer]
    internal static void Register() => FamilyCatalogue.Register(new Family("mixtral", ["MixtralForCausalLM"], Describe)
    {
        Base = new BaseModel("MixtralModel", "model."),
        InMemoryNames = [(".block_sparse_moe.", ".mlp.")],
    });

    private static int Describe(ConfigReader config, ModelBuilder model)
    {
        Decoder decoder = Decoder.Read(config, "MixtralRMSNorm", vocabulary: 32000, intermediate: 14336,
            keyValueHeads: _ => config.SizeOrNull("num_key_value_heads", 8, ifNull: null), headSize: Decoder.DividedHeads(config));
        int count = config.Count("num_local_experts", 8, "num_experts");
        Experts experts = new(model, count, decoder.Hidden, decoder.Intermediate, "Parameter:MixtralExperts", ("w1", "w3", "w2"));
        return (decoder with
        {
            FeedForward = layer =>
            {
                Scope block = layer.In("block_sparse_moe");
                block.Add("gate.weight", [count, decoder.Hidden], "Parameter:MixtralTopKRouter");
                experts.Add(block);
            },
        }).Describe(config, model);
    }
}
