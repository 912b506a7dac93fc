using System.Security.Cryptography;
using ShardInit.Client.CommandLine;
using ShardInit.Client.Tests.Support;
using static ShardInit.Client.Tests.Support.CommandLineRun;

namespace ShardInit.Client.Tests;

/// <summary>How the work is cut never shows in a value; what only decides how it runs never shows in a byte of the directory.</summary>
public sealed class SplitInvarianceTests : IDisposable
{
    private static readonly string[] s_tensors = ["model.embed_tokens.weight", "model.layers.1.mlp.down_proj.weight", "model.layers.0.self_attn.k_proj.weight", "model.norm.weight"];

    private readonly Scratch _scratch = new();
    private readonly string _config;
    private int _directories;

    public SplitInvarianceTests() => _config = _scratch.Write("config.json", Models.TinyLlama);

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void Sizes_and_digest_kinds_change_no_value()
    {
        string expected = Values(Init());
        string[][] cuts =
        [
            ["--shard-size", "4KiB"], ["--shard-size", "40000"], ["--tile-size", "4KiB"], ["--tile-size", "5000"], ["--tile-size", "12345", "--shard-size", "23456"], ["--digest", "sha256"],
        ];
        foreach (string[] cut in cuts) Assert.Equal(expected, Values(Init(cut)));
    }

    [Fact]
    public void Threads_and_lanes_change_no_byte_of_the_directory()
    {
        string[] cut = ["--tile-size", "4KiB", "--shard-size", "32KiB"];
        string expected = Scratch.Fingerprint(Init(cut));
        foreach (string threads in new[] { "1", "2", "3", "16" }) Assert.Equal(expected, Scratch.Fingerprint(Init([.. cut, "--threads", threads])));
        foreach (string lanes in new[] { "1", "128", "256", "512" }) Assert.Equal(expected, Scratch.Fingerprint(Init([.. cut, "--lanes", lanes])));
        Assert.Equal(expected, Scratch.Fingerprint(Init([.. cut, "--device", "cpu", "--engine", "local", "--format", "arrow", "--layout-of", "hf"])));
    }

    [Fact]
    public void Slices_put_together_are_the_whole()
    {
        string directory = Init("--tile-size", "4KiB");
        byte[] whole = Read(directory, s_tensors[1]);
        Assert.Equal(64 * 172 * 2, whole.Length);
        byte[] rows = [.. Enumerable.Range(0, 64).SelectMany(row => Read(directory, s_tensors[1], row % 2 == 0 ? $"{row}" : $"{row}:{row + 1},:"))];
        Assert.Equal(whole, rows);
        // Columns: each slice is row-major in itself.
        byte[] columns = new byte[whole.Length];
        foreach ((int start, int end) in new[] { (0, 1), (1, 100), (100, 172) })
        {
            byte[] part = Read(directory, s_tensors[1], $":,{start}:{end}");
            for (int row = 0; row < 64; row++) part.AsSpan(row * (end - start) * 2, (end - start) * 2).CopyTo(columns.AsSpan(((row * 172) + start) * 2));
        }
        Assert.Equal(whole, columns);
    }

    [Fact]
    public void A_narrow_dtype_is_the_rounding_of_float32()
    {
        string narrow = Init("--dtype", "bf16");
        string wide = Init("--dtype", "f32");
        foreach (string tensor in s_tensors)
        {
            byte[] rounded = Read(narrow, tensor);
            byte[] exact = Read(wide, tensor);
            Assert.Equal(rounded.Length * 2, exact.Length);
            for (int i = 0; i < rounded.Length / 2; i++)
            {
                uint bits = BitConverter.ToUInt32(exact, 4 * i);
                // Round to nearest, ties to even, on the upper half of the bits.
                uint expected = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16;
                Assert.Equal(expected, BitConverter.ToUInt16(rounded, 2 * i));
            }
        }
    }

    private string Init(params string[] options)
    {
        string directory = _scratch[$"out{_directories++}"];
        Expect(ExitCode.Done, ["init", _config, "--seed", "7", "--out", directory, "--quiet", .. options]);
        return directory;
    }

    private static string Values(string directory) => string.Join('\n', s_tensors.Select(tensor => Convert.ToHexStringLower(SHA256.HashData(Read(directory, tensor)))));

    private static byte[] Read(string directory, string tensor, string? slice = null) =>
        Expect(ExitCode.Done, ["read", directory, "--tensor", tensor, "--format", "raw", "--out", "-", .. slice is null ? Array.Empty<string>() : ["--slice", slice]]).OutputBytes;
}
