using System.Text.Json;
using ShardInit.Initializers;
using ShardInit.Model;
using ShardInit.Planning;

namespace ShardInit.Core.Tests.Engine;

/// <summary>The known answers of docs/determinism.md, section 12: computed by another program from the text.</summary>
public sealed class KindAnswersTests
{
    public static TheoryData<string> Lines
    {
        get
        {
            string text = File.ReadAllText(Path.Combine(Golden.Repository, "docs/determinism.md"));
            return [.. text.Split('\n').Where(line => line.StartsWith("kind ", StringComparison.Ordinal))];
        }
    }

    [Fact]
    public void No_answer_has_been_lost() => Assert.Equal(6, Lines.Count);

    [Theory]
    [MemberData(nameof(Lines))]
    public void The_text_holds(string line)
    {
        string[] words = line.Split(' ', 4);
        int colon = words[3].LastIndexOf(" : ", StringComparison.Ordinal);
        Assert.True(DTypes.TryParse(words[1], out DType dtype));
        long[] shape = [.. JsonDocument.Parse(words[2]).RootElement.EnumerateArray().Select(size => size.GetInt64())];
        Distribution init = new DistributionReader("determinism.md").Read(JsonDocument.Parse(words[3][..colon]).RootElement);
        byte[] bytes = OneTensor.Bytes(OneTensor.Plan(init, dtype, shape, "model.embed_tokens.weight"));
        string[] found = [.. bytes.Chunk(dtype.ByteSize()).Select(element => Convert.ToHexStringLower([.. element.Reverse()]))];
        Assert.Equal(words[3][(colon + 3)..].Split(' '), found);
    }
}
