using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ShardInit.Model;
using ShardInit.Planning;
using Xunit;

namespace ShardInit.Core.Tests.Planning;

/// <summary>The tensors of a plan are those that the library stores for the same configuration.</summary>
public sealed class GoldenTableTests
{
    private const string Suffix = ".config.json";

    public static TheoryData<string> Models => [.. Directory.GetFiles(Golden.Tensors(""), $"*{Suffix}").Select(path => Path.GetFileName(path)[..^Suffix.Length]).Order(StringComparer.Ordinal)];

    [Fact]
    public void EveryModelOfTheLibraryIsThere() => Assert.Equal(38, Models.Count);

    [Theory]
    [MemberData(nameof(Models))]
    public void NamesDtypesShapesAndKindsEqualTheTableOfTheLibrary(string name)
    {
        string expected = Table(Golden.Tensors($"{name}.tensors.tsv"));
        Assert.Equal(Meta(name).GetProperty("table_sha256").GetString(), Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(expected))));

        // The tables hold each floating tensor in BF16 that the library holds in it, whatever the published file has.
        Assert.Equal(expected.TrimEnd('\n').Split('\n'), RowsOf(PlanOf(name)));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void TotalsTiesAndPaddingRowsEqualThoseOfTheLibrary(string name)
    {
        Plan plan = PlanOf(name);
        JsonElement meta = Meta(name);

        PlanSummary summary = PlanSummary.Of(plan);
        Assert.Equal(meta.GetProperty("parameters").GetInt64(), summary.Parameters);
        Assert.Equal(meta.GetProperty("buffer_elements").GetInt64(), summary.BufferElements);
        Assert.Equal(meta.GetProperty("tensors").GetInt32(), summary.Tensors);
        Assert.Equal(meta.GetProperty("bytes").GetInt64(), summary.Bytes);
        string architecture = meta.GetProperty("architecture").GetString()!;
        Assert.Equal(architecture == "ResNet" ? name : architecture, plan.Model);
        Assert.Equal(Texts(meta.GetProperty("tied")), plan.Tied.Select(tie => (tie.Key, tie.Value)));

        IEnumerable<(string, long)> rows = meta.TryGetProperty("padding_row", out JsonElement padding) ? padding.EnumerateObject().Select(row => (row.Name, row.Value.GetInt64())) : [];
        Assert.Equal(rows, plan.Tensors.SelectMany(tensor => tensor.Parts.SelectMany(part => plan.Logical[part.Logical].ZeroRows.Select(row => (tensor.Name, row)))));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void NamesAndShapesOfMemoryAreThoseOfTheLibrary(string name)
    {
        Plan stored = PlanOf(name);
        Plan inMemory = PlanOf(name, new ModelOptions { LayoutOf = ModelOptions.HuggingFaceFused });
        Assert.Equal(stored.ValuesId, inMemory.ValuesId);
        Assert.Equal(PlanSummary.Of(stored).Bytes, PlanSummary.Of(inMemory).Bytes);

        // in_memory says what differs: a name with {i} in place of the layer, its shape, or under which name and in which shape it is stored.
        Dictionary<string, int> found = [];
        HashSet<string> storedNames = [.. stored.Tensors.Select(tensor => tensor.Name)];
        foreach (StoredTensor tensor in inMemory.Tensors)
        {
            string pattern = LayerPattern.Of(tensor.Name);
            if (!Meta(name).GetProperty("in_memory").TryGetProperty(pattern, out JsonElement difference))
            {
                Assert.Contains(tensor.Name, storedNames);
                continue;
            }
            found[pattern] = found.GetValueOrDefault(pattern) + 1;
            if (difference.TryGetProperty("numbers", out JsonElement numbers)) Assert.Equal(numbers.EnumerateArray().Select(size => size.GetInt64()), tensor.Shape.Dims);
            else Assert.Equal(difference.GetProperty("stored").GetString(), LayerPattern.Of(inMemory.Logical[Assert.Single(tensor.Parts).Logical].Name));
        }
        Assert.Equal(Meta(name).GetProperty("in_memory").EnumerateObject().Select(entry => (entry.Name, entry.Value.GetProperty("count").GetInt32())).Order(), found.Select(entry => (entry.Key, entry.Value)).Order());
    }

    [Fact]
    public void PredictionLayersEqualTheirPublishedDescription()
    {
        Plan main = PlanOf("deepseek-v3");
        Plan plan = PlanOf("deepseek-v3", new ModelOptions { PredictionLayers = true });
        string[] expected = [.. (Table(Golden.Tensors("deepseek-v3.tensors.tsv")) + Table(Golden.Tensors("deepseek-v3.mtp.tsv"))).TrimEnd('\n').Split('\n').OrderBy(row => row.Split('\t')[0], StringComparer.Ordinal)];
        Assert.Equal(expected, RowsOf(plan));

        JsonElement mtp = Meta("deepseek-v3").GetProperty("mtp");
        PlanSummary summary = PlanSummary.Of(plan);
        Assert.Equal(mtp.GetProperty("unique_elements").GetInt64(), summary.Parameters + summary.BufferElements - PlanSummary.Of(main).Parameters - PlanSummary.Of(main).BufferElements);
        Assert.Equal(mtp.GetProperty("hub_total").GetInt64(), plan.Tensors.Sum(tensor => tensor.Shape.ElementCount));
        LogicalTensor Values(string name) => plan.Logical[Assert.Single(plan.Tensors.Single(tensor => tensor.Name == name).Parts).Logical];
        Assert.Same(Values("model.embed_tokens.weight"), Values("model.layers.61.embed_tokens.weight"));
        Assert.Same(Values("lm_head.weight"), Values("model.layers.61.shared_head.head.weight"));
    }

    [Fact]
    public void BuiltInModelsHaveTheirPublishedNumberOfParameters()
    {
        foreach (BuiltInModel model in BuiltInModels.All)
        {
            Assert.Equal(model.Parameters, PlanSummary.Of(Planner.Create(new PlanRequest { Model = model.Name })).Parameters);
        }
    }

    private static Plan PlanOf(string name, ModelOptions? options = null) =>
        Planner.Create(new PlanRequest { Model = Golden.Tensors(name + Suffix), DType = DType.BF16, Options = options ?? new ModelOptions() });

    private static IEnumerable<string> RowsOf(Plan plan) => plan.Tensors.Select(tensor => $"{tensor.Name}\t{tensor.DType}\t{string.Join(",", tensor.Shape.Dims)}\t{tensor.Kind}");

    private static IEnumerable<(string, string)> Texts(JsonElement element) => element.EnumerateObject().Select(member => (member.Name, member.Value.GetString()!));

    private static JsonElement Meta(string name) => JsonDocument.Parse(File.ReadAllText(Golden.Tensors($"{name}.meta.json"))).RootElement;

    private static string Table(string path)
    {
        if (File.Exists(path)) return File.ReadAllText(path);
        using StreamReader text = new(new GZipStream(File.OpenRead($"{path}.gz"), CompressionMode.Decompress));
        return text.ReadToEnd();
    }
}
