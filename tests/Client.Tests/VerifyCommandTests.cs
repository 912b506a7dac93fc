using System.Text.Json;
using ShardInit.Client.CommandLine;
using ShardInit.Client.Tests.Support;
using ShardInit.Planning;
using ShardInit.Storage;
using static ShardInit.Client.Tests.Support.CommandLineRun;

namespace ShardInit.Client.Tests;

/// <summary>Any damage is found, named and mended to the identical bytes.</summary>
public sealed class VerifyCommandTests : IDisposable
{
    private readonly Scratch _scratch = new();
    private readonly string _directory;
    private readonly string _sound;

    public VerifyCommandTests()
    {
        _directory = _scratch["out"];
        Expect(ExitCode.Done, "init", _scratch.Write("config.json", Models.TinyLlama), "--out", _directory, "--tile-size", "16KiB", "--shard-size", "64KiB", "--quiet");
        _sound = Scratch.Fingerprint(_directory);
    }

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void A_sound_directory_passes_and_its_totals_add_up()
    {
        Outcome outcome = Expect(ExitCode.Done, "verify", _directory, "--values", "--json");
        JsonElement totals = JsonDocument.Parse(Assert.Single(outcome.OutputLines)).RootElement;
        Assert.Equal(0, totals.GetProperty("defects").GetInt32());
        Assert.True(totals.GetProperty("sealed").GetBoolean());
        Plan plan = PlanOf();
        Assert.Equal(plan.Files.Length, totals.GetProperty("files").GetInt32());
        Assert.Equal(plan.Files.Sum(file => file.Tiles.Length), totals.GetProperty("tiles").GetInt64());
        Assert.Equal(plan.PlanId, totals.GetProperty("plan_id").GetString());
        Assert.Equal(_sound, Scratch.Fingerprint(_directory));
    }

    [Theory]
    [InlineData("")]
    [InlineData("--values")]
    public void One_wrong_byte_is_named_by_file_tile_and_tensor_and_mended(string values)
    {
        (ShardFile file, int tile, string path, long offset) = SomeValueByte();
        string tensor = PlanOf().Tensors[file.Tiles[tile].Tensor].Name;
        Flip(path, offset);
        string[] options = values.Length == 0 ? [] : [values];

        Outcome found = Expect(ExitCode.Defects, ["verify", _directory, "--json", .. options]);
        JsonElement defect = JsonDocument.Parse(found.OutputLines.First()).RootElement;
        Assert.Equal(file.Name, defect.GetProperty("file").GetString());
        Assert.Equal(tile, defect.GetProperty("tile").GetInt32());
        Assert.Equal(tensor, defect.GetProperty("tensor").GetString());
        Assert.NotEmpty(defect.GetProperty("kind").GetString()!);
        Assert.Contains(file.Name, found.Error);
        string people = Expect(ExitCode.Defects, ["verify", _directory, .. options]).Output;
        Assert.Contains(file.Name, people);
        Assert.Contains($"tile {tile}", people);
        Assert.Contains(tensor, people);

        Outcome mended = Expect(ExitCode.Done, ["verify", _directory, "--repair", "--json", .. options]);
        Assert.Equal(1, JsonDocument.Parse(mended.OutputLines.Last()).RootElement.GetProperty("files_repaired").GetInt32());
        Assert.Equal(_sound, Scratch.Fingerprint(_directory));
        Expect(ExitCode.Done, "verify", _directory, "--values");
    }

    [Theory]
    [InlineData("resume")]
    [InlineData("verify", "--repair")]
    public void A_directory_sealed_with_another_plan_is_not_overwritten(string command, params string[] options)
    {
        string other = _scratch["other"];
        Expect(ExitCode.Done, "init", _scratch["config.json"], "--out", other, "--seed", "7", "--tile-size", "16KiB", "--shard-size", "64KiB", "--quiet");
        File.Copy(Path.Combine(other, "plan.json"), Path.Combine(_directory, "plan.json"), overwrite: true);
        string before = Scratch.Fingerprint(_directory);
        Outcome outcome = Expect(command == "resume" ? ExitCode.Failed : ExitCode.Defects, [command, _directory, .. options]);
        Assert.Contains("it was sealed as plan", outcome.Error);
        Assert.Equal(before, Scratch.Fingerprint(_directory));
    }

