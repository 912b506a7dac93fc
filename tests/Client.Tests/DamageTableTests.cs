using ShardInit.Client.CommandLine;
using ShardInit.Client.Tests.Support;
using ShardInit.Storage;
using static ShardInit.Client.Tests.Support.CommandLineRun;

namespace ShardInit.Client.Tests;

/// <summary>A file of a sealed directory is gone or empty: what each command makes of it, by its exit code, in words of our own, and what is restored.</summary>
public sealed class DamageTableTests : IDisposable
{
    private const string Plan = "plan.json", Manifest = "manifest.json", Index = "index.arrow", Shard = "embedding.g0.arrow";

    /// <summary>Lies in <see cref="Shard"/>.</summary>
    private const string Tensor = "model.embed_tokens.weight";

    private readonly Scratch _scratch = new();
    private readonly string[] _init;
    private readonly string _sound;

    public DamageTableTests()
    {
        _init = ["init", _scratch.Write("config.json", Models.TinyLlama), "--tile-size", "16KiB", "--shard-size", "64KiB", "--quiet", "--out"];
        Expect(ExitCode.Done, [.. _init, _scratch["sound"]]);
        _sound = Scratch.Fingerprint(_scratch["sound"]);
    }

    public void Dispose() => _scratch.Dispose();

    /// <summary>
    /// Only verify judges, with 3 for damage; the others work as far as they can. Without plan.json nothing can. Without manifest.json a directory is unfinished, whoever took it
    /// away: a run that ended before it sealed leaves the same.
    /// </summary>
    public static TheoryData<string, string, int[]> Table => new()
    {
        // file, what happens to it, exit codes of verify, verify --repair, inspect, read, status, resume
        { Plan, "gone", [3, 3, 1, 1, 1, 1] },
        { Plan, "empty", [3, 3, 1, 1, 1, 1] },
        { Manifest, "gone", [1, 0, 0, 0, 0, 0] },
        { Manifest, "empty", [3, 0, 0, 0, 0, 0] },
        { Index, "gone", [3, 0, 0, 0, 0, 0] },
        { Index, "empty", [3, 0, 0, 0, 0, 0] },
        { Shard, "gone", [3, 0, 0, 1, 0, 0] },
        { Shard, "empty", [3, 0, 0, 1, 0, 0] },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public void Every_command_says_what_is_wrong_and_restores_what_can_be(string file, string what, int[] codes)
    {
        string[][] commands = [["verify"], ["verify", "--repair"], ["inspect"], ["read", "--tensor", Tensor, "--out", _scratch["values"]], ["status"], ["resume"]];
        for (int i = 0; i < commands.Length; i++)
        {
            string directory = Copy($"copy{i}");
            string path = Path.Combine(directory, file);
            File.Delete(path);
            if (what == "empty") File.WriteAllBytes(path, []);
            string damaged = Scratch.Fingerprint(directory);
            Outcome outcome = Run([commands[i][0], directory, .. commands[i][1..]]);
            string context = $"{file} {what}, {string.Join(' ', commands[i])}: {outcome}";
            Assert.True(outcome.ExitCode == codes[i], $"expected {codes[i]}: {context}");
            foreach (string foreign in new[] { "   at ", "System.", "Exception", "LineNumber", "this is a bug" }) Assert.False(outcome.Error.Contains(foreign, StringComparison.Ordinal), context);
            if (codes[i] != ExitCode.Done) Assert.True(outcome.Error.Contains(file, StringComparison.Ordinal), context);
            bool isMended = codes[i] == ExitCode.Done && (commands[i].Contains("--repair") || commands[i][0] == "resume");
            Assert.True((isMended ? _sound : damaged) == Scratch.Fingerprint(directory), context);
        }
    }

    /// <summary>What the message says to do is enough, and it says which plan is the right one.</summary>
    [Fact]
    public void A_lost_plan_comes_back_from_the_same_inputs()
    {
        string directory = Copy("copy");
        File.Delete(Path.Combine(directory, Plan));
        string id;
        using (Checkpoint sound = Checkpoint.Open(_scratch["sound"])) id = sound.Plan.PlanId;
        Outcome lost = Expect(ExitCode.Defects, "verify", directory, "--json");
        Assert.Contains($"plan_id {id}", lost.Error);
        Assert.Contains($"\"kind\":\"{DefectKinds.MissingFile}\"", lost.OutputLines.First());
        Expect(ExitCode.Done, [.. _init, _scratch["again"]]);
        File.Copy(Path.Combine(_scratch["again"], Plan), Path.Combine(directory, Plan));
        Expect(ExitCode.Done, "verify", directory, "--values");
        Assert.Equal(_sound, Scratch.Fingerprint(directory));
    }

    private string Copy(string name)
    {
        Directory.CreateDirectory(_scratch[name]);
        foreach (string path in Directory.EnumerateFiles(_scratch["sound"])) File.Copy(path, Path.Combine(_scratch[name], Path.GetFileName(path)));
        return _scratch[name];
    }
}
