using ShardInit.Model;
using ShardInit.Planning;
using Xunit;

namespace ShardInit.Core.Tests.Model;

/// <summary>
/// A value depends on seed, logical name and index alone. So what two models share is equal where they call it by the same logical name with the same distribution, and
/// a tensor that only grew along axis 0 keeps its values: these tests compare names, distributions and shapes, the rest is the number path's (docs/determinism.md).
/// </summary>
public sealed class SameValuesTests
{
    private const string Bert = "\"model_type\": \"bert\", \"hidden_size\": 24, \"intermediate_size\": 40, \"num_hidden_layers\": 2, \"num_attention_heads\": 4, \"vocab_size\": 60, \"max_position_embeddings\": 20";
    private const string Qwen = "\"model_type\": \"qwen3_moe\", \"hidden_size\": 24, \"moe_intermediate_size\": 8, \"num_attention_heads\": 4, \"num_key_value_heads\": 2, \"head_dim\": 6";

    private static Plan PlanOf(string config)
    {
        using Workspace workspace = new();
        return workspace.Plan($"{{{config}}}");
    }

    private static Dictionary<string, LogicalTensor> Logical(Plan plan) => plan.Logical.ToDictionary(tensor => tensor.Name);

    // Every logical tensor of the smaller model is in the larger one, the same, or longer along axis 0.
    private static void AssertPartOf(Plan small, Plan large, params string[] longer)
    {
        Dictionary<string, LogicalTensor> all = Logical(large);
        foreach (LogicalTensor tensor in small.Logical)
        {
            LogicalTensor other = all[tensor.Name];
            Assert.Equal((tensor.Init, tensor.ZeroRows.Length), (other.Init, other.ZeroRows.Length));
            Assert.Equal(tensor.Shape.Dims.Skip(1), other.Shape.Dims.Skip(1));
            if (longer.Contains(tensor.Name)) Assert.True(other.Shape[0] > tensor.Shape[0]);
            else Assert.Equal(tensor.Shape, other.Shape);
        }
    }

    [Fact]
    public void BertModelAndItsHeads()
    {
        Plan encoder = PlanOf($"\"architectures\": [\"BertModel\"], {Bert}");
        Plan masked = PlanOf($"\"architectures\": [\"BertForMaskedLM\"], {Bert}");
        Plan both = PlanOf($"\"architectures\": [\"BertForPreTraining\"], {Bert}");
        AssertPartOf(encoder, both);
        AssertPartOf(masked, both);
        Assert.Equal(["bert.pooler.dense.bias", "bert.pooler.dense.weight"], Logical(encoder).Keys.Except(Logical(masked).Keys).Order());
        Assert.Equal(Logical(encoder).Keys.Order(), encoder.Tensors.Select(tensor => $"bert.{tensor.Name}").Order());
    }

