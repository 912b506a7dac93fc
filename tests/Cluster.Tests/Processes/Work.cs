using System.Text.Json;
using ShardInit.Cluster.Tests.Support;

namespace ShardInit.Cluster.Tests.Processes;

/// <summary>Models and plans of the tests, what one local run makes of them, and the client as a process.</summary>
internal sealed class Work(ClusterOfProcesses cluster)
{
    private const string RecipeText = """
        name: t
        rules:
          - match: "*"
            init: normal
            args: {mean: 0, std: 0.5}
        """;

    private string? _settings;

    public string Settings => _settings ??= cluster.ClientSettings(certificate: cluster.HasCertificates ? cluster.Certificates.Client("tester") : null);

    /// <summary>A plan of so many files of the given size.</summary>
    public string[] Plan(int files, int fileKiB = 256, int seed = 3, string name = "w")
    {
        string table = Path.Combine(cluster.Folder, $"{name}-{files}-{fileKiB}.json"), recipe = Path.Combine(cluster.Folder, "recipe.yaml");
        File.WriteAllText(table, $$"""{"tensors": [{"name": "{{name}}", "shape": [{{files}}, {{fileKiB * 256}}], "dtype": "F32"}]}""");
        File.WriteAllText(recipe, RecipeText);
        return [table, "--recipe", recipe, "--seed", $"{seed}", "--shard-size", $"{fileKiB}KiB", "--tile-size", $"{fileKiB}KiB"];
    }

    /// <summary>Fingerprint of what one local process writes.</summary>
    public async Task<string> Local(string[] plan)
    {
        string directory = Path.Combine(cluster.Folder, $"local-{Guid.NewGuid():N}");
        await Shardinit.Expect(0, ["init", .. plan, "--out", directory, "--engine", "local", "--quiet"]);
        string fingerprint = ClusterOfProcesses.Fingerprint(directory);
        Directory.Delete(directory, recursive: true);
        return fingerprint;
    }

    public Task<Outcome> Submit(string[] plan, string output, params string[] more) => Shardinit.Run(["submit", .. plan, "--out", output, "--cluster", Settings, .. more]);

    /// <summary>Submits and insists that it was taken.</summary>
    public async Task<string> Submitted(string[] plan, string output, params string[] more)
    {
        Outcome outcome = await Submit(plan, output, [.. more, "--json"]);
        Assert.True(outcome.ExitCode == 0, outcome.ToString());
        return JsonDocument.Parse(outcome.Output.Split('\n')[0]).RootElement.GetProperty("job").GetString()!;
    }

    public async Task<JsonElement> Status(string job)
    {
        Outcome outcome = await Shardinit.Run("status", job, "--cluster", Settings, "--json");
        Assert.True(outcome.ExitCode == 0, outcome.ToString());
        return JsonDocument.Parse(outcome.Output).RootElement;
    }

    /// <summary>Waits until the directory is sealed: by the files, which are the truth.</summary>
    public Task IsSealed(string output) => Eventually.IsAsync(() => File.Exists(Path.Combine(cluster.At(output), "manifest.json")), $"{output} is sealed");
}
