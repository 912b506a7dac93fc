using System.Diagnostics;
using System.Text.Json;
using ShardInit.Planning;
using ShardInit.Storage;
using Xunit;

namespace ShardInit.Core.Tests.Storage;

/// <summary>tests/readers/write_shard.py, made from docs/format.md alone, writes the same bytes as our writer: the text is complete.</summary>
public class SecondWriterTests
{
    [SkippableTheory]
    [InlineData("small")]
    [InlineData("portable")]
    [InlineData("large")]
    public void The_text_of_the_format_gives_the_same_bytes(string name)
    {
        Plan plan = name switch { "small" => TestPlans.Small(), "portable" => TestPlans.Portable(), _ => TestPlans.Large() };
        using TestDirectory directory = new();
        directory.Write(plan);
        foreach (ShardFile file in plan.Files)
        {
            string path = directory.File(file.Name);
            Assert.Equal(Convert.ToHexString(File.ReadAllBytes(path)), Convert.ToHexString(WriteAgain(path)));
        }
    }

    private static byte[] WriteAgain(string path)
    {
        using ShardReader reader = ShardReader.Open(path);
        object[] tiles = [.. Enumerable.Range(0, reader.TileCount).Select(tile => (object)new
        {
            tensor = reader.Tile(tile).Header.Tensor, dtype = reader.Tile(tile).Header.DType.ToString(), global_shape = reader.Tile(tile).Header.GlobalShape,
            start = reader.Tile(tile).Header.Start, shape = reader.Tile(tile).Header.Shape, values = Convert.ToHexString(reader.Values(tile)),
        })];
        using Process python = StartPython();
        Task<string> errors = python.StandardError.ReadToEndAsync();
        Task writing = Task.Run(() =>
        {
            JsonSerializer.Serialize(python.StandardInput.BaseStream, new { metadata = reader.Metadata.ToDictionary(), tiles });
            python.StandardInput.Close();
        });
        using MemoryStream output = new();
        python.StandardOutput.BaseStream.CopyTo(output);
        python.WaitForExit();
        Assert.True(python.ExitCode == 0 && writing.Wait(TimeSpan.FromSeconds(10)), errors.Result);
        return output.ToArray();
    }

    private static Process StartPython()
    {
        try
        {
            return Process.Start(new ProcessStartInfo("python3", [Path.Combine(GoldenFiles.Readers, "write_shard.py")])
            {
                RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
            })!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            throw new SkipException("python3 is not installed: the second writer cannot run");
        }
    }
}
