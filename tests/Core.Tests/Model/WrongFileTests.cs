using System.Text;
using ShardInit.Model;
using Xunit;

namespace ShardInit.Core.Tests.Model;

/// <summary>Files that are no model: the message names what they are, not what a reader of another format made of their first bytes.</summary>
public sealed class WrongFileTests
{
    private const string Json = "{\"model_type\": \"llama\"}";

    public static TheoryData<string, byte[], string> Files => new()
    {
        { "UTF-16 with a mark", [0xFF, 0xFE, .. Encoding.Unicode.GetBytes(Json)], "expected JSON in UTF-8, found UTF-16; save it as UTF-8" },
        { "UTF-16, big end first", [0xFE, 0xFF, .. Encoding.BigEndianUnicode.GetBytes(Json)], "expected JSON in UTF-8, found UTF-16" },
        { "UTF-16 without a mark", Encoding.Unicode.GetBytes(Json), "expected JSON in UTF-8, found UTF-16" },
        { "UTF-32", [0xFF, 0xFE, 0, 0, .. Encoding.UTF32.GetBytes(Json)], "expected JSON in UTF-8, found UTF-32" },
        { "a comment", Encoding.UTF8.GetBytes("// mine\n" + Json), ":1: expected a value, found '/'; JSON has no comments: take them out" },
        { "null", "null"u8.ToArray(), "expected a JSON object, found null" },
        { "a number", "3"u8.ToArray(), "expected a JSON object, found the number 3" },
        { "a plan", Encoding.UTF8.GetBytes("{\"plan_id\": \"00\", \"tensors\": []}"), "found a file of a checkpoint that init has written; 'shardinit resume DIR' continues that directory" },
        { "compressed", [0x1F, 0x8B, 8, 1, 1, 1, 1, 1, 1, 3, 1, 1], "expected JSON in UTF-8 or a .safetensors file, found neither; its first bytes are 1f8b08" },
    };

    [Theory]
    [MemberData(nameof(Files))]
    public void WhatItIsIsNamed(string name, byte[] content, string expected)
    {
        using Workspace workspace = new();
        string path = workspace.Write("model.json", "");
        File.WriteAllBytes(path, content);
        string problem = Assert.Single(Workspace.ProblemsOf(() => ModelInput.Read(path)));
        Assert.True(problem.Contains(expected, StringComparison.Ordinal) && problem.StartsWith(path, StringComparison.Ordinal), $"{name}: {problem}");
    }

    [Fact]
    public void AHeaderIsReadFromRegularFilesOnly()
    {
        if (!OperatingSystem.IsLinux()) return;
        Assert.Contains("found a pipe or device", Assert.Single(Workspace.ProblemsOf(() => ModelInput.Read("/dev/zero"))));
    }

    [Theory]
    [InlineData("\"model_type\": 5", ":1: model_type: expected a text, found the number 5")]
    [InlineData("\"architectures\": [1]", ":1: architectures: expected a list of texts, found the number 1 in it")]
    [InlineData("\"architectures\": \"LlamaForCausalLM\"", ":1: architectures: expected a list of texts, found the text 'LlamaForCausalLM'")]
    [InlineData("\"architecture\": {}", ":1: architecture: expected a text, found an object")]
    public void WhatNamesTheModelIsText(string member, string expected)
    {
        using Workspace workspace = new();
        string other = member.Contains("model_type", StringComparison.Ordinal) ? "\"architectures\": [\"LlamaForCausalLM\"]" : "\"model_type\": \"llama\"";
        string path = workspace.Write("config.json", $"{{{member}, {other}}}");
        Assert.Equal([path + expected], Workspace.ProblemsOf(() => ModelInput.Read(path)));
    }

    [Fact]
    public void AWrapperIsRefusedInWholeSentences()
    {
        using Workspace workspace = new();
        string path = workspace.Write("config.json", """{"architectures": ["LlavaForConditionalGeneration"], "text_config": {"model_type": "llama"}}""");
        Assert.Contains("in the wrapper's checkpoint. For all of it: a tensor table, {", Assert.Single(Workspace.ProblemsOf(() => ModelInput.Read(path))));
    }

    [Theory]
    [InlineData("\"num_key_value_heads\": 4", true)]
    [InlineData("\"num_key_value_heads\": 3", false)]
    [InlineData("\"num_key_value_heads\": 6", false)]
    public void HeadsThatDoNotDivideAreDoubted(string member, bool doubted)
    {
        using Workspace workspace = new();
        string path = workspace.Write("config.json", $$"""
            {"model_type": "llama", "hidden_size": 48, "intermediate_size": 80, "num_hidden_layers": 1, "num_attention_heads": 6, "vocab_size": 11, {{member}}}
            """);
        IEnumerable<string> warnings = ModelInput.Read(path).Warnings;
        if (doubted) Assert.Contains("num_attention_heads 6 is no multiple of num_key_value_heads 4", Assert.Single(warnings));
        else Assert.Empty(warnings);
    }
}
