using System.Diagnostics;
using System.Text;
using ShardInit.Client.CommandLine;
using ShardInit.Client.Tests.Support;
using ShardInit.Model;
using static ShardInit.Client.Tests.Support.CommandLineRun;

namespace ShardInit.Client.Tests;

public sealed class ReadCommandTests : IDisposable
{
    private const string Down = "model.layers.1.mlp.down_proj.weight";

    private readonly Scratch _scratch = new();
    private readonly string _directory;

    public ReadCommandTests()
    {
        _directory = _scratch["out"];
        Expect(ExitCode.Done, "init", _scratch.Write("config.json", Models.TinyLlama), "--out", _directory, "--tile-size", "8KiB", "--quiet");
    }

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void Npy_widens_bf16_and_raw_does_not()
    {
        byte[] raw = Read("--format", "raw", "--slice", "3:5,10");
        Assert.Equal(4, raw.Length);
        byte[] npy = Read("--format", "npy", "--slice", "3:5,10");
        Assert.Contains("'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), }", Encoding.Latin1.GetString(npy));
        Assert.Equal([0, 0, raw[0], raw[1], 0, 0, raw[2], raw[3]], npy[^8..]);
        Assert.Equal(npy, Read("--slice", "3:5,10"));
    }

    [Fact]
    public void Safetensors_holds_the_slice_under_the_name_of_the_tensor()
    {
        byte[] raw = Read("--format", "raw", "--slice", ":2");
        byte[] file = Read("--format", "safetensors", "--slice", ":2");
        int header = BitConverter.ToInt32(file, 0);
        Assert.Contains($"{{\"{Down}\":{{\"dtype\":\"BF16\",\"shape\":[2,172],\"data_offsets\":[0,688]}}}}", Encoding.UTF8.GetString(file, 8, header));
        Assert.Equal(raw, file[(8 + header)..]);
    }

    [Fact]
    public void A_file_holds_what_standard_output_would()
    {
        byte[] expected = Read("--format", "raw");
        string path = _scratch["w.raw"];
        File.WriteAllText(path, "older");
        Outcome outcome = Expect(ExitCode.Done, "read", _directory, "--tensor", Down, "--format", "raw", "--out", path);
        Assert.Empty(outcome.Output);
        Assert.Equal(expected, File.ReadAllBytes(path));
        Assert.DoesNotContain(Directory.EnumerateFiles(_scratch.Root), name => name.Contains(".tmp", StringComparison.Ordinal));
    }

    [Fact]
    public void A_file_of_a_checkpoint_is_never_the_target()
    {
        string before = Scratch.Fingerprint(_directory);
        string link = _scratch["link"], file = _scratch["w.npy"];
        File.CreateSymbolicLink(link, _directory);
        File.CreateSymbolicLink(file, Path.Combine(_directory, "plan.json"));
        foreach (string target in new[] { Path.Combine(_directory, "plan.json"), Path.Combine(_directory, "new.npy"), Path.Combine(link, "new.npy"), file })
        {
            Outcome outcome = Expect(ExitCode.Usage, "read", _directory, "--tensor", Down, "--out", target);
            Assert.Contains("--out: expected a file outside of checkpoints", outcome.Error);
        }
        Assert.Equal(before, Scratch.Fingerprint(_directory));
    }

