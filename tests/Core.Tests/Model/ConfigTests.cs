using ShardInit.Model;
using ShardInit.Planning;
using Xunit;

namespace ShardInit.Core.Tests.Model;

public sealed class ConfigTests
{
    private const string Llama = """
        {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 48, "intermediate_size": 80, "num_hidden_layers": 2,
         "num_attention_heads": 6, "vocab_size": 101 MORE}
        """;

    private static string Config(string type, string architecture, string more) =>
        Llama.Replace("LlamaForCausalLM", architecture).Replace("\"llama\"", $"\"{type}\"").Replace("MORE", more.Length == 0 ? "" : ", " + more);

    private static Plan PlanOf(string type, string architecture, string more)
    {
        using Workspace workspace = new();
        return workspace.Plan(Config(type, architecture, more));
    }

    private static Plan LlamaOf(string more) => PlanOf("llama", "LlamaForCausalLM", more);

    private static long[] ShapeOf(Plan plan, string name) => [.. plan.Tensors.Single(tensor => tensor.Name == name).Shape.Dims];

    private static IEnumerable<string> BiasesOf(Plan plan) =>
        plan.Tensors.Select(tensor => tensor.Name).Where(name => name.StartsWith("model.layers.0.", StringComparison.Ordinal) && name.EndsWith(".bias", StringComparison.Ordinal)).Select(name => name[15..^5]);

    [Fact]
    public void OldAndNewKeysGiveEqualPlans()
    {
        Plan old = LlamaOf("\"torch_dtype\": \"bfloat16\", \"rope_theta\": 500000.0, \"rope_scaling\": null");
        Plan @new = LlamaOf("\"dtype\": \"bfloat16\", \"rope_parameters\": {\"rope_theta\": 500000.0, \"rope_type\": \"default\"}, \"transformers_version\": \"5.23.0\"");
        Assert.Equal(old.PlanId, @new.PlanId);
        Assert.All(old.Tensors, tensor => Assert.Equal(DType.BF16, tensor.DType));
    }

    [Fact]
    public void TheNewDtypeKeyWinsOverTheOldOne() =>
        Assert.Equal(DType.F16, LlamaOf("\"dtype\": \"float16\", \"torch_dtype\": \"bfloat16\"").Tensors[0].DType);

    [Fact]
    public void WithoutAnyDtypeTheTensorsAreFloat32() => Assert.Equal(DType.F32, LlamaOf("\"torch_dtype\": null").Tensors[0].DType);

    [Fact]
    public void ModelTypeAloneMeansTheCausalModel()
    {
        using Workspace workspace = new();
        Plan plan = workspace.Plan(Config("llama", "LlamaForCausalLM", "").Replace("\"architectures\": [\"LlamaForCausalLM\"], ", ""));
        Assert.Equal("LlamaForCausalLM", plan.Model);
        Assert.Equal(LlamaOf("").PlanId, plan.PlanId);
    }

    // golden/tensors/README.md, table "key missing".
    [Theory]
    [InlineData("llama", "LlamaForCausalLM", "", 6, 8)]
    [InlineData("llama", "LlamaForCausalLM", "\"num_key_value_heads\": null, \"head_dim\": null", 6, 8)]
    [InlineData("mistral", "MistralForCausalLM", "", 8, 8)]
    [InlineData("qwen2", "Qwen2ForCausalLM", "", 32, 8)]
    [InlineData("qwen2", "Qwen2ForCausalLM", "\"num_key_value_heads\": null", 6, 8)]
    [InlineData("qwen3", "Qwen3ForCausalLM", "", 32, 128)]
    [InlineData("qwen3", "Qwen3ForCausalLM", "\"num_key_value_heads\": null, \"head_dim\": 20", 6, 20)]
    public void MissingKeysTakeTheDefaultsOfTheClass(string type, string architecture, string more, long keyValueHeads, long headSize)
    {
        Plan plan = PlanOf(type, architecture, more);
        Assert.Equal([keyValueHeads * headSize, 48], ShapeOf(plan, "model.layers.1.self_attn.k_proj.weight"));
        Assert.Equal([6 * headSize, 48], ShapeOf(plan, "model.layers.1.self_attn.q_proj.weight"));
        Assert.Equal([48, 6 * headSize], ShapeOf(plan, "model.layers.1.self_attn.o_proj.weight"));
        Assert.Contains(plan.Tensors, tensor => tensor.Name == "lm_head.weight");
        Assert.Contains($"\"num_key_value_heads\": {keyValueHeads}", plan.ConfigJson);
        Assert.Contains($"\"head_dim\": {headSize}", plan.ConfigJson);
    }

