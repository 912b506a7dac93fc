using System.Text.Json;
using ShardInit.Client.CommandLine;
using ShardInit.Client.Tests.Support;
using static ShardInit.Client.Tests.Support.CommandLineRun;

namespace ShardInit.Client.Tests;

public sealed class ExplainCommandTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    private const string Tensor = "model.layers.1.mlp.up_proj.weight";

    private string Init()
    {
        Expect(ExitCode.Done, "init", _scratch.Write("config.json", Models.TinyLlama), "--seed", "42", "--out", _scratch["out"], "--quiet");
        return _scratch["out"];
    }

    [Fact]
    public void An_element_is_told_as_it_stands_in_the_file()
    {
        string directory = Init();
        JsonElement told = JsonDocument.Parse(Expect(ExitCode.Done, "explain", directory, "--tensor", Tensor, "--index", "171,63", "--json").Output).RootElement;
        byte[] stored = Expect(ExitCode.Done, "read", directory, "--tensor", Tensor, "--slice", "171,63", "--format", "raw", "--out", "-").OutputBytes;
        Assert.Equal($"{stored[1]:x2}{stored[0]:x2}", told.GetProperty("bits").GetString());
        Assert.Equal(BitConverter.UInt32BitsToSingle((uint)BitConverter.ToUInt16(stored) << 16), told.GetProperty("value").GetSingle());
        Assert.Equal((171 * 64) + 63, told.GetProperty("element").GetInt32());
        Assert.Equal(Tensor, told.GetProperty("logical").GetString());
        Assert.Equal("42", told.GetProperty("seed").GetString());
        Assert.Equal(0.02, told.GetProperty("init").GetProperty("std").GetDouble());
        JsonElement block = Assert.Single(told.GetProperty("blocks").EnumerateArray());
        Assert.Equal(4, block.GetProperty("words").GetArrayLength());
        Assert.Equal(block.GetProperty("counter")[3].GetString(), told.GetProperty("c3").GetString());
        JsonElement inspected = JsonDocument.Parse(Expect(ExitCode.Done, "inspect", directory, "--tensor", Tensor, "--json").Output).RootElement.GetProperty("logical")[0];
        Assert.Equal(inspected.GetProperty("key").GetString(), told.GetProperty("key").GetString());

        // The same element by its row-major number, and as people read it.
        string text = Expect(ExitCode.Done, "explain", directory, "--tensor", Tensor, "--index", $"{(171 * 64) + 63}").Output;
        Assert.Contains(told.GetProperty("bits").GetString()!, text);
        Assert.Contains(told.GetProperty("rule").GetString()!, text);
        Assert.Contains("[171, 63]", text);
    }

    [Theory]
    [InlineData("171,64")]
    [InlineData("11008")]
    [InlineData("1,2,3")]
    [InlineData("-1")]
    [InlineData("a")]
    public void An_index_that_is_not_there_is_refused(string index)
    {
        Outcome outcome = Expect(ExitCode.Usage, "explain", Init(), "--tensor", Tensor, "--index", index);
        Assert.Contains("--index", outcome.Error);
        Assert.Contains("[172, 64]", outcome.Error);
    }

    [Fact]
    public void A_tied_name_is_explained_by_its_owner() =>
        Assert.Contains("model.embed_tokens.weight[7, 0]", Expect(ExitCode.Done, "explain", Init(), "--tensor", "lm_head.weight", "--index", "7,0").Output);
}
