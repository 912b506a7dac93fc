using System.Text.Json;
using ShardInit.Client.CommandLine;
using ShardInit.Client.Tests.Support;
using static ShardInit.Client.Tests.Support.CommandLineRun;

namespace ShardInit.Client.Tests;

public sealed class InitCommandTests : IDisposable
{
    private readonly Scratch _scratch = new();
    private readonly string _config;

    public InitCommandTests() => _config = _scratch.Write("config.json", Models.TinyLlama);

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void It_writes_seals_and_tells_the_seed_and_the_ids()
    {
        string directory = _scratch["out"];
        Outcome outcome = Expect(ExitCode.Done, "init", _config, "--seed", "42", "--out", directory);
        Assert.Contains("sealed", outcome.Error);
        Assert.Contains("seed 42", outcome.Output);
        Assert.Matches("(?m)^values_id [0-9a-f]{64}$", outcome.Output);
        Assert.Matches("(?m)^plan_id [0-9a-f]{64}$", outcome.Output);
        string[] names = [.. Directory.EnumerateFileSystemEntries(directory).Select(path => Path.GetFileName(path))];
        Assert.Contains("plan.json", names);
        Assert.Contains("manifest.json", names);
        Assert.Contains("index.arrow", names);
        Assert.DoesNotContain(names, name => name.StartsWith('.'));
        Expect(ExitCode.Done, "verify", directory);
        Expect(ExitCode.Done, "verify", directory, "--values");
    }

    [Fact]
    public void Json_has_the_keys_of_plan_and_what_was_done()
    {
        JsonElement first = Json();
        JsonElement plan = JsonDocument.Parse(Expect(ExitCode.Done, "plan", _config, "--json").Output).RootElement;
        foreach (JsonProperty property in plan.EnumerateObject()) Assert.Equal(property.Value.GetRawText(), first.GetProperty(property.Name).GetRawText());
        Assert.Equal("sealed", first.GetProperty("status").GetString());
        Assert.Equal(plan.GetProperty("bytes").GetInt64(), first.GetProperty("bytes_written").GetInt64());
        Assert.Equal(plan.GetProperty("files").GetInt32(), first.GetProperty("files_written").GetInt32());
        JsonElement second = Json();
        Assert.Equal("already sealed", second.GetProperty("status").GetString());
        Assert.Equal(0, second.GetProperty("bytes_written").GetInt64());

        JsonElement Json() => JsonDocument.Parse(Assert.Single(Expect(ExitCode.Done, "init", _config, "--out", _scratch["out"], "--json").OutputLines)).RootElement;
    }

    [Fact]
    public void Quiet_says_nothing()
    {
        Outcome outcome = Expect(ExitCode.Done, "init", _config, "--out", _scratch["out"], "--quiet");
        Assert.Empty(outcome.Output);
        Assert.Empty(outcome.Error);
    }

    [Fact]
    public void A_sealed_directory_of_the_same_plan_is_left_alone()
    {
        string directory = _scratch["out"];
        Expect(ExitCode.Done, "init", _config, "--out", directory);
        string before = Scratch.Fingerprint(directory);
        Assert.Contains("already sealed", Expect(ExitCode.Done, "init", _config, "--out", directory).Error);
        Assert.Contains("already sealed", Expect(ExitCode.Done, "resume", directory).Error);
        Assert.Equal(before, Scratch.Fingerprint(directory));
    }

    [Fact]
    public void Missing_files_are_written_again_and_nothing_else()
    {
        string directory = _scratch["out"];
        Expect(ExitCode.Done, "init", _config, "--out", directory);
        string before = Scratch.Fingerprint(directory);
        string[] shards = [.. Directory.EnumerateFiles(directory, "L*.arrow").Order()];
        File.Delete(shards[0]);
        File.Delete(Path.Combine(directory, "manifest.json"));
        Outcome outcome = Expect(ExitCode.Done, "resume", directory, "--json");
        Assert.Equal(1, JsonDocument.Parse(outcome.Output).RootElement.GetProperty("files_written").GetInt32());
        Assert.Equal(before, Scratch.Fingerprint(directory));
    }