    // golden/tensors/README.md, table "flag".
    [Theory]
    [InlineData("llama", "LlamaForCausalLM", "\"attention_bias\": true", "self_attn.k_proj self_attn.o_proj self_attn.q_proj self_attn.v_proj")]
    [InlineData("llama", "LlamaForCausalLM", "\"mlp_bias\": true", "mlp.down_proj mlp.gate_proj mlp.up_proj")]
    [InlineData("mistral", "MistralForCausalLM", "\"attention_bias\": true, \"mlp_bias\": true", "")]
    [InlineData("qwen2", "Qwen2ForCausalLM", "\"attention_bias\": false, \"mlp_bias\": true", "self_attn.k_proj self_attn.q_proj self_attn.v_proj")]
    [InlineData("qwen3", "Qwen3ForCausalLM", "\"attention_bias\": true, \"mlp_bias\": true", "self_attn.k_proj self_attn.o_proj self_attn.q_proj self_attn.v_proj")]
    public void BiasFlagsActAsInTheLibrary(string type, string architecture, string flags, string expected) =>
        Assert.Equal(expected, string.Join(" ", BiasesOf(PlanOf(type, architecture, flags))));

    [Fact]
    public void TiedHeadsAreNotStored()
    {
        Plan plan = LlamaOf("\"tie_word_embeddings\": true");
        Assert.DoesNotContain(plan.Tensors, tensor => tensor.Name == "lm_head.weight");
        Assert.Equal("model.embed_tokens.weight", plan.Tied["lm_head.weight"]);
    }

    [Theory]
    [InlineData("\"pad_token_id\": 7", 7)]
    [InlineData("\"pad_token_id\": -1", 100)]
    public void ThePaddingRowOfTheEmbeddingIsZero(string key, long row)
    {
        Plan plan = LlamaOf(key);
        Assert.Equal([row], plan.Logical.Single(tensor => tensor.Name == "model.embed_tokens.weight").ZeroRows.AsEnumerable());
        Assert.All(plan.Logical, tensor => Assert.True(tensor.Name == "model.embed_tokens.weight" || tensor.ZeroRows.IsEmpty));
    }

    [Fact]
    public void InfinityAndNaNTokensAreAccepted() =>
        Assert.Equal(LlamaOf("").PlanId, LlamaOf("\"time_step_limit\": [0.0, Infinity, -Infinity, NaN]").PlanId);

    [Fact]
    public void ADirectoryMeansItsConfig()
    {
        using Workspace workspace = new();
        string config = workspace.Write("model/config.json", Config("llama", "LlamaForCausalLM", ""));
        Assert.Equal(Planner.Create(new PlanRequest { Model = config }).PlanId, Planner.Create(new PlanRequest { Model = Path.GetDirectoryName(config)! }).PlanId);
        string problem = Assert.Single(Workspace.ProblemsOf(() => Planner.Create(new PlanRequest { Model = workspace.Path })));
        Assert.Contains("config.json", problem);
    }

    [Fact]
    public void SizesThatWereAssumedAreShown()
    {
        using Workspace workspace = new();
        Plan plan = workspace.Plan("""{"model_type": "mistral", "num_hidden_layers": 1}""");
        Assert.Contains("hidden_size = 4096", Assert.Single(plan.Warnings));
        Assert.Contains("\"intermediate_size\": 14336", plan.ConfigJson);
    }

