using System.Security.Cryptography;
using System.Text;
using ShardInit.Client.CommandLine;
using ShardInit.Client.Tests.Support;
using ShardInit.Storage;
using static ShardInit.Client.Tests.Support.CommandLineRun;

namespace ShardInit.Client.Tests;

/// <summary>A file of a sealed directory is gone or empty: what each command makes of it, by its exit code, in words of our own, and what is restored.</summary>
public sealed class DamageTableTests : IDisposable
{
    private const string Plan = "plan.json", Manifest = "manifest.json", Index = "index.arrow", Shard = "embedding.g0.arrow", Other = "head.g0.arrow";

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

    /// <summary>A directory has the name of one file: that cannot be mended, all else is, and the totals say so; once it is gone the same command mends the rest.</summary>
    [Theory]
    [InlineData(Shard)]
    [InlineData(Index)]
    [InlineData(Manifest)]
    public void What_cannot_be_mended_does_not_keep_the_rest_from_it(string file)
    {
        string directory = Copy("copy");
        string blocked = Path.Combine(directory, file), damaged = Path.Combine(directory, Other);
        File.Delete(blocked);
        Directory.CreateDirectory(Path.Combine(blocked, "inside"));
        byte[] bytes = File.ReadAllBytes(damaged);
        bytes[^200] ^= 1;
        File.WriteAllBytes(damaged, bytes);
        Outcome outcome = Expect(ExitCode.Defects, "verify", directory, "--repair", "--json");
        Assert.Contains(file, outcome.Error);
        Assert.DoesNotContain("this is a bug", outcome.Error);
        Assert.Matches("\"files_repaired\":1,\"defects_left\":[1-9]", outcome.OutputLines.Last());
        Assert.Equal(File.ReadAllBytes(Path.Combine(_scratch["sound"], Other)), File.ReadAllBytes(damaged));
        Directory.Delete(blocked, recursive: true);
        Expect(ExitCode.Done, "verify", directory, "--repair");
        Assert.Equal(_sound, Scratch.Fingerprint(directory));
    }

    /// <summary>A manifest of a newer release is not damage: everybody refuses it as usage of the wrong release, and nobody replaces it.</summary>
    [Theory]
    [InlineData("\"format\":1", "\"format\":2")]
    [InlineData("\"spec\":1", "\"spec\":2")]
    public void What_a_newer_release_has_sealed_is_refused_and_left_alone(string found, string newer)
    {
        string directory = Copy("copy");
        string path = Path.Combine(directory, Manifest);
        string text = File.ReadAllText(path);
        string body = text[..text.LastIndexOf(",\n", StringComparison.Ordinal)].Replace(found, newer, StringComparison.Ordinal);
        Assert.Contains(newer, body);
        File.WriteAllText(path, $"{body},\n\"digest\":\"sha256:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(body)))}\"\n}}\n");
        string before = Scratch.Fingerprint(directory);
        foreach (string[] command in new string[][] { ["verify", directory], ["verify", directory, "--repair"], ["resume", directory], ["read", directory, "--tensor", Tensor, "--out", _scratch["values"]],
            ["inspect", directory], ["status", directory], [.. _init, directory] })
        {
            Assert.Contains("a newer one may", Expect(ExitCode.Usage, command).Error);
            Assert.Equal(before, Scratch.Fingerprint(directory));
        }
    }

    private string Copy(string name)
    {
        Directory.CreateDirectory(_scratch[name]);
        foreach (string path in Directory.EnumerateFiles(_scratch["sound"])) File.Copy(path, Path.Combine(_scratch[name], Path.GetFileName(path)));
        return _scratch[name];
    }
}
