using System.Text.Json;
using ShardInit.Engine;
using ShardInit.Initializers;
using ShardInit.Model;
using ShardInit.Planning;
using Xunit;

namespace ShardInit.Core.Tests.Recipes;

/// <summary>Under <c>hf</c> each tensor has the distribution that the library's own <c>init_weights</c> draws. The goldens name tensors as they are in memory.</summary>
public sealed class FamilyTruthTests
{
    public static TheoryData<string, string> Runs
    {
        get
        {
            TheoryData<string, string> runs = [];
            foreach (string path in Directory.GetFiles(Path.GetDirectoryName(Golden.Family("llama"))!).Order(StringComparer.Ordinal))
            {
                using JsonDocument golden = JsonDocument.Parse(File.ReadAllText(path));
                foreach (JsonProperty run in golden.RootElement.GetProperty("runs").EnumerateObject()) runs.Add(Path.GetFileNameWithoutExtension(path), run.Name);
            }
            return runs;
        }
    }

    [Fact]
    public void EveryRunOfTheLibraryIsThere() => Assert.Equal((20, 46), (Runs.Select(run => run[0]).Distinct().Count(), Runs.Count));

    [Theory]
    [MemberData(nameof(Runs))]
    public void EveryTensorHasTheDistributionOfTheLibrary(string family, string run)
    {
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllText(Golden.Family(family)));
        JsonElement expected = golden.RootElement.GetProperty("runs").GetProperty(run);
        using Workspace workspace = new();
        string config = workspace.Write("config.json", expected.GetProperty("config").GetRawText());
        Plan plan = Planner.Create(new PlanRequest { Model = config, Options = new ModelOptions { LayoutOf = ModelOptions.HuggingFaceFused } });

        // A t5 that was untied by hand holds copies of the embedding that no file does: the table of flan-t5-xxl has the head alone.
        HashSet<string> absent = run == "nondefault_v1_1_untied_by_attribute" ? ["encoder.embed_tokens.weight", "decoder.embed_tokens.weight"] : [];
        Dictionary<string, JsonElement> truths = expected.GetProperty("tensors").EnumerateObject().Where(tensor => !absent.Contains(tensor.Name)).ToDictionary(tensor => tensor.Name, tensor => tensor.Value);
        foreach (JsonProperty buffer in expected.GetProperty("buffers").EnumerateObject()) if (buffer.Value.GetProperty("persistent").GetBoolean()) truths.Add(buffer.Name, buffer.Value);
        HashSet<string> seen = [];
        for (int index = 0; index < plan.Tensors.Length; index++)
        {
            StoredTensor tensor = plan.Tensors[index];
            string pattern = LayerPattern.Of(tensor.Name);
            JsonElement truth = truths[pattern];
            seen.Add(pattern);
            Assert.Equal(truth.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64()), tensor.Shape.Dims);
            long[] zeroRows = truth.TryGetProperty("zero_rows", out JsonElement rows) ? [.. rows.EnumerateArray().Select(row => row.GetInt64())] : [];
            foreach (LogicalTensor logical in tensor.Parts.Select(part => plan.Logical[part.Logical]).Distinct())
            {
                AssertDraws(truth.GetProperty("truth"), logical.Init);
                Assert.Equal(zeroRows, logical.ZeroRows);
            }
            if (truth.GetProperty("truth").GetProperty("kind").GetString() == "structured") AssertValues(truth.GetProperty("truth"), new PlanValues(plan), index);
        }
        Assert.Equal(truths.Keys.Order(), seen.Order());
        Plan stored = Planner.Create(new PlanRequest { Model = config });
        Assert.Equal(expected.GetProperty("stored").GetProperty("tensor_count").GetInt32() - absent.Count, stored.Tensors.Length);
        if (absent.Count == 0) Assert.Equal(expected.GetProperty("tied_in_memory").EnumerateObject().Select(tie => (tie.Name, tie.Value.GetString())), plan.Tied.Select(tie => (tie.Key, (string?)tie.Value)));
    }

    private static void AssertDraws(JsonElement truth, Distribution actual)
    {
        double Number(string name) => truth.GetProperty(name).GetDouble();
        switch (truth.GetProperty("kind").GetString())
        {
            // A range of 0 leaves experts and routers at 0: our normal with std 0.
            case "constant" when actual is Normal { Std: 0 } flat: Assert.Equal(Number("value"), flat.Mean); break;
            // The goldens give constants in float32.
            case "constant": Assert.Equal((float)Number("value"), (float)Assert.IsType<Constant>(actual).Value); break;
            case "normal" when truth.TryGetProperty("note", out JsonElement note):
                Assert.Contains("trunc_normal_ with absolute bounds -2 and 2", note.GetString());
                Assert.Equal(new TruncatedNormal(0, Number("std"), -2, 2), actual);
                break;
            case "normal":
                Normal normal = Assert.IsType<Normal>(actual);
                AssertNear(Number("std"), normal.Std);
                Assert.Equal(Number("mean"), normal.Mean);
                break;
            case "uniform":
                Uniform uniform = Assert.IsType<Uniform>(actual);
                AssertNear(Number("low"), uniform.Low);
                AssertNear(Number("high"), uniform.High);
                break;
            case "truncated_normal": Assert.Equal(new TruncatedNormal(Number("loc"), Number("sigma"), Number("lower"), Number("upper")), actual); break;
            case "structured": Assert.IsType<Table>(actual); break;
            case "inverse_softplus_log_uniform":
                ShardInit.Initializers.Expression expression = Assert.IsType<ShardInit.Initializers.Expression>(actual);
                double Named(string name) => expression.Numbers[expression.Names.IndexOf(name)];
                AssertNear(Math.Log(Number("dt_low")), Named("ln_low"));
                AssertNear(Math.Log(Number("dt_high")) - Math.Log(Number("dt_low")), Named("span"));
                Assert.Equal(Number("dt_floor"), Named("lowest"));
                break;
            case string kind: throw new NotSupportedException(kind);
            default: throw new NotSupportedException();
        }
    }

    // Printed with 7 or 8 digits, computed by torch in float32: sinusoids of long rows carry the rounding of the angle (golden/README.md: 2e-4 for 1500 rows; these have 50).
    private static void AssertValues(JsonElement truth, PlanValues values, int tensor)
    {
        float[] expected = [.. truth.GetProperty("values_row_major").EnumerateArray().Select(value => value.GetSingle())];
        float[] actual = new float[expected.Length];
        values.Fill(tensor, 0, actual.Length, System.Runtime.InteropServices.MemoryMarshal.AsBytes(actual.AsSpan()));
        for (int i = 0; i < actual.Length; i++) Assert.InRange(Math.Abs(actual[i] - expected[i]), 0, 1e-5);
    }

    private static void AssertNear(double expected, double actual) => Assert.InRange(Math.Abs(actual - expected), 0, 1e-14 * Math.Max(1, Math.Abs(expected)));
}