    [Fact]
    public void Another_plan_is_refused_with_the_differences_and_nothing_changes()
    {
        string directory = _scratch["out"];
        Expect(ExitCode.Done, "init", _config, "--seed", "1", "--out", directory);
        string before = Scratch.Fingerprint(directory);
        Outcome outcome = Expect(ExitCode.Usage, "init", _config, "--seed", "2", "--dtype", "f32", "--out", directory);
        Assert.Contains("another plan", outcome.Error);
        Assert.Contains("seed", outcome.Error);
        Assert.Equal(before, Scratch.Fingerprint(directory));
    }

    [Fact]
    public void A_directory_with_something_else_is_refused_by_the_name_of_a_file()
    {
        Directory.CreateDirectory(_scratch["out"]);
        _scratch.Write("out/thesis.tex", "precious");
        Outcome outcome = Expect(ExitCode.Usage, "init", _config, "--out", _scratch["out"]);
        Assert.Contains("thesis.tex", outcome.Error);
        Assert.Equal(["thesis.tex"], Directory.EnumerateFileSystemEntries(_scratch["out"]).Select(path => Path.GetFileName(path)));
    }

    [Fact]
    public void Resume_of_a_directory_without_a_plan_says_so()
    {
        Assert.Contains("plan.json", Expect(ExitCode.Usage, "resume", _scratch.Root).Error);
        Assert.Contains(_scratch["nowhere"], Expect(ExitCode.Usage, "resume", _scratch["nowhere"]).Error);
    }

    [SkippableTheory]
    [InlineData("/proc/shardinit-out")]
    [InlineData("file/below")]
    public void A_place_that_cannot_be_written_is_one_clear_failure(string place)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "needs Linux's /proc");
        _scratch.Write("file", "");
        Outcome outcome = Expect(ExitCode.Failed, "init", _config, "--out", place.StartsWith('/') ? place : _scratch[place]);
        Assert.DoesNotContain("   at ", outcome.Error);
        Assert.Contains("choose", outcome.Error);
    }

    [Fact]
    public void A_table_with_scalars_and_empty_tensors_goes_all_the_way()
    {
        string table = _scratch.Write("table.json", Models.Table);
        string recipe = _scratch.Write("mine.yaml", Models.TableRecipe);
        foreach (string digest in new[] { "crc32", "sha256" })
        {
            string directory = _scratch["out-" + digest];
            Expect(ExitCode.Done, "init", table, "--recipe", recipe, "--out", directory, "--tile-size", "4KiB", "--shard-size", "16KiB", "--digest", digest);
            Expect(ExitCode.Done, "verify", directory, "--values");
            Assert.Equal(4, Expect(ExitCode.Done, "read", directory, "--tensor", "enc.scale", "--format", "raw", "--out", "-").OutputBytes.Length);
            Assert.Empty(Expect(ExitCode.Done, "read", directory, "--tensor", "enc.none", "--format", "raw", "--out", "-").OutputBytes);
            byte[] half = BitConverter.GetBytes((Half)0.5f);
            Assert.Equal(Enumerable.Repeat(half, 5).SelectMany(bytes => bytes), Expect(ExitCode.Done, "read", directory, "--tensor", "out.bias", "--format", "raw", "--out", "-").OutputBytes);
        }
    }

    [Fact]
    public void User_metadata_is_kept_in_the_plan()
    {
        Expect(ExitCode.Done, "init", _config, "--out", _scratch["out"], "--metadata", "run=ablation-7", "--metadata", "note=a=b");
        string plan = File.ReadAllText(_scratch["out/plan.json"]);
        Assert.Contains("ablation-7", plan);
        Assert.Contains("a=b", plan);
    }
}
