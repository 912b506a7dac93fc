using ShardInit.Client.CommandLine;
using ShardInit.Client.Tests.Support;
using static ShardInit.Client.Tests.Support.CommandLineRun;

namespace ShardInit.Client.Tests;

/// <summary>The plan.json and manifest.json that docs/plan-format.md and docs/format.md show are what the program writes, byte for byte.</summary>
public sealed class DocumentedFilesTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void The_examples_are_written_byte_for_byte()
    {
        string table = _scratch.Write("table.json", Shown("plan-format.md", "table.json"));
        string recipe = _scratch.Write("mine.yaml", Shown("plan-format.md", "mine.yaml"));
        Expect(ExitCode.Done, "init", table, "--recipe", recipe, "--out", _scratch["out"], "--quiet");
        Assert.Equal(Shown("plan-format.md", "plan.json"), File.ReadAllText(_scratch["out/plan.json"]));
        Assert.Equal(Shown("format.md", "manifest.json"), File.ReadAllText(_scratch["out/manifest.json"]));
    }

    [Fact]
    public void Without_files_the_manifest_ends_its_lists_as_documented()
    {
        string table = _scratch.Write("table.json", """{"tensors": [{"name": "none", "shape": [0, 7], "dtype": "F32"}]}""");
        string recipe = _scratch.Write("mine.yaml", "name: mine\nrules:\n  - {match: '*', init: zeros}\n");
        Expect(ExitCode.Done, "init", table, "--recipe", recipe, "--out", _scratch["out"], "--quiet");
        string manifest = File.ReadAllText(_scratch["out/manifest.json"]);
        if (Directory.EnumerateFiles(_scratch["out"], "*.g*.arrow").Any()) Assert.Contains("}\n],\n\"digest\":", manifest);
        else Assert.Contains("\"groups\":[\n],\n\"files\":[\n],\n\"digest\":", manifest);
    }

    private static string Shown(string document, string name)
    {
        string text = File.ReadAllText(SourceTree.PathOf("docs", document));
        string[] behind = text.Split($"<!-- {name}: a test compares -->\n");
        Assert.True(behind.Length == 2, $"docs/{document}: expected one example of {name}, found {behind.Length - 1}");
        string block = behind[1][(behind[1].IndexOf('\n', StringComparison.Ordinal) + 1)..];
        return block[..block.IndexOf("```", StringComparison.Ordinal)];
    }
}
