using System.Text.Json;
using ShardInit.Client.CommandLine;
using ShardInit.Client.Tests.Support;
using static ShardInit.Client.Tests.Support.CommandLineRun;

namespace ShardInit.Client.Tests;

/// <summary>The example plug-in, built as its project says, through every command.</summary>
public sealed class PluginTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    /// <summary>Builds the example, or another state of it, in a folder of its own: outside the tree nothing of the tree's settings counts.</summary>
    private string Build(string folder, Func<string, string>? change = null)
    {
        string source = Directory.CreateDirectory(_scratch[folder]).FullName;
        File.Copy(SourceTree.PathOf("examples", "plugin", "Stripes.csproj"), Path.Combine(source, "Stripes.csproj"));
        string code = File.ReadAllText(SourceTree.PathOf("examples", "plugin", "Stripes.cs"));
        File.WriteAllText(Path.Combine(source, "Stripes.cs"), change is null ? code : change(code));
        Outcome outcome = Finish(Start(Dotnet, ["build", "-c", "Release", "-v", "q", "-nologo", "-nr:false", "-p:UseSharedCompilation=false", $"-p:ShardInit={Path.GetDirectoryName(ProgramFile)}", "-o", Path.Combine(source, "out")], source));
        Assert.True(outcome.ExitCode == 0, outcome.ToString());
        return Path.Combine(source, "out", "Stripes.dll");
    }

    private static string Example(string file) => SourceTree.PathOf("examples", "plugin", file);

    private string[] Init(string directory, params string[] more) => ["init", Example("model.json"), "--recipe", Example("recipe.yaml"), "--out", _scratch[directory], .. more];

    [Fact]
    public void Values_need_exactly_the_assembly_that_the_plan_names()
    {
        string plugin = Build("first");
        string same = Build("second");
        string other = Build("third", code => code.Replace("* std : 0", "* std : -0f", StringComparison.Ordinal));
        Assert.Equal(Scratch.Sha256(plugin), Scratch.Sha256(same));

        Expect(ExitCode.Done, Init("out", "--plugin", plugin));
        Expect(ExitCode.Done, Init("again", "--plugin", same, "--threads", "2"));
        Assert.Equal(Scratch.Fingerprint(_scratch["out"]), Scratch.Fingerprint(_scratch["again"]));

        string plan = Expect(ExitCode.Done, "plan", Example("model.json"), "--recipe", Example("recipe.yaml"), "--plugin", plugin, "--tensors", "--json").Output;
        JsonElement init = JsonDocument.Parse(plan.Split('\n').Single(line => line.Contains("a.weight", StringComparison.Ordinal))).RootElement.GetProperty("init");
        Assert.Equal(("plugin", Scratch.Sha256(plugin), "Example.Stripes", 3.0, 0.125),
            (init.GetProperty("kind").GetString(), init.GetProperty("assembly").GetString(), init.GetProperty("type").GetString(), init.GetProperty("numbers").GetProperty("period").GetDouble(), init.GetProperty("numbers").GetProperty("std").GetDouble()));

        // What is stored needs no code of the user.
        Expect(ExitCode.Done, "verify", _scratch["out"]);
        Outcome read = Expect(ExitCode.Done, "read", _scratch["out"], "--tensor", "a.weight", "--format", "raw", "--out", "-");
        for (int row = 0; row < 6; row++) Assert.Equal(row % 3 != 0, read.OutputBytes.AsSpan(row * 128, 128).IndexOfAnyExcept((byte)0) < 0);

        Expect(ExitCode.Done, "verify", _scratch["out"], "--values", "--plugin", plugin);
        foreach (string[] command in (string[][])[["verify", _scratch["out"], "--values"], ["verify", _scratch["out"], "--repair"], ["resume", _scratch["out"]]])
        {
            Outcome without = Expect(ExitCode.Usage, command);
            Assert.Contains($"tensor 'a.weight': its values come from the plug-in Example.Stripes of the assembly with SHA-256 {Scratch.Sha256(plugin)}; give that file with --plugin", without.Error);
            Outcome another = Expect(ExitCode.Usage, [.. command, "--plugin", other]);
            Assert.Contains($"{other} has that type, but its SHA-256 is {Scratch.Sha256(other)}", another.Error);
        }

        // Another build is another plan.
        Assert.Contains("Example.Stripes", Expect(ExitCode.Usage, Init("out", "--plugin", other)).Error);

        File.Delete(Directory.GetFiles(_scratch["out"], "*.g0.arrow")[0]);
        Expect(ExitCode.Done, "verify", _scratch["out"], "--repair", "--plugin", plugin);
        Assert.Equal(Scratch.Fingerprint(_scratch["again"]), Scratch.Fingerprint(_scratch["out"]));
    }

    [Fact]
    public void What_is_no_plugin_is_refused_in_one_line()
    {
        Assert.Contains("init: 'plugin.stripes' is a plug-in: give its assembly with --plugin FILE", Expect(ExitCode.Usage, Init("out")).Error);
        Assert.Contains("missing.dll: expected a .NET assembly with initializers of your own, found no such file; check the path, or build it first", Expect(ExitCode.Usage, Init("out", "--plugin", _scratch["missing.dll"])).Error);
        Assert.Contains("found something else; give the .dll that 'dotnet build' wrote", Expect(ExitCode.Usage, Init("out", "--plugin", _scratch.Write("text.dll", "no assembly"))).Error);
        Assert.Contains("found YamlDotNet: compile", Expect(ExitCode.Usage, Init("out", "--plugin", Path.Combine(Path.GetDirectoryName(ProgramFile)!, "ShardInit.Core.dll"))).Error);
        // The program itself needs a library for command lines.
        Assert.Contains("System.CommandLine", Expect(ExitCode.Usage, Init("out", "--plugin", ProgramFile)).Error);
    }

    [Fact]
    public void Code_that_fails_or_leaves_the_range_ends_the_run_with_its_name()
    {
        string throws = Build("throws", code => code.Replace("run.Normal(values);", "if (run.First >= 0) throw new InvalidOperationException(\"out of stripes\");", StringComparison.Ordinal));
        Assert.Contains("tensor 'a.weight': the plug-in Example.Stripes failed at elements 0 to 383: InvalidOperationException: out of stripes", Expect(ExitCode.Usage, Init("throws-out", "--plugin", throws)).Error);
        string infinite = Build("infinite", code => code.Replace("values[i] * std : 0", "values[i] * std : 1 / 0f", StringComparison.Ordinal));
        Assert.Contains("Example.Stripes gave", Expect(ExitCode.Usage, Init("infinite-out", "--plugin", infinite)).Error);
    }
}