    [Fact]
    public async Task A_link_keeps_pointing_where_it_did_and_a_pipe_takes_the_bytes()
    {
        byte[] expected = Read("--format", "raw", "--slice", "0");
        string target = _scratch["target.raw"], link = _scratch["link.raw"], pipe = _scratch["pipe"];
        File.WriteAllText(target, "older");
        File.CreateSymbolicLink(link, target);
        Expect(ExitCode.Done, "read", _directory, "--tensor", Down, "--format", "raw", "--slice", "0", "--out", link);
        Assert.Equal(target, File.ResolveLinkTarget(link, returnFinalTarget: false)!.FullName);
        Assert.Equal(expected, File.ReadAllBytes(target));

        if (!OperatingSystem.IsLinux()) return;
        using (Process made = Process.Start("mkfifo", pipe)) made.WaitForExit();
        Task<byte[]> reader = Task.Run(() =>
        {
            using FileStream stream = File.OpenRead(pipe);
            using MemoryStream all = new();
            stream.CopyTo(all);
            return all.ToArray();
        });
        Expect(ExitCode.Done, "read", _directory, "--tensor", Down, "--format", "raw", "--slice", "0", "--out", pipe);
        Assert.True(SpecialFiles.Is(pipe));
        Assert.Equal(expected, await reader.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.True(SpecialFiles.Is("/dev/null"));
        Assert.False(SpecialFiles.Is(target) || SpecialFiles.Is(link) || SpecialFiles.Is(_scratch.Root) || SpecialFiles.Is(_scratch["nothing"]));
    }

    [Theory]
    [InlineData("no.such.weight", "", "unknown tensor 'no.such.weight'")]
    [InlineData("model.layers.1.mlp.down_proj.weigth", "", "did you mean model.layers.1.mlp.down_proj.weight?")]
    [InlineData(Down, "64", "axis 0: expected indices inside 0:64, found '64'")]
    [InlineData(Down, "0:65,0:173", "axis 1: expected indices inside 0:172, found '0:173'")]
    [InlineData(Down, "5:5", "empty range '5:5'")]
    [InlineData(Down, "0:4:2", "found '0:4:2'")]
    [InlineData(Down, "-1", "found '-1'")]
    [InlineData(Down, "0,0,0", "expected at most 2 axes")]
    public void What_is_not_there_is_a_usage_error(string tensor, string slice, string message)
    {
        string[] options = slice.Length == 0 ? [] : [$"--slice={slice}"];
        Outcome outcome = Expect(ExitCode.Usage, ["read", _directory, "--tensor", tensor, "--out", _scratch["x"], .. options]);
        Assert.Contains(message, outcome.Error);
        Assert.False(File.Exists(_scratch["x"]));
    }

    [Fact]
    public void A_tied_name_says_whose_values_it_has()
    {
        Outcome outcome = Run("read", _directory, "--tensor", "lm_head.weight", "--format", "raw", "--out", "-");
        Assert.True(outcome.ExitCode == ExitCode.Done, outcome.ToString());
        Assert.Equal(Expect(ExitCode.Done, "read", _directory, "--tensor", "model.embed_tokens.weight", "--format", "raw", "--out", "-").OutputBytes, outcome.OutputBytes);
        Assert.Contains("model.embed_tokens.weight", outcome.Error);
    }

    [Fact]
    public void A_damaged_tile_gives_no_values()
    {
        byte[] whole = Read("--format", "raw");
        string path = Directory.EnumerateFiles(_directory, "L00001*.arrow").First();
        byte[] bytes = File.ReadAllBytes(path);
        int at = bytes.AsSpan().IndexOf(whole.AsSpan(0, 256));
        Assert.True(at > 0);
        bytes[at + 100] ^= 1;
        File.WriteAllBytes(path, bytes);
        string file = _scratch["w.raw"];
        Outcome outcome = Expect(ExitCode.Failed, "read", _directory, "--tensor", Down, "--format", "raw", "--out", file);
        Assert.Contains(Path.GetFileName(path), outcome.Error);
        Assert.Contains(Down, outcome.Error);
        Assert.Contains("repair", outcome.Error);
        Assert.False(File.Exists(file));
        // The rows of other tiles can still be had.
        Assert.Equal(whole[^344..], Read("--format", "raw", "--slice", "63"));
    }

    [Fact]
    public void An_unfinished_directory_gives_what_is_written_and_names_what_is_not()
    {
        byte[] whole = Read("--format", "raw");
        File.Delete(Path.Combine(_directory, "manifest.json"));
        Assert.Equal(whole, Read("--format", "raw"));
        string path = Directory.EnumerateFiles(_directory, "L00001*.arrow").First();
        File.Delete(path);
        Outcome outcome = Expect(ExitCode.Failed, "read", _directory, "--tensor", Down, "--out", "-");
        Assert.Contains(Path.GetFileName(path), outcome.Error);
        Assert.Contains("resume", outcome.Error);
    }

    [Fact]
    public void A_place_that_cannot_be_written_is_one_clear_failure()
    {
        Outcome outcome = Expect(ExitCode.Failed, "read", _directory, "--tensor", Down, "--out", _scratch["no/such/place/w.npy"]);
        Assert.Contains(_scratch["no/such/place"], outcome.Error);
        Assert.DoesNotContain("   at ", outcome.Error);
    }

    [SkippableFact]
    public void A_reader_that_leaves_and_a_full_device_are_no_crashes()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "needs /dev/full");
        string command = $"'{Dotnet}' '{ProgramFile}' read '{_directory}' --tensor model.embed_tokens.weight --out -";
        Outcome left = Shell($"set -o pipefail; for i in 1 2 3; do {command} | head -c 1 >/dev/null; done; {command} | true; echo \"${{PIPESTATUS[0]}}\"");
        Assert.Equal("0\n", left.Output);
        Assert.Empty(left.Error);
        Outcome full = Shell($"{command} > /dev/full");
        Assert.Equal(ExitCode.Failed, full.ExitCode);
        Assert.Contains("standard output", full.Error);
        Assert.DoesNotContain("   at ", full.Error);
    }

    [Fact]
    public void Inspect_shows_directory_tensor_and_single_file()
    {
        string all = Expect(ExitCode.Done, "inspect", _directory).Output;
        foreach (string part in new[] { "layer 1", "embedding", "seed", "LlamaForCausalLM" }) Assert.Contains(part, all);
        string one = Expect(ExitCode.Done, "inspect", _directory, "--tensor", Down).Output;
        foreach (string part in new[] { Down, "BF16", "[64, 172]", "normal", "0.02" }) Assert.Contains(part, one);
        Assert.Contains("did you mean", Expect(ExitCode.Usage, "inspect", _directory, "--tensor", "model.norm.wieght").Error);
        string shard = Directory.EnumerateFiles(_directory, "L00001*.arrow").First();
        File.Copy(shard, _scratch["alone.arrow"]);
        string file = Expect(ExitCode.Done, "inspect", _scratch["alone.arrow"]).Output;
        foreach (string part in new[] { Down, "plan_id", "layer 1" }) Assert.Contains(part, file);
        foreach (string[] arguments in new[] { new[] { "inspect", _directory, "--json" }, ["inspect", _directory, "--tensor", Down, "--json"], ["inspect", _scratch["alone.arrow"], "--json"] })
        {
            Assert.All(Expect(ExitCode.Done, arguments).OutputLines, line => System.Text.Json.JsonDocument.Parse(line).Dispose());
        }
    }

    [Fact]
    public void Inspect_of_something_else_says_what_it_is_not()
    {
        Outcome outcome = Expect(ExitCode.Failed, "inspect", _scratch.Write("text.arrow", "no arrow file at all"));
        Assert.Contains("text.arrow", outcome.Error);
        Assert.DoesNotContain("   at ", outcome.Error);
        Assert.Contains("nowhere", Expect(ExitCode.Usage, "inspect", _scratch["nowhere"]).Error);
        foreach (string name in new[] { "index.arrow", "plan.json" }) Assert.Contains("give the directory", Expect(ExitCode.Usage, "inspect", Path.Combine(_directory, name)).Error);
    }

    private byte[] Read(params string[] options) => Expect(ExitCode.Done, ["read", _directory, "--tensor", Down, "--out", "-", .. options]).OutputBytes;
}
