using System.Text.Json;
using System.Text.RegularExpressions;
using ShardInit.Initializers;
using ShardInit.Planning;
using Xunit;

namespace ShardInit.Core.Tests.Recipes;

/// <summary>Under <c>hf</c> each tensor has the distribution that the library's own <c>init_weights</c> draws.</summary>
public sealed class FamilyTruthTests
{
    public static TheoryData<string, string> Runs
    {
        get
        {
            TheoryData<string, string> runs = [];
            foreach (string family in (string[])["llama", "mistral", "qwen2", "qwen3"])
            {
                using JsonDocument golden = JsonDocument.Parse(File.ReadAllText(Golden.Family(family)));
                foreach (JsonProperty run in golden.RootElement.GetProperty("runs").EnumerateObject()) runs.Add(family, run.Name);
            }
            return runs;
        }
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void EveryTensorHasTheDistributionOfTheLibrary(string family, string run)
    {
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllText(Golden.Family(family)));
        JsonElement expected = golden.RootElement.GetProperty("runs").GetProperty(run);
        using Workspace workspace = new();
        Plan plan = workspace.Plan(expected.GetProperty("config").GetRawText());

        Dictionary<string, LogicalTensor> logical = plan.Logical.ToDictionary(tensor => tensor.Name);
        HashSet<string> seen = [];
        JsonElement tensors = expected.GetProperty("tensors");
        foreach (LogicalTensor tensor in plan.Logical)
        {
            string pattern = Regex.Replace(tensor.Name, @"\.\d+\.", ".{i}.");
            JsonElement truth = tensors.GetProperty(pattern);
            seen.Add(pattern);
            Assert.Equal(truth.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64()), tensor.Shape.Dims);
            Assert.Equal(Distribution(truth.GetProperty("truth")), tensor.Init);
            long[] zeroRows = truth.TryGetProperty("zero_rows", out JsonElement rows) ? [.. rows.EnumerateArray().Select(row => row.GetInt64())] : [];
            Assert.Equal(zeroRows, tensor.ZeroRows);
        }
        Assert.Equal(tensors.EnumerateObject().Select(tensor => tensor.Name).Order(), seen.Order());
        Assert.Equal(expected.GetProperty("stored").GetProperty("tensor_count").GetInt32(), plan.Tensors.Length);
        Assert.Equal(expected.GetProperty("tied_in_memory").EnumerateObject().Select(tie => (tie.Name, tie.Value.GetString())), plan.Tied.Select(tie => (tie.Key, (string?)tie.Value)));
    }

    private static Distribution Distribution(JsonElement truth) => truth.GetProperty("kind").GetString() switch
    {
        "normal" => new Normal(truth.GetProperty("mean").GetDouble(), truth.GetProperty("std").GetDouble()),
        "constant" => new Constant(truth.GetProperty("value").GetDouble()),
        string kind => throw new NotSupportedException(kind),
        null => throw new NotSupportedException(),
    };
}