    [Theory]
    [InlineData("zero hidden size", "\"hidden_size\": 48", "\"hidden_size\": 0", "hidden_size: expected a whole number of 1 or more")]
    [InlineData("negative vocabulary", "\"vocab_size\": 101", "\"vocab_size\": -5", "vocab_size: expected")]
    [InlineData("decimal point", "\"hidden_size\": 48", "\"hidden_size\": 48.0", "hidden_size: expected a whole number, written without decimal point and exponent, found the number 48.0")]
    [InlineData("fraction", "\"vocab_size\": 101", "\"vocab_size\": 101.5", "found the number 101.5")]
    [InlineData("text", "\"vocab_size\": 101", "\"vocab_size\": \"101\"", "found the text '101'")]
    [InlineData("overflowing number", "\"vocab_size\": 101", "\"vocab_size\": 99999999999999999999", "below 2^63")]
    [InlineData("overflowing shape", "\"vocab_size\": 101", "\"vocab_size\": 9223372036854775807", "2^63 or more elements")]
    [InlineData("overflowing heads", "\"num_attention_heads\": 6", "\"num_attention_heads\": 9223372036854775807, \"head_dim\": 2", "is 2^63 or more")]
    [InlineData("too many layers", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1000000000", "from 0 to 10000")]
    [InlineData("heads that do not divide", "\"num_attention_heads\": 6", "\"num_attention_heads\": 7", "no multiple of num_attention_heads")]
    [InlineData("flag that is no flag", "\"vocab_size\": 101", "\"vocab_size\": 101, \"tie_word_embeddings\": \"yes\"", "expected true or false")]
    [InlineData("padding row outside", "\"vocab_size\": 101", "\"vocab_size\": 101, \"pad_token_id\": 101", "pad_token_id")]
    [InlineData("unknown dtype", "\"vocab_size\": 101", "\"vocab_size\": 101, \"torch_dtype\": \"int3\"", "torch_dtype: expected one of")]
    [InlineData("range that is a text", "\"vocab_size\": 101", "\"vocab_size\": 101, \"initializer_range\": \"0.05\"", "initializer_range: expected a number or null, found the text '0.05'")]
    [InlineData("range that is a flag", "\"vocab_size\": 101", "\"vocab_size\": 101, \"initializer_range\": true", "initializer_range: expected a number or null")]
    [InlineData("negative range", "\"vocab_size\": 101", "\"vocab_size\": 101, \"initializer_range\": -0.5", "expected std of 0 or more")]
    [InlineData("infinite range", "\"vocab_size\": 101", "\"vocab_size\": 101, \"initializer_range\": Infinity", "std is not a finite number")]
    public void BadValuesAreRefused(string what, string old, string @new, string expected)
    {
        Assert.NotEmpty(what);
        using Workspace workspace = new();
        string config = Config("llama", "LlamaForCausalLM", "").Replace(old, @new);
        Assert.Contains(workspace.ProblemsOf(config), problem => problem.Contains(expected, StringComparison.Ordinal));
    }

    [Fact]
    public void AnExplicitNullIsRefusedWhereTheLibraryRefusesIt()
    {
        using Workspace workspace = new();
        Assert.Contains("num_key_value_heads", Assert.Single(workspace.ProblemsOf(Config("mistral", "MistralForCausalLM", "\"num_key_value_heads\": null"))));
        Assert.Contains("head_dim", Assert.Single(workspace.ProblemsOf(Config("qwen3", "Qwen3ForCausalLM", "\"head_dim\": null"))));
    }

    [Fact]
    public void AllProblemsAreReportedTogetherWithTheirLines()
    {
        using Workspace workspace = new();
        IReadOnlyList<string> problems = workspace.ProblemsOf("{\"model_type\": \"llama\",\n\"vocab_size\": 0,\n\"hidden_size\": -1,\n\"torch_dtype\": 5}");
        Assert.Equal(3, problems.Count);
        Assert.Contains(problems, problem => problem.Contains("model.json:2: vocab_size", StringComparison.Ordinal));
        Assert.Contains(problems, problem => problem.Contains("model.json:4: torch_dtype", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""{"architectures": ["FalconForCausalLM"], "model_type": "falcon"}""", "'FalconForCausalLM'")]
    [InlineData("""{"architectures": ["LlamaForSequenceClassification"], "model_type": "llama"}""", "'LlamaForSequenceClassification'")]
    [InlineData("""{"model_type": "rwkv7"}""", "'rwkv7'")]
    [InlineData("""{"architecture": "resnet18d"}""", "'resnet18d'")]
    public void AnUnknownArchitectureIsOneMessageWithTheTwoWaysOn(string config, string name)
    {
        using Workspace workspace = new();
        string problem = Assert.Single(workspace.ProblemsOf(config));
        Assert.Contains(name, problem);
        Assert.Contains("\"tensors\"", problem);
        Assert.Contains(".safetensors", problem);
    }

    /// <summary>The name of a resnet says its blocks; a configuration that says others must not become the network of that name.</summary>
    [Theory]
    [InlineData("\"layers\": [3, 4, 6, 8]", "layers says what resnet50 is made of")]
    [InlineData("\"model_args\": {\"layers\": [2, 2, 2, 2]}", "model_args says what resnet50 is made of")]
    [InlineData("\"width_per_group\": 128", "width_per_group says")]
    [InlineData("\"num_features\": 1024", "num_features: expected 2048, what the last block of resnet50 gives, found 1024")]
    public void AResnetThatIsNotTheOneOfItsNameIsRefused(string more, string problem)
    {
        using Workspace workspace = new();
        Assert.Contains(problem, Assert.Single(workspace.ProblemsOf($"{{\"architecture\": \"resnet50\", {more}}}")));
    }

    private const string Gemma3 = """
        {"architectures": ["Gemma3ForConditionalGeneration"], "model_type": "gemma3", "torch_dtype": "bfloat16", "vision_config": {"hidden_size": 8},
         "text_config": {"model_type": "gemma3_text", "hidden_size": 48, "intermediate_size": 80, "num_hidden_layers": 2, "num_attention_heads": 2, "head_dim": 16, "vocab_size": 101}}
        """;

    [Fact]
    public void AWrapperIsRefusedAndTheChoiceNamed()
    {
        using Workspace workspace = new();
        string problem = Assert.Single(workspace.ProblemsOf(Gemma3));
        Assert.Contains("text_config, vision_config", problem);
        Assert.Contains("--part text", problem);
        Assert.Contains("\"tensors\"", problem);
        string unknown = Assert.Single(workspace.ProblemsOf("""{"architectures": ["OtherVisionModel"], "text_config": {"model_type": "llama"}}"""));
        Assert.Contains("OtherVisionModel", unknown);
        Assert.DoesNotContain("--part", unknown);
    }

    [Fact]
    public void TheTextPartOfAWrapperHasItsStoredNamesAndTheValuesOfTheModelAlone()
    {
        using Workspace workspace = new();
        Plan Of(string layout) => Planner.Create(new PlanRequest { Model = workspace.Write("config.json", Gemma3), Options = new ModelOptions { Part = "text", LayoutOf = layout } });
        Plan alone = workspace.Plan("""{"model_type": "gemma3_text", "torch_dtype": "bfloat16", "hidden_size": 48, "intermediate_size": 80, "num_hidden_layers": 2, "num_attention_heads": 2, "head_dim": 16, "vocab_size": 101}""");
        Plan stored = Of(ModelOptions.HuggingFace);
        Assert.Equal(alone.ValuesId, stored.ValuesId);
        Assert.Equal(alone.Tensors.Select(tensor => $"language_model.{tensor.Name}"), stored.Tensors.Select(tensor => tensor.Name));
        Assert.Equal("language_model.model.embed_tokens.weight", stored.Tied["language_model.lm_head.weight"]);
        Assert.All(stored.Tensors, tensor => Assert.Equal(DType.BF16, tensor.DType));
        Plan memory = Of(ModelOptions.HuggingFaceFused);
        Assert.Equal(alone.Tensors.Select(tensor => $"model.language_model.{tensor.Name[6..]}"), memory.Tensors.Select(tensor => tensor.Name));
        Assert.Equal("model.language_model.embed_tokens.weight", memory.Tied["lm_head.weight"]);
    }

    [Theory]
    [InlineData("""{"architectures": ["OtherVisionModel"], "text_config": {"model_type": "llama"}}""", "OtherVisionModel")]
    [InlineData("""{"model_type": "llama"}""", "describes one model")]
    [InlineData("""{"tensors": [{"name": "a", "shape": [1]}]}""", "lists its tensors itself")]
    public void APartThatIsNotThereIsRefused(string model, string expected)
    {
        using Workspace workspace = new();
        Assert.Contains(expected, Assert.Single(Workspace.ProblemsOf(() => Planner.Create(new PlanRequest { Model = workspace.Write("model.json", model), Recipe = "hf", Options = new ModelOptions { Part = "text" } }))));
    }

    [Fact]
    public void ContradictingKeysAreRefused()
    {
        using Workspace workspace = new();
        Assert.Contains("model_type is 'mistral'", Assert.Single(workspace.ProblemsOf(Config("mistral", "LlamaForCausalLM", ""))));
    }

    [Fact]
    public void AMisspeltBuiltInNameSuggestsTheNearest() =>
        Assert.Contains("did you mean 'llama-3.2-1b'?", Assert.Single(Workspace.ProblemsOf(() => Planner.Create(new PlanRequest { Model = "lama-3.2-1b" }))));
}
