using System.Runtime.CompilerServices;
using ShardInit.Model;
using ShardInit.Planning;

namespace ShardInit.Families;

/// <summary>
/// deepseek_v3 and kimi_k2: latent attention (q and kv through low ranks), the first layers dense, then routed and shared experts; the router's correction bias
/// is a float32 buffer that begins at 0. attention_bias is on q_a, kv_a and o, never on a full-rank q. The prediction layers that the configuration publishes
/// (num_nextn_predict_layers; transformers builds none) are an option: a whole layer of experts behind the last, two norms, the projection that joins them,
/// and copies of the embedding and the head.
/// </summary>
internal static class DeepseekV3Family
{
    private const string Norm = "DeepseekV3RMSNorm";

    [ModuleInitializer]
    internal static void Register() => FamilyCatalogue.Register(new Family("deepseek_v3", ["DeepseekV3ForCausalLM"], Describe)
    {
        Base = new BaseModel("DeepseekV3Model", "model."),
        OtherModelTypes = ["kimi_k2"],
    });

    private static int Describe(ConfigReader config, ModelBuilder model)
    {
        Decoder decoder = Decoder.Read(config, Norm, vocabulary: 129280, intermediate: 18432, hiddenSize: 7168, attentionHeads: 128, layers: 61,
            keyValueHeads: _ => 1, headSize: (_, _) => 1);
        Latent latent = Latent.Read(config, decoder);
        int denseLayers = config.Layers("first_k_dense_replace", 3);
        int count = config.Count("n_routed_experts", 256, "num_local_experts");
        long expertSize = config.Size("moe_intermediate_size", 2048);
        long shared = config.Product("moe_intermediate_size x n_shared_experts", expertSize, config.Size("n_shared_experts", 1));
        Experts experts = new(model, count, decoder.Hidden, expertSize, "Parameter:DeepseekV3Experts", Experts.UsualNames);
        int layers = (decoder with { Attention = latent.Add, FeedForward = FeedForward }).Describe(config, model);
        if (model.Options.PredictionLayers) DescribePrediction(config, model, decoder, latent, Sparse);
        return layers;

        void FeedForward(Scope layer)
        {
            if (layer.Layer < denseLayers) Decoder.Gated(layer.In("mlp"), decoder.Hidden, decoder.Intermediate);
            else Sparse(layer);
        }

        void Sparse(Scope layer)
        {
            Scope mlp = layer.In("mlp");
            mlp.Add("gate.weight", [count, decoder.Hidden], "Parameter:DeepseekV3TopkRouter");
            mlp.AddKept("gate.e_score_correction_bias", [count], "buffer:DeepseekV3TopkRouter", DType.F32);
            experts.Add(mlp);
            Decoder.Gated(mlp.In("shared_experts"), decoder.Hidden, shared);
        }
    }

    private static void DescribePrediction(ConfigReader config, ModelBuilder model, Decoder decoder, Latent latent, Action<Scope> sparse)
    {
        int count = config.Layers("num_nextn_predict_layers", 0, warns: false);
        if (count == 0) config.Misfit("--mtp: this model has no multi-token-prediction layers (num_nextn_predict_layers is 0 or missing)");
        for (int number = decoder.Layers; number < decoder.Layers + count; number++)
        {
            Scope layer = Scope.OfLayer(model, $"model.layers.{number}.", number);
            model.AddCopy($"model.layers.{number}.embed_tokens.weight", "model.embed_tokens.weight", LayerGroup.OfLayer(number));
            layer.Norm("enorm", decoder.Hidden, Norm);
            layer.Norm("hnorm", decoder.Hidden, Norm);
            layer.Linear("eh_proj", decoder.Hidden, config.Product("2 x hidden_size", 2, decoder.Hidden), bias: false);
            layer.Norm("input_layernorm", decoder.Hidden, Norm);
            latent.Add(layer.In("self_attn"));
            layer.Norm("post_attention_layernorm", decoder.Hidden, Norm);
            sparse(layer);
            layer.Norm("shared_head.norm", decoder.Hidden, Norm);
            model.AddCopy($"model.layers.{number}.shared_head.head.weight", decoder.TiedHead ? "model.embed_tokens.weight" : "lm_head.weight", LayerGroup.OfLayer(number));
        }
    }

    /// <summary>Multi-head latent attention; its projections stay whole in every layout.</summary>
    private sealed record Latent(long Hidden, long? QueryRank, long KeyValueRank, long QueryRows, long KeyRows, long ValueColumns, long JointRows, bool Bias)
    {
        public static Latent Read(ConfigReader config, Decoder decoder)
        {
            long plain = config.Size("qk_nope_head_dim", 128);
            long rotary = config.Size("qk_rope_head_dim", 64);
            long value = config.Size("v_head_dim", 128);
            long rank = config.Size("kv_lora_rank", 512);
            return new Latent(decoder.Hidden, config.SizeOrNone("q_lora_rank", 1536), rank,
                QueryRows: config.Product("num_attention_heads x (qk_nope_head_dim + qk_rope_head_dim)", decoder.Heads, config.Sum("qk_nope_head_dim + qk_rope_head_dim", plain, rotary)),
                KeyRows: config.Product("num_attention_heads x (qk_nope_head_dim + v_head_dim)", decoder.Heads, config.Sum("qk_nope_head_dim + v_head_dim", plain, value)),
                ValueColumns: config.Product("num_attention_heads x v_head_dim", decoder.Heads, value),
                JointRows: config.Sum("kv_lora_rank + qk_rope_head_dim", rank, rotary),
                Bias: config.Flag("attention_bias", false));
        }

        public void Add(Scope attention)
        {
            if (QueryRank is long rank)
            {
                attention.Linear("q_a_proj", rank, Hidden, Bias);
                attention.Norm("q_a_layernorm", rank, Norm);
                attention.Linear("q_b_proj", QueryRows, rank, bias: false);
            }
            else
            {
                attention.Linear("q_proj", QueryRows, Hidden, bias: false);
            }
            attention.Linear("kv_a_proj_with_mqa", JointRows, Hidden, Bias);
            attention.Norm("kv_a_layernorm", KeyValueRank, Norm);
            attention.Linear("kv_b_proj", KeyRows, KeyValueRank, bias: false);
            attention.Linear("o_proj", Hidden, ValueColumns, Bias);
        }
    }
}
