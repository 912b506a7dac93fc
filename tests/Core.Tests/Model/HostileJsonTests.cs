using System.Text;
using ShardInit.Model;
using Xunit;

namespace ShardInit.Core.Tests.Model;

public sealed class HostileJsonTests
{
    [Theory]
    [InlineData("empty", "", "found the end of the text")]
    [InlineData("truncated object", "{\"model_type\": \"llama\"", "expected '}'")]
    [InlineData("truncated text", "{\"model_ty", "the text ends inside quotes")]
    [InlineData("duplicate key", "{\"model_type\": \"llama\", \"model_type\": \"qwen2\"}", "'model_type' stands twice")]
    [InlineData("duplicate key by escape", "{\"a\": 1, \"\\u0061\": 2}", "'a' stands twice")]
    [InlineData("something after the end", "{} {}", "expected the end of the text")]
    [InlineData("comment", "{/* */}", "expected a name in quotes")]
    [InlineData("trailing comma", "{\"a\": [1,]}", "expected a value")]
    [InlineData("leading zero", "{\"a\": 01}", "expected '}'")]
    [InlineData("bare minus", "{\"a\": -}", "expected a digit")]
    [InlineData("number without digits after its point", "{\"a\": 1.}", "expected a digit")]
    [InlineData("bad escape", "{\"a\": \"\\x\"}", "bad escape")]
    [InlineData("short escape", "{\"a\": \"\\u12\"}", "bad escape")]
    [InlineData("control character", "{\"a\": \"\u0001\"}", "a control character")]
    [InlineData("list", "[1]", "expected a JSON object, found a list")]
    [InlineData("no known key", "{\"a\": 1}", "found none of these keys")]
    public void BadTextIsOneClearError(string what, string text, string expected)
    {
        Assert.NotEmpty(what);
        using Workspace workspace = new();
        Assert.Contains(expected, Assert.Single(workspace.ProblemsOf(text)));
    }

    [Fact]
    public void BytesThatAreNoUtf8()
    {
        using Workspace workspace = new();
        string path = workspace.Write("model.json", [(byte)'{', (byte)'"', 0xC3, 0x28, (byte)'"', (byte)'}']);
        Assert.Contains("not valid UTF-8", Assert.Single(Workspace.ProblemsOf(() => ModelInput.Read(path))));
    }

    [Theory]
    [InlineData("[")]
    [InlineData("{\"a\":")]
    public void DeepNesting(string open)
    {
        using Workspace workspace = new();
        string text = "{\"a\":" + string.Concat(Enumerable.Repeat(open, 1_000_000));
        Assert.Contains("nested deeper than 64 levels", Assert.Single(workspace.ProblemsOf(text)));
    }

    [Fact]
    public void MillionsOfValues()
    {
        using Workspace workspace = new();
        string text = "{\"a\":[" + new string('0', 1).PadRight(2, ',') + string.Concat(Enumerable.Repeat("0,", JsonText.MaxValues)) + "0]}";
        Assert.Contains("values", Assert.Single(workspace.ProblemsOf(text)));
    }

    [Fact]
    public void TruncationAtEveryByteIsOneErrorOrADifferentModel()
    {
        byte[] config = File.ReadAllBytes(Golden.Tensors("qwen3-0.6b.config.json"));
        using Workspace workspace = new();
        for (int length = 0; length < config.Length - 2; length++)
        {
            string path = workspace.Write("model.json", config[..length]);
            Assert.Single(Workspace.ProblemsOf(() => ModelInput.Read(path)));
        }
    }

    [Fact]
    public void AByteOrderMarkIsSkipped()
    {
        using Workspace workspace = new();
        string path = workspace.Write("model.json", [.. Encoding.UTF8.Preamble, .. File.ReadAllBytes(Golden.Tensors("qwen3-0.6b.config.json"))]);
        Assert.Equal("Qwen3ForCausalLM", ModelInput.Read(path).Name);
    }
}