    [Theory]
    [InlineData("manifest.json")]
    [InlineData("index.arrow")]
    public void A_directory_in_place_of_a_file_is_a_defect_and_a_dangling_link_is_mended(string name)
    {
        string path = Path.Combine(_directory, name);
        File.Delete(path);
        Directory.CreateDirectory(path);
        Outcome outcome = Expect(ExitCode.Defects, "verify", _directory, "--json");
        JsonElement[] lines = [.. outcome.OutputLines.Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Contains(lines, line => line.TryGetProperty("kind", out JsonElement kind) && kind.GetString() == DefectKinds.Unreadable && line.GetProperty("file").GetString() == name);
        Assert.Equal(1, lines[^1].GetProperty("defects").GetInt32());

        Directory.Delete(path);
        File.CreateSymbolicLink(path, _scratch["nothing"]);
        Expect(ExitCode.Done, "verify", _directory, "--repair");
        Assert.Equal(_sound, Scratch.Fingerprint(_directory));
    }

    [Fact]
    public void A_foreign_file_is_for_the_reader_to_remove()
    {
        File.WriteAllText(Path.Combine(_directory, "notes.txt"), "mine");
        Outcome outcome = Expect(ExitCode.Defects, "verify", _directory);
        Assert.Contains("notes.txt: foreign_file", outcome.Error);
        Assert.Contains("remove it by hand, repair leaves such files alone", outcome.Error);
        Assert.DoesNotContain("--repair", outcome.Error);
    }

    [Fact]
    public void A_directory_in_place_of_a_shard_is_named_with_what_to_do()
    {
        string path = Path.Combine(_directory, PlanOf().Files[0].Name);
        File.Delete(path);
        Directory.CreateDirectory(path);
        Assert.Contains("a directory has this name; remove it", Expect(ExitCode.Defects, "verify", _directory, "--repair").Error);
    }

    [Fact]
    public void A_damaged_plan_is_a_defect_with_totals()
    {
        File.WriteAllText(Path.Combine(_directory, "plan.json"), "{");
        JsonElement[] lines = [.. Expect(ExitCode.Defects, "verify", _directory, "--json").OutputLines.Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal(2, lines.Length);
        Assert.Equal(DefectKinds.BadPlan, lines[0].GetProperty("kind").GetString());
        Assert.Equal(1, lines[1].GetProperty("defects_left").GetInt32());
    }

    [Fact]
    public void A_value_changed_together_with_its_digest_is_found_by_regenerating()
    {
        // What a digest cannot see: the tile and its recorded digest agree, the file digest is that of the manifest's kind only.
        Plan plan = PlanOf();
        int index = plan.Files.ToList().FindIndex(file => file.Name.StartsWith('L'));
        ShardLayout layout = ShardLayout.Of(plan, index);
        string path = Path.Combine(_directory, plan.Files[index].Name);
        Flip(path, layout.ValueOffset(0));
        byte[] bytes = File.ReadAllBytes(path);
        string digest = Digests.Compute(plan.DigestKind, bytes.AsSpan((int)layout.ValueOffset(0), (int)layout.ValueLength(0)));
        System.Text.Encoding.ASCII.GetBytes(digest).CopyTo(bytes.AsSpan((int)layout.DigestOffset(0)));
        File.WriteAllBytes(path, bytes);
        Assert.Contains(plan.Files[index].Name, Expect(ExitCode.Defects, "verify", _directory, "--values").Output);
        Expect(ExitCode.Done, "verify", _directory, "--values", "--repair");
        Assert.Equal(_sound, Scratch.Fingerprint(_directory));
    }

    [Fact]
    public void Every_kind_of_damage_to_a_file_is_mended()
    {
        (ShardFile _, int _, string path, long offset) = SomeValueByte();
        long length = new FileInfo(path).Length;
        (string What, Action Do)[] damages =
        [
            ("deleted", () => File.Delete(path)),
            ("emptied", () => File.WriteAllBytes(path, [])),
            ("cut", () => Truncate(path, length - 1)),
            ("cut in the middle", () => Truncate(path, length / 2)),
            ("longer", () => File.AppendAllText(path, "x")),
            ("first byte", () => Flip(path, 0)),
            ("last byte", () => Flip(path, length - 1)),
            ("before values", () => Flip(path, offset - 1)),
            ("manifest deleted", () => File.Delete(Path.Combine(_directory, "manifest.json"))),
            ("manifest damaged", () => Flip(Path.Combine(_directory, "manifest.json"), 40)),
            ("index deleted", () => File.Delete(Path.Combine(_directory, "index.arrow"))),
            ("index damaged", () => Flip(Path.Combine(_directory, "index.arrow"), 700)),
        ];
        foreach ((string what, Action damage) in damages)
        {
            damage();
            Outcome found = Run("verify", _directory);
            // A directory without its manifest is unfinished rather than wrong.
            Assert.True(found.ExitCode == (what == "manifest deleted" ? ExitCode.Failed : ExitCode.Defects), $"{what}: {found}");
            Assert.NotEmpty(found.Error);
            Outcome mended = Run("verify", _directory, "--repair");
            Assert.True(mended.ExitCode == ExitCode.Done, $"{what}: {mended}");
            Assert.True(_sound == Scratch.Fingerprint(_directory), $"{what}: the directory is not what it was");
        }
    }

    [Fact]
    public void Damage_of_several_files_is_reported_at_once()
    {
        string[] shards = [.. Directory.EnumerateFiles(_directory, "L*.arrow").Order()];
        foreach (string shard in shards) Flip(shard, new FileInfo(shard).Length / 2);
        Outcome found = Expect(ExitCode.Defects, "verify", _directory, "--json", "--threads", "3");
        Assert.All(shards, shard => Assert.Contains(Path.GetFileName(shard), found.Output));
        Expect(ExitCode.Done, "verify", _directory, "--repair", "--threads", "3");
        Assert.Equal(_sound, Scratch.Fingerprint(_directory));
    }

    [Fact]
    public void A_damaged_plan_is_a_defect_that_names_the_file()
    {
        string path = Path.Combine(_directory, "plan.json");
        foreach (string text in new[] { "", "{", "{}", File.ReadAllText(path).Replace("\"seed\"", "\"sead\"", StringComparison.Ordinal) })
        {
            File.WriteAllText(path, text);
            Outcome outcome = Expect(ExitCode.Defects, "verify", _directory);
            Assert.Contains("plan.json", outcome.Error);
            Assert.DoesNotContain("   at ", outcome.Error);
        }
    }

    [Theory]
    [InlineData("spec")]
    [InlineData("format")]
    public void A_plan_of_a_later_release_is_refused_as_such(string key)
    {
        string path = Path.Combine(_directory, "plan.json");
        string text = File.ReadAllText(path);
        string newer = System.Text.RegularExpressions.Regex.Replace(text, $"\"{key}\": ?1\\b", $"\"{key}\": 99");
        Assert.NotEqual(text, newer);
        File.WriteAllText(path, newer);
        foreach (string[] arguments in new[] { new[] { "verify", _directory }, ["resume", _directory], ["read", _directory, "--tensor", "model.norm.weight", "--out", "-"], ["inspect", _directory] })
        {
            Assert.Contains("99", Expect(ExitCode.Usage, arguments).Error);
        }
    }

    [Fact]
    public void An_unfinished_directory_is_incomplete_and_repair_completes_it()
    {
        string shard = Directory.EnumerateFiles(_directory, "L*.arrow").Order().First();
        File.Delete(Path.Combine(_directory, "manifest.json"));
        File.Delete(shard);
        Outcome outcome = Expect(ExitCode.Failed, "verify", _directory, "--json");
        Assert.Contains("resume", outcome.Error);
        JsonElement totals = JsonDocument.Parse(outcome.OutputLines.Last()).RootElement;
        Assert.False(totals.GetProperty("sealed").GetBoolean());
        Assert.Equal(1, totals.GetProperty("files_missing").GetInt32());
        // Wrong and unfinished is wrong.
        string other = Directory.EnumerateFiles(_directory, "L*.arrow").Order().Last();
        Flip(other, new FileInfo(other).Length / 2);
        Expect(ExitCode.Defects, "verify", _directory);
        Expect(ExitCode.Done, "verify", _directory, "--repair");
        Assert.Equal(_sound, Scratch.Fingerprint(_directory));
    }

    [Fact]
    public void What_is_no_checkpoint_is_a_wrong_word_not_a_defect()
    {
        Assert.Contains("plan.json", Expect(ExitCode.Usage, "verify", _scratch.Root).Error);
        Assert.Contains("nowhere", Expect(ExitCode.Usage, "verify", _scratch["nowhere"]).Error);
    }

    private Plan PlanOf()
    {
        using Checkpoint checkpoint = Checkpoint.Open(_directory);
        return checkpoint.Plan;
    }

    private (ShardFile File, int Tile, string Path, long Offset) SomeValueByte()
    {
        Plan plan = PlanOf();
        int index = plan.Files.ToList().FindIndex(file => file.Tiles.Length > 2 && file.Name.StartsWith('L'));
        ShardLayout layout = ShardLayout.Of(plan, index);
        return (plan.Files[index], 1, Path.Combine(_directory, plan.Files[index].Name), layout.ValueOffset(1) + (layout.ValueLength(1) / 2));
    }

    private static void Flip(string path, long offset)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.ReadWrite);
        file.Position = offset;
        int value = file.ReadByte();
        file.Position = offset;
        file.WriteByte((byte)(value ^ 0x10));
    }

    private static void Truncate(string path, long length)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Write);
        file.SetLength(length);
    }
}
