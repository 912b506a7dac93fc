using System.Runtime.CompilerServices;
using ShardInit.Model;

namespace ShardInit.Families;

/// <summary>
/// gpt_oss: experts with biases, stored for x @ W (the last two axes turned) with gate and up in alternating columns; a sink per head. Logical tensors are those of any other
/// mixture: gate_proj, up_proj, down_proj of each expert in torch orientation, and their biases. attention_bias (default true) covers q, k, v and o.
/// </summary>
internal static class GptOssFamily
{
    private const string ExpertKind = "Parameter:GptOssExperts";
    private const string RouterKind = "Parameter:GptOssTopKRouter";

    [ModuleInitializer]
    internal static void Register() => FamilyCatalogue.Register(new Family("gpt_oss", ["GptOssForCausalLM"], Describe) { Base = new BaseModel("GptOssModel", "model.") });

    private static int Describe(ConfigReader config, ModelBuilder model)
    {
        Decoder decoder = Decoder.Read(config, "GptOssRMSNorm", vocabulary: 201088, intermediate: 2880, hiddenSize: 2880, attentionHeads: 64, layers: 36,
            keyValueHeads: _ => config.SizeOrNull("num_key_value_heads", 8, ifNull: null), headSize: (_, _) => config.SizeOrNull("head_dim", 64, ifNull: null));
        int count = config.Count("num_local_experts", 128, "num_experts");
        long queryRows = config.Product("num_attention_heads x head_dim", decoder.Heads, decoder.HeadSize);
        long keyRows = config.Product("num_key_value_heads x head_dim", decoder.KeyValueHeads, decoder.HeadSize);
        bool bias = config.Flag("attention_bias", true);
        Packing gateUp = Packing.TurnedExperts(count, 2, decoder.Intermediate, decoder.Hidden);
        Packing gateUpBias = Packing.ExpertVectors(count, 2, decoder.Intermediate);
        Packing down = Packing.TurnedExperts(count, 1, decoder.Hidden, decoder.Intermediate);
        Packing downBias = Packing.ExpertVectors(count, 1, decoder.Hidden);
        return (decoder with { Attention = Attention, FeedForward = FeedForward }).Describe(config, model);

        void Attention(Scope attention)
        {
            attention.Linear("q_proj", queryRows, decoder.Hidden, bias);
            attention.Linear("k_proj", keyRows, decoder.Hidden, bias);
            attention.Linear("v_proj", keyRows, decoder.Hidden, bias);
            attention.Linear("o_proj", decoder.Hidden, queryRows, bias);
            attention.Add("sinks", [decoder.Heads], "Parameter:GptOssAttention");
        }

        void FeedForward(Scope layer)
        {
            Scope mlp = layer.In("mlp");
            mlp.Add("router.weight", [count, decoder.Hidden], RouterKind);
            mlp.Add("router.bias", [count], RouterKind);
            mlp.Packed("experts.gate_up_proj", gateUp, ExpertKind, Names(2, i => i % 2 == 0 ? "gate_proj.weight" : "up_proj.weight"));
            mlp.Packed("experts.gate_up_proj_bias", gateUpBias, ExpertKind, Names(2, i => i % 2 == 0 ? "gate_proj.bias" : "up_proj.bias"));
            mlp.Packed("experts.down_proj", down, ExpertKind, Names(1, _ => "down_proj.weight"));
            mlp.Packed("experts.down_proj_bias", downBias, ExpertKind, Names(1, _ => "down_proj.bias"));
        }

        string[] Names(int each, Func<int, string> projection) => [.. Enumerable.Range(0, each * count).Select(i => $"experts.{i / each}.{projection(i)}")];
    }
}
