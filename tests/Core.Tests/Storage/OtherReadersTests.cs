using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;
using ShardInit.Planning;
using ShardInit.Storage;
using Xunit;

namespace ShardInit.Core.Tests.Storage;

/// <summary>
/// arrow-js, arrow-rs and DuckDB (tests/readers) see in our files what our own reader sees. Needs Node and <c>npm ci</c> in tests/readers, which the
/// test script runs; skipped only where Node is missing.
/// </summary>
public class OtherReadersTests
{
    [SkippableFact]
    public void Three_other_readers_see_the_same_tiles()
    {
        using TestDirectory directory = new();
        Plan portable = TestPlans.Portable(), large = TestPlans.Large();
        using (TestDirectory staging = new()) { staging.Write(portable); File.Copy(staging.File("layer-0.g0.arrow"), directory.File("portable.arrow")); }
        using (TestDirectory staging = new()) { staging.Write(large); File.Copy(staging.File("layer-0.g0.arrow"), directory.File("large.arrow")); }
        ShardReaderTests.WriteGolden(directory.File("golden64.arrow"), 64);
        ShardReaderTests.WriteGolden(directory.File("golden4096.arrow"), 4096);
        string[] files = [.. Directory.GetFiles(directory.Path), GoldenFiles.File(64), GoldenFiles.File(4096)];
        using JsonDocument answer = Ask(files);
        foreach (string file in files)
        {
            string expected = OurTiles(file);
            foreach (string reader in (string[])["arrow-js", "arrow-rs", "duckdb"])
            {
                Assert.Equal(expected, Normal(answer.RootElement.GetProperty(file).GetProperty(reader)));
            }
        }
    }

    /// <summary>DuckDB refuses half floats, which is why files without F16 have no such column: seen here so that a change is noticed.</summary>
    [SkippableFact]
    public void Half_floats_open_in_arrow_js_and_arrow_rs()
    {
        using TestDirectory directory = new();
        directory.Write(TestPlans.Small());
        string[] files = [directory.File("layer-0.g0.arrow"), directory.File("head.g0.arrow")];
        using JsonDocument answer = Ask(files);
        foreach (string file in files)
        {
            Assert.Equal(OurTiles(file), Normal(answer.RootElement.GetProperty(file).GetProperty("arrow-js")));
            Assert.Equal(OurTiles(file), Normal(answer.RootElement.GetProperty(file).GetProperty("arrow-rs")));
        }
        Assert.True(answer.RootElement.GetProperty(files[0]).GetProperty("duckdb").TryGetProperty("error", out _));
        Assert.Equal(OurTiles(files[1]), Normal(answer.RootElement.GetProperty(files[1]).GetProperty("duckdb")));
    }

    private static string OurTiles(string path)
    {
        using ShardReader reader = ShardReader.Open(path);
        List<object> tiles = [];
        for (int tile = 0; tile < reader.TileCount; tile++)
        {
            TileHeader header = reader.Tile(tile).Header;
            tiles.Add(new
            {
                tensor = header.Tensor, dtype = header.DType.ToString(), global_shape = header.GlobalShape, start = header.Start, shape = header.Shape,
                digest = reader.Tile(tile).Digest, column = header.DType.ToString().ToLowerInvariant(),
                sha256 = Convert.ToHexStringLower(SHA256.HashData(reader.Values(tile))),
            });
        }
        return JsonSerializer.Serialize(tiles);
    }

    private static string Normal(JsonElement element) => JsonSerializer.Serialize(element);

    private static JsonDocument Ask(string[] files) => Run("read.mjs", files);

    /// <summary>The JSON that a script of tests/readers prints.</summary>
    internal static JsonDocument Run(string script, string[] files)
    {
        Skip.If(!HasNode(), "node is not installed: the other Arrow readers cannot run");
        Assert.True(Directory.Exists(Path.Combine(GoldenFiles.Readers, "node_modules")), $"run 'npm ci' in {GoldenFiles.Readers}");
        using Process node = Start("node", [Path.Combine(GoldenFiles.Readers, script), .. files]);
        Task<string> errors = node.StandardError.ReadToEndAsync();
        string output = node.StandardOutput.ReadToEnd();
        node.WaitForExit();
        Assert.True(node.ExitCode == 0, errors.Result);
        return JsonDocument.Parse(output);
    }

    private static bool HasNode()
    {
        try
        {
            using Process node = Start("node", ["--version"]);
            node.WaitForExit();
            return node.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private static Process Start(string program, string[] arguments) => Process.Start(new ProcessStartInfo(program, arguments)
    {
        RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = GoldenFiles.Readers,
    })!;
}
