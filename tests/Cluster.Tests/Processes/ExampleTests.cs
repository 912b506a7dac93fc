using System.Diagnostics;

namespace ShardInit.Cluster.Tests.Processes;

/// <summary>The program of examples/cluster-client, built with these tests, as a process of its own.</summary>
public sealed class ExampleTests
{
    private const string TinyLlama = """
        {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 64, "intermediate_size": 172, "num_hidden_layers": 1, "num_attention_heads": 4, "num_key_value_heads": 2,
         "vocab_size": 256, "max_position_embeddings": 128, "initializer_range": 0.02, "rms_norm_eps": 1e-5, "tie_word_embeddings": true, "torch_dtype": "bfloat16"}
        """;

    [Fact]
    public async Task The_example_submits_and_follows_its_job_to_the_end()
    {
        using ClusterOfProcesses cluster = await ClusterOfProcesses.Start(1);
        string model = Path.Combine(cluster.Folder, "config.json");
        File.WriteAllText(model, TinyLlama);
        Work work = new(cluster);
        Outcome done = await Run(model, "main/example", work.Settings);
        Assert.True(done.ExitCode == 0, done.ToString());
        Assert.Contains("Sealed: ", done.Output);
        await Shardinit.Expect(0, "verify", cluster.At("main/example"), "--values", "--quiet");
        Outcome refused = await Run(model, "nowhere/example", work.Settings);
        Assert.True(refused.ExitCode == 2 && refused.Output.StartsWith("refused: ", StringComparison.Ordinal), refused.ToString());
        Assert.Equal(2, (await Run(model)).ExitCode);
    }

    private static Task<Outcome> Run(params string[] arguments)
    {
        ProcessStartInfo info = new(Shardinit.Dotnet, [Path.Combine(AppContext.BaseDirectory, "cluster-client.dll"), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        return Shardinit.Finish(Process.Start(info)!);
    }
}
