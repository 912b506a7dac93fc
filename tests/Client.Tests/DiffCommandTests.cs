using System.Text.Json;
using ShardInit.Client.CommandLine;
using ShardInit.Client.Tests.Support;
using static ShardInit.Client.Tests.Support.CommandLineRun;

namespace ShardInit.Client.Tests;

public sealed class DiffCommandTests : IDisposable
{
    private const string Mixtral = """
        {"model_type": "mixtral", "hidden_size": 24, "intermediate_size": 40, "num_hidden_layers": 1, "num_attention_heads": 4, "num_key_value_heads": 2, "num_local_experts": 3, "vocab_size": 60}
        """;

    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    private string Init(string name, string config, params string[] options)
    {
        Expect(ExitCode.Done, ["init", _scratch.Write($"{name}.json", config), "--out", _scratch[name], "--quiet", .. options]);
        return _scratch[name];
    }

    [Fact]
    public void Inputs_come_before_tensors()
    {
        string a = Init("a", Models.TinyLlama);
        string b = Init("b", Models.TinyLlama.Replace("\"initializer_range\": 0.02", "\"initializer_range\": 0.03", StringComparison.Ordinal), "--seed", "1");
        string[] lines = [.. Expect(ExitCode.Done, "diff", a, b).OutputLines];
        Assert.Equal("seed: 0 in A, 1 in B", lines[0]);
        Assert.Equal("config initializer_range: 0.02 in A, 0.03 in B", lines[1]);
        Assert.Equal("tensor model.embed_tokens.weight: normal mean 0 std 0.02 in A, normal mean 0 std 0.03 in B", lines[2]);
        Assert.Equal("the values differ", lines[^1]);

        JsonElement[] objects = [.. Expect(ExitCode.Done, "diff", a, Path.Combine(b, "plan.json"), "--json").OutputLines.Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal(("seed", "0", "1"), (objects[0].GetProperty("input").GetString(), objects[0].GetProperty("a").GetString(), objects[0].GetProperty("b").GetString()));
        Assert.False(objects[^1].GetProperty("same_values").GetBoolean());
        Assert.Equal(objects.Length - 1, objects[^1].GetProperty("inputs").GetInt32() + objects[^1].GetProperty("tensors").GetInt32());
    }

    [Fact]
    public void The_same_plan_says_so()
    {
        string a = Init("a", Models.TinyLlama);
        Assert.StartsWith("the same plan", Assert.Single(Expect(ExitCode.Done, "diff", a, Init("b", Models.TinyLlama, "--threads", "1")).OutputLines));
    }

    [Fact]
    public void Another_layout_has_the_same_values()
    {
        string a = Init("a", Mixtral);
        string b = Init("b", Mixtral, "--layout-of", "hf-fused");
        string[] lines = [.. Expect(ExitCode.Done, "diff", a, b).OutputLines];
        Assert.Contains("tensor model.layers.0.mlp.experts.gate_up_proj: in B only", lines);
        Assert.StartsWith("the same values_id", lines[^1]);
        // Both are written and checked like any other.
        foreach (string directory in new[] { a, b }) Expect(ExitCode.Done, "verify", directory, "--values");
    }

    [Fact]
    public void What_is_no_plan_is_named()
    {
        string a = Init("a", Models.TinyLlama);
        Assert.Contains("nothing", Expect(ExitCode.Usage, "diff", a, _scratch["nothing"]).Error);
        Assert.Contains("found a file that is no plan", Expect(ExitCode.Usage, "diff", _scratch.Write("c.json", Models.TinyLlama), a).Error);
    }
}
