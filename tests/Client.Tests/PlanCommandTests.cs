using System.Text.Json;
using ShardInit.Client.CommandLine;
using ShardInit.Client.Tests.Support;
using static ShardInit.Client.Tests.Support.CommandLineRun;

namespace ShardInit.Client.Tests;

public sealed class PlanCommandTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void Json_is_one_object_with_the_published_keys()
    {
        string config = _scratch.Write("config.json", Models.TinyLlama);
        Outcome outcome = Expect(ExitCode.Done, "plan", config, "--seed", "18446744073709551615", "--json");
        JsonElement plan = JsonDocument.Parse(Assert.Single(outcome.OutputLines)).RootElement;
        Assert.Matches("^[0-9a-f]{64}$", plan.GetProperty("plan_id").GetString());
        Assert.Matches("^[0-9a-f]{64}$", plan.GetProperty("values_id").GetString());
        // Embedding 512x64; per layer q 64x64, k and v 32x64, o 64x64, gate and up 172x64, down 64x172, two norms; one last norm.
        const long Parameters = (512 * 64) + (2 * ((64 * 64 * 2) + (32 * 64 * 2) + (172 * 64 * 3) + (2 * 64))) + 64;
        Assert.Equal(Parameters, plan.GetProperty("parameters").GetInt64());
        Assert.Equal(2 * Parameters, plan.GetProperty("bytes").GetInt64());
        Assert.Equal(2 + (2 * 9), plan.GetProperty("tensors").GetInt32());
        Assert.True(plan.GetProperty("files").GetInt32() >= 3);
        Assert.Equal("18446744073709551615", plan.GetProperty("seed").GetString());
        Assert.StartsWith("hf@", plan.GetProperty("recipe").GetString());
        Assert.Equal("BF16", plan.GetProperty("dtype").GetString());
    }

    [Fact]
    public void Tensor_lines_are_in_name_order_with_resolved_numbers()
    {
        string config = _scratch.Write("config.json", Models.TinyLlama);
        JsonElement[] lines = [.. Expect(ExitCode.Done, "plan", config, "--tensors", "--json").OutputLines.Select(line => JsonDocument.Parse(line).RootElement)];
        string[] names = [.. lines.Select(line => line.GetProperty("name").GetString()!)];
        Assert.Equal(names.Order(StringComparer.Ordinal), names);
        JsonElement down = lines.Single(line => line.GetProperty("name").GetString() == "model.layers.1.mlp.down_proj.weight");
        Assert.Equal("BF16", down.GetProperty("dtype").GetString());
        Assert.Equal([64, 172], down.GetProperty("shape").EnumerateArray().Select(dim => dim.GetInt32()));
        Assert.Equal("normal", down.GetProperty("init").GetProperty("kind").GetString());
        Assert.Equal(0.02, down.GetProperty("init").GetProperty("std").GetDouble());
        string table = Expect(ExitCode.Done, "plan", config, "--tensors").Output;
        Assert.All(names, name => Assert.Contains(name, table));
    }

    [Fact]
    public void Settings_change_the_recipe_and_are_checked()
    {
        string config = _scratch.Write("config.json", Models.TinyLlama);
        string[] lines = [.. Expect(ExitCode.Done, "plan", config, "--recipe", "megatron", "--set", "init_method_std=0.01", "--set", "residual.std=1", "--tensors", "--json").OutputLines];
        JsonElement Init(string name) => lines.Select(line => JsonDocument.Parse(line).RootElement).Single(line => line.GetProperty("name").GetString() == name).GetProperty("init");
        Assert.Equal(0.01, Init("model.layers.1.mlp.up_proj.weight").GetProperty("std").GetDouble());
        Assert.Equal(1, Init("model.layers.1.mlp.down_proj.weight").GetProperty("std").GetDouble());
        Assert.Contains("did you mean init_method_std?", Expect(ExitCode.Usage, "plan", config, "--recipe", "megatron", "--set", "init_methd_std=1").Error);
        Assert.Contains("--set: expected each name once, found 'residual.std' again", Expect(ExitCode.Usage, "plan", config, "--recipe", "megatron", "--set", "residual.std=1", "--set", "residual.std=2").Error);
    }

    [Fact]
    public void People_see_seed_parameters_and_ids()
    {
        string config = _scratch.Write("config.json", Models.TinyLlama);
        string text = Expect(ExitCode.Done, "plan", config, "--seed", "42").Output;
        foreach (string part in new[] { "seed", "42", "parameters", "values_id", "plan_id", "hf@1" }) Assert.Contains(part, text);
    }

    [Fact]
    public void Ids_say_what_they_cover()
    {
        string config = _scratch.Write("config.json", Models.TinyLlama);
        (string Values, string Plan) usual = Ids();
        Assert.Equal(usual, Ids("--metadata", "run=1"));
        Assert.Equal((usual.Values, true), (Ids("--dtype", "f32").Values, Ids("--dtype", "f32").Plan != usual.Plan));
        Assert.Equal((usual.Values, true), (Ids("--shard-size", "64KiB").Values, Ids("--shard-size", "64KiB").Plan != usual.Plan));
        Assert.NotEqual(usual.Values, Ids("--seed", "1").Values);
        Assert.NotEqual(usual.Values, Ids("--namespace", "teacher").Values);

        (string Values, string Plan) Ids(params string[] options)
        {
            JsonElement plan = JsonDocument.Parse(Expect(ExitCode.Done, ["plan", config, "--json", .. options]).Output).RootElement;
            return (plan.GetProperty("values_id").GetString()!, plan.GetProperty("plan_id").GetString()!);
        }
    }

    [Fact]
    public void A_table_needs_a_recipe_and_says_which_there_are()
    {
        string table = _scratch.Write("table.json", Models.Table);
        Outcome without = Expect(ExitCode.Usage, "plan", table);
        Assert.Contains("hf", without.Error);
        string recipe = _scratch.Write("mine.yaml", Models.TableRecipe);
        Assert.Contains("enc.w", Expect(ExitCode.Done, "plan", table, "--recipe", recipe, "--tensors").Output);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("{", "")]
    [InlineData("[]", "")]
    [InlineData("{\"architectures\": [\"NoSuchModel\"], \"model_type\": \"nosuch\"}", "NoSuchModel")]
    [InlineData("{\"tensors\": [{\"name\": \"a\", \"shape\": [-1], \"dtype\": \"F32\"}]}", "-1")]
    [InlineData("{\"tensors\": [{\"name\": \"a\", \"shape\": [9223372036854775807, 9223372036854775807], \"dtype\": \"F32\"}]}", "a")]
    [InlineData("{\"tensors\": [{\"name\": \"a\", \"shape\": [1], \"dtype\": \"F32\"}, {\"name\": \"a\", \"shape\": [1], \"dtype\": \"F32\"}]}", "a")]
    public void Bad_models_are_refused_with_their_path_and_nothing_is_written(string text, string part)
    {
        string path = _scratch.Write("model.json", text);
        Outcome outcome = Expect(ExitCode.Usage, "init", path, "--recipe", "hf", "--out", _scratch["out"]);
        Assert.Contains("model.json", outcome.Error);
        Assert.Contains(part, outcome.Error);
        Assert.DoesNotContain("   at ", outcome.Error);
        Assert.False(Directory.Exists(_scratch["out"]));
    }

    [Fact]
    public void Deep_and_large_json_is_refused_quickly()
    {
        string deep = _scratch.Write("deep.json", new string('[', 100_000));
        Assert.Contains("deep.json", Expect(ExitCode.Usage, "plan", deep).Error);
        string truncated = _scratch.Write("config.json", Models.TinyLlama[..200]);
        Assert.Contains("config.json", Expect(ExitCode.Usage, "plan", truncated).Error);
    }

    [Fact]
    public void A_model_that_is_not_there_is_named() =>
        Assert.Contains(_scratch["nothing.json"], Expect(ExitCode.Usage, "plan", _scratch["nothing.json"]).Error);

    // 69,975 tensors; measured with nothing else running: 0.6 s and 170 MiB (README.md, "Numbers"). The heap has a hard limit here, the time is not for a busy machine to judge.
    [Fact]
    public void A_plan_of_a_trillion_parameters_is_small()
    {
        Outcome outcome = Finish(Start(Dotnet, [ProgramFile, "plan", "kimi-k2", "--json"], also: start => start.Environment["DOTNET_GCHeapHardLimit"] = "0x10000000"));
        Assert.True(outcome.ExitCode == ExitCode.Done, outcome.ToString());
        JsonElement plan = JsonDocument.Parse(outcome.Output).RootElement;
        Assert.Equal(69_975, plan.GetProperty("tensors").GetInt32());
        Assert.Equal(1_026_408_209_408, plan.GetProperty("parameters").GetInt64());
        Assert.Equal(2_052_816_510_976, plan.GetProperty("bytes").GetInt64());
    }

    [Fact]
    public void Options_that_choose_tensors_and_layout()
    {
        string Names(params string[] options) => Expect(ExitCode.Done, ["plan", .. options, "--tensors"]).Output;
        Assert.Contains("model.layers.0.block_sparse_moe.experts.7.w1.weight", Names("mixtral-8x7b"));
        Assert.Contains("model.layers.0.mlp.experts.gate_up_proj ", Names("mixtral-8x7b", "--layout-of", "hf-fused"));
        string wrapper = _scratch.Write("config.json", """{"architectures": ["LlavaForConditionalGeneration"], "text_config": {"model_type": "llama", "num_hidden_layers": 1}, "vision_config": {}}""");
        Assert.Contains("--part text", Expect(ExitCode.Usage, "plan", wrapper).Error);
        Assert.Contains("language_model.model.layers.0.mlp.up_proj.weight", Names(wrapper, "--part", "text"));
        Assert.Contains("--mtp", Expect(ExitCode.Usage, "plan", "llama-3.2-1b", "--mtp").Error);
        string deepseek = _scratch.Write("deepseek.json", """{"model_type": "deepseek_v3", "num_hidden_layers": 1, "num_nextn_predict_layers": 1, "n_routed_experts": 2, "hidden_size": 64}""");
        Assert.DoesNotContain("eh_proj", Names(deepseek));
        Assert.Contains("model.layers.1.eh_proj.weight", Names(deepseek, "--mtp"));
    }

    [Fact]
    public void Built_in_models_and_recipes_are_listed_and_work()
    {
        JsonElement first = JsonDocument.Parse(Expect(ExitCode.Done, "models", "--json").OutputLines.First()).RootElement;
        string name = first.GetProperty("name").GetString()!;
        Assert.Contains(name, Expect(ExitCode.Done, "models").Output);
        JsonElement plan = JsonDocument.Parse(Expect(ExitCode.Done, "plan", name, "--json").Output).RootElement;
        Assert.Equal(first.GetProperty("parameters").GetInt64(), plan.GetProperty("parameters").GetInt64());
        // A configuration that is printed, and may be changed, plans the same model.
        string shown = _scratch.Write("shown.json", Expect(ExitCode.Done, "models", "show", name).Output);
        Assert.Equal(plan.GetProperty("plan_id").GetString(), JsonDocument.Parse(Expect(ExitCode.Done, "plan", shown, "--json").Output).RootElement.GetProperty("plan_id").GetString());
        Assert.Contains("did you mean gpt2?", Expect(ExitCode.Usage, "models", "show", "gpt3").Error);
        Assert.Contains("gpt2", Expect(ExitCode.Done, "recipes").Output);
        string yaml = Expect(ExitCode.Done, "recipes", "show", "hf").Output;
        Assert.Contains("rules:", yaml);
        Assert.Equal(yaml.TrimEnd('\n'), JsonDocument.Parse(Expect(ExitCode.Done, "recipes", "show", "hf", "--json").Output).RootElement.GetProperty("yaml").GetString()!.TrimEnd('\n'));
    }
}