    [Theory]
    [InlineData("LlamaForCausalLM", "LlamaModel", "llama", "model.")]
    [InlineData("MistralForCausalLM", "MistralModel", "mistral", "model.")]
    [InlineData("Qwen2ForCausalLM", "Qwen2Model", "qwen2", "model.")]
    [InlineData("Qwen3ForCausalLM", "Qwen3Model", "qwen3", "model.")]
    [InlineData("MixtralForCausalLM", "MixtralModel", "mixtral", "model.")]
    [InlineData("GptOssForCausalLM", "GptOssModel", "gpt_oss", "model.")]
    [InlineData("Gemma2ForCausalLM", "Gemma2Model", "gemma2", "model.")]
    [InlineData("Gemma3ForCausalLM", "Gemma3TextModel", "gemma3_text", "model.")]
    [InlineData("Phi3ForCausalLM", "Phi3Model", "phi3", "model.")]
    [InlineData("GPTNeoXForCausalLM", "GPTNeoXModel", "gpt_neox", "gpt_neox.")]
    public void HeadlessClassesStoreTheSameTensorsWithoutPrefix(string full, string headless, string type, string prefix)
    {
        const string Sizes = "\"hidden_size\": 24, \"intermediate_size\": 40, \"num_hidden_layers\": 1, \"num_attention_heads\": 8, \"num_key_value_heads\": 2, \"head_dim\": 4, \"vocab_size\": 60, \"pad_token_id\": 3, \"num_local_experts\": 2, \"tie_word_embeddings\": false";
        Plan with = PlanOf($"\"architectures\": [\"{full}\"], \"model_type\": \"{type}\", {Sizes}");
        Plan without = PlanOf($"\"architectures\": [\"{headless}\"], \"model_type\": \"{type}\", {Sizes}");
        AssertPartOf(without, with);
        Assert.Equal(headless, without.Model);
        Assert.Equal(with.Tensors.Select(tensor => tensor.Name).Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).Select(name => name[prefix.Length..]), without.Tensors.Select(tensor => tensor.Name));
        Assert.Equal(with.Tensors.Length - 1, without.Tensors.Length);
        Assert.Empty(without.Tied);
    }

    [Fact]
    public void OtherHeadlessClasses()
    {
        Plan Of(string type, string architecture, string sizes) => PlanOf($"\"architectures\": [\"{architecture}\"], \"model_type\": \"{type}\", {sizes}");
        const string T5 = "\"d_model\": 24, \"d_ff\": 40, \"d_kv\": 6, \"num_heads\": 4, \"num_layers\": 2, \"vocab_size\": 60";
        AssertPartOf(Of("t5", "T5Model", T5), Of("t5", "T5ForConditionalGeneration", T5));
        Plan encoder = Of("t5", "T5EncoderModel", T5);
        AssertPartOf(encoder, Of("t5", "T5Model", T5));
        Assert.All(encoder.Tensors, tensor => Assert.True(tensor.Name == "shared.weight" || tensor.Name.StartsWith("encoder.", StringComparison.Ordinal)));
        const string Vit = "\"hidden_size\": 24, \"intermediate_size\": 40, \"num_hidden_layers\": 1, \"num_attention_heads\": 4, \"image_size\": [32, 16], \"patch_size\": 8";
        Plan vit = Of("vit", "ViTModel", Vit);
        Assert.Contains(vit.Tensors, tensor => tensor.Name == "pooler.dense.weight");
        Assert.Equal("[1, 9, 24]", vit.Tensors.Single(tensor => tensor.Name == "embeddings.position_embeddings").Shape.ToString());
        const string Whisper = "\"d_model\": 24, \"encoder_layers\": 1, \"decoder_layers\": 1, \"encoder_ffn_dim\": 40, \"decoder_ffn_dim\": 40, \"vocab_size\": 60, \"pad_token_id\": 5";
        AssertPartOf(Of("whisper", "WhisperModel", Whisper), Of("whisper", "WhisperForConditionalGeneration", Whisper));
        const string Gpt2 = "\"n_embd\": 24, \"n_layer\": 1, \"n_head\": 4";
        Assert.Equal("wte.weight", Of("gpt2", "GPT2Model", Gpt2).Tensors.Single(tensor => tensor.Name.StartsWith("wt", StringComparison.Ordinal)).Name);
        AssertPartOf(Of("gpt2", "GPT2Model", Gpt2), Of("gpt2", "GPT2LMHeadModel", Gpt2));
        const string Mamba = "\"hidden_size\": 24, \"num_heads\": 6, \"head_dim\": 8, \"num_hidden_layers\": 1, \"n_groups\": 1, \"state_size\": 4, \"vocab_size\": 60";
        AssertPartOf(Of("mamba2", "Mamba2Model", Mamba), Of("mamba2", "Mamba2ForCausalLM", Mamba));
    }

    [Fact]
    public void ModelsThatGrow()
    {
        Plan small = PlanOf($"{Qwen}, \"num_hidden_layers\": 2, \"num_experts\": 3, \"vocab_size\": 60");
        AssertPartOf(small, PlanOf($"{Qwen}, \"num_hidden_layers\": 5, \"num_experts\": 3, \"vocab_size\": 60"));
        AssertPartOf(small, PlanOf($"{Qwen}, \"num_hidden_layers\": 2, \"num_experts\": 3, \"vocab_size\": 90"), "model.embed_tokens.weight", "lm_head.weight");
        AssertPartOf(small, PlanOf($"{Qwen}, \"num_hidden_layers\": 2, \"num_experts\": 7, \"vocab_size\": 60"), "model.layers.0.mlp.gate.weight", "model.layers.1.mlp.gate.weight");
        AssertPartOf(PlanOf($"{Qwen}, \"num_hidden_layers\": 2, \"num_experts\": 3, \"vocab_size\": 60, \"tie_word_embeddings\": true"), small);
    }

    [Fact]
    public void KimiIsDeepseekByAnotherName()
    {
        const string Sizes = "\"hidden_size\": 24, \"intermediate_size\": 40, \"moe_intermediate_size\": 8, \"num_hidden_layers\": 2, \"first_k_dense_replace\": 1, \"n_routed_experts\": 3, \"num_attention_heads\": 4, \"vocab_size\": 60";
        Plan deepseek = PlanOf($"\"architectures\": [\"DeepseekV3ForCausalLM\"], \"model_type\": \"deepseek_v3\", {Sizes}");
        Assert.Equal(deepseek.PlanId, PlanOf($"\"architectures\": [\"DeepseekV3ForCausalLM\"], \"model_type\": \"kimi_k2\", {Sizes}").PlanId);
        Assert.Equal(deepseek.PlanId, PlanOf($"\"model_type\": \"kimi_k2\", {Sizes}").PlanId);
        Plan plain = PlanOf($"\"model_type\": \"kimi_k2\", \"q_lora_rank\": null, {Sizes}");
        Assert.Equal("[768, 24]", Logical(plain)["model.layers.0.self_attn.q_proj.weight"].Shape.ToString());
    }

    // Keys that newer versions of the library write, and aliases that it takes.
    [Theory]
    [InlineData("\"model_type\": \"gpt2\", \"n_embd\": 24, \"n_layer\": 1, \"n_positions\": 16", "\"model_type\": \"gpt2\", \"hidden_size\": 24, \"num_hidden_layers\": 1, \"max_position_embeddings\": 16")]
    [InlineData("\"model_type\": \"mixtral\", \"num_local_experts\": 2, \"num_hidden_layers\": 1, \"torch_dtype\": \"float16\", \"rope_theta\": 1e6", "\"model_type\": \"mixtral\", \"num_experts\": 2, \"num_hidden_layers\": 1, \"dtype\": \"float16\", \"rope_parameters\": {\"rope_theta\": 1e6}")]
    [InlineData("\"model_type\": \"clip\", \"text_config\": {\"hidden_size\": 32}, \"vision_config\": {}", "\"model_type\": \"clip\", \"text_config\": {\"hidden_size\": 64}, \"text_config_dict\": {\"hidden_size\": 32}")]
    public void OldAndNewKeysGiveEqualPlans(string old, string @new) => Assert.Equal(PlanOf(old).PlanId, PlanOf(@new).PlanId);

    [Theory]
    [InlineData("\"model_type\": \"gpt_neox\", \"num_attention_heads\": 5000, \"hidden_size\": 5000", "15000 parts")]
    [InlineData("\"model_type\": \"gpt_oss\", \"num_local_experts\": 60000", "120000 parts")]
    [InlineData("\"model_type\": \"mixtral\", \"num_local_experts\": 65537", "num_local_experts: expected a whole number from 1 to 65536")]
    [InlineData("\"model_type\": \"mixtral\", \"num_local_experts\": 65536, \"num_hidden_layers\": 10000", "more than 2000000 tensors")]
    [InlineData("\"model_type\": \"phi3\", \"hidden_size\": 4611686018427387904, \"num_attention_heads\": 1", "2^63 or more")]
    [InlineData("\"model_type\": \"phi3\", \"vocab_size\": 100", "default of its class, 32000")]
    [InlineData("\"model_type\": \"mamba2\", \"hidden_size\": 100", "expand x hidden_size")]
    [InlineData("\"model_type\": \"torch.nn.LSTM\"", "input_size is missing")]
    [InlineData("\"model_type\": \"torch.nn.LSTM\", \"input_size\": 4, \"hidden_size\": 4, \"proj_size\": 4", "proj_size 4 is not below")]
    [InlineData("\"model_type\": \"torch.nn.GRU\", \"input_size\": 4, \"hidden_size\": 4, \"proj_size\": 2", "only an LSTM has projections, found it for GRU")]
    [InlineData("\"model_type\": \"qwen3_moe\", \"mlp_only_layers\": [\"a\"]", "mlp_only_layers: expected a list")]
    [InlineData("\"model_type\": \"t5\", \"feed_forward_proj\": 3", "feed_forward_proj: expected a text")]
    [InlineData("\"model_type\": \"clip\", \"text_config\": {\"hidden_size\": 0}", "text_config.hidden_size: expected")]
    public void BadConfigurationsAreRefused(string config, string expected)
    {
        using Workspace workspace = new();
        Assert.Contains(workspace.ProblemsOf($"{{{config}}}"), problem => problem.Contains(expected, StringComparison.Ordinal));
    }

    [Fact]
    public void PredictionLayersAreRefusedWhereThereAreNone()
    {
        using Workspace workspace = new();
        foreach (string config in (string[])["{\"model_type\": \"llama\"}", "{\"model_type\": \"kimi_k2\", \"num_nextn_predict_layers\": 0, \"num_hidden_layers\": 1}"])
        {
            Assert.Contains("--mtp", Assert.Single(Workspace.ProblemsOf(() => Planner.Create(new PlanRequest { Model = workspace.Write("config.json", config), Options = new ModelOptions { PredictionLayers = true } }))));
        }
    }
}
