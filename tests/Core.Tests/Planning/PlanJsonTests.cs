using System.Collections.Immutable;
using System.Text;
using ShardInit.Errors;
using ShardInit.Initializers;
using ShardInit.Model;
using ShardInit.Planning;
using Xunit;

namespace ShardInit.Core.Tests.Planning;

public sealed class PlanJsonTests
{
    private static readonly Lazy<Plan> s_small = new(() =>
    {
        using Workspace workspace = new();
        return Planner.Create(new PlanRequest
        {
            Model = workspace.Write("m.json", """
                {"tensors": [{"name": "a", "shape": [4, 3], "kind": "Linear", "zero_rows": [1, 3]}, {"name": "b \"\\\u00fc\ud83e\udd86", "shape": [], "dtype": "I64"},
                             {"name": "layers.2.c", "shape": [0, 7]}, {"name": "embed", "shape": [9000], "dtype": "F16"}, {"name": "head", "shape": [4, 3], "tied_to": "a"}]}
                """),
            Recipe = workspace.Write("r.yaml", """
                name: mine
                rules:
                  - {match: a, init: normal, args: {std: 0.02}}
                  - {match: "b*", init: constant, args: {value: -7}}
                  - {match: "layers.*", init: uniform, args: {low: -1e-7, high: 0.1}}
                  - {match: embed, init: truncated_normal, args: {mean: 1, std: 0.25, high_std: 2}}
                """),
            Seed = ulong.MaxValue,
            Namespace = "teacher",
            ShardBytes = 8192,
            TileBytes = 4096,
            DigestKind = "sha256",
            UserMetadata = new Dictionary<string, string> { ["note"] = "a \"quoted\" line\nand\u0001 ünïcode 🦆", ["empty"] = "" },
        });
    });

    private static Plan Small => s_small.Value;

    private static string Text => Encoding.UTF8.GetString(PlanJson.Write(Small));

    private static ShardFormatException Refusal(string text) => Assert.Throws<ShardFormatException>(() => PlanJson.Read(Encoding.UTF8.GetBytes(text), "plan.json"));

    [Theory]
    [InlineData("[]", "expected an object, found a list")]
    [InlineData("{\n\"format\":1,\n\"spec\":oops}", "line 3: 'o' is an invalid start of a value")]
    public void WhatTheReaderSaysIsInOurWords(string text, string expected)
    {
        string message = Refusal(text).Message;
        Assert.Contains(expected, message);
        Assert.DoesNotContain("LineNumber", message);
    }

    /// <summary>The same plan with the ids that its content has.</summary>
    private static Plan WithIds(Plan plan)
    {
        plan = plan with { ValuesId = PlanIds.ValuesId(plan.Spec, plan.Seed, plan.Namespace, plan.Logical) };
        return plan with { PlanId = PlanIds.PlanId(plan) };
    }

    private static void AssertSame(Plan expected, Plan actual)
    {
        byte[] bytes = PlanJson.Write(expected);
        Assert.Equal(bytes, PlanJson.Write(actual));
        Assert.Equal((expected.Spec, expected.Format, expected.Seed, expected.Namespace, expected.Model, expected.Recipe, expected.StorageFormat, expected.DigestKind),
            (actual.Spec, actual.Format, actual.Seed, actual.Namespace, actual.Model, actual.Recipe, actual.StorageFormat, actual.DigestKind));
        Assert.Equal((expected.ShardBytes, expected.TileBytes, expected.ConfigJson, expected.RecipeText, expected.ValuesId, expected.PlanId),
            (actual.ShardBytes, actual.TileBytes, actual.ConfigJson, actual.RecipeText, actual.ValuesId, actual.PlanId));
        Assert.Equal(expected.UserMetadata, actual.UserMetadata);
        Assert.Equal(expected.Tied, actual.Tied);
        Assert.Equal(expected.Logical.Select(Show), actual.Logical.Select(Show));
        Assert.Equal(expected.Tensors.Select(Show), actual.Tensors.Select(Show));
        Assert.Equal(expected.Files.Select(Show), actual.Files.Select(Show));
    }

    private static string Show(LogicalTensor tensor) => $"{tensor.Name} {tensor.Shape} {tensor.Init} {string.Join(",", tensor.ZeroRows)} {tensor.Rule}";

    private static string Show(StoredTensor tensor) => $"{tensor.Name} {tensor.DType} {tensor.Shape} {tensor.Kind} {tensor.IsBuffer} {tensor.Group} "
        + string.Join("; ", tensor.Parts.Select(part => $"{part.Logical} {string.Join(",", part.Source)} {string.Join(",", part.Permutation)} {string.Join(",", part.Destination)}"));

    private static string Show(ShardFile file) => $"{file.Name} {file.Group} "
        + string.Join("; ", file.Tiles.Select(tile => $"{tile.Tensor} {string.Join(",", tile.Start)} {string.Join(",", tile.Shape)} {tile.FirstElement} {tile.ElementCount}"));

    [Fact]
    public void ReadingGivesBackTheSamePlan() => AssertSame(Small, PlanJson.Read(PlanJson.Write(Small), "plan.json"));

    [Theory]
    [InlineData("qwen2.5-0.5b")]
    [InlineData("llama-3.1-405b")]
    public void PlansOfConfigurationsComeBackTheSame(string model)
    {
        Plan plan = Planner.Create(new PlanRequest { Model = model, Seed = 42 });
        AssertSame(plan, PlanJson.Read(PlanJson.Write(plan), "plan.json"));
    }

    [Fact]
    public void PlansOfPartsComeBackTheSame()
    {
        // gate and up share the columns of one stored tensor (even, odd), which is transposed besides: as gpt-oss stores them.
        LogicalTensor gate = new("gate", new Shape([2, 3]), new Normal(0, 0.5), [], "rule");
        LogicalTensor up = new("up", new Shape([2, 3]), new Constant(-0.0), [1], "rule");
        Part From(int logical, int column) => new(logical, [new(0, 2, 1), new(0, 3, 1)], [1, 0], [new(0, 3, 1), new(column, 4, 2)]);
        ImmutableArray<StoredTensor> tensors = [new("gate_up", DType.BF16, new Shape([3, 4]), "Experts", false, LayerGroup.OfLayer(3), [From(0, 0), From(1, 1)])];
        Plan plan = WithIds(Small with { Logical = [gate, up], Tensors = tensors, Files = FilePacker.Pack(tensors, 8192, 4096), Tied = ImmutableSortedDictionary<string, string>.Empty });
        AssertSame(plan, PlanJson.Read(PlanJson.Write(plan), "plan.json"));
        Assert.Contains("parts", Encoding.UTF8.GetString(PlanJson.Write(plan)));

        Plan overlap = WithIds(plan with { Tensors = [tensors[0] with { Parts = [From(0, 0), From(1, 0)] }] });
        Assert.Contains("overlap", Refusal(Encoding.UTF8.GetString(PlanJson.Write(overlap))).Message);
        Plan hole = WithIds(plan with { Tensors = [tensors[0] with { Parts = [From(0, 0)] }] });
        Assert.Contains("6 elements for 12", Refusal(Encoding.UTF8.GetString(PlanJson.Write(hole))).Message);
    }

    [Fact]
    public void KeysOfLaterReleasesAreSkipped() =>
        AssertSame(Small, PlanJson.Read(Encoding.UTF8.GetBytes(Text.Replace("\"tied\":", "\"later\":[{\"a\":[1,{}]}],\"tied\":").Replace("\"kind\":\"Linear\"", "\"kind\":\"Linear\",\"later\":{}")), "plan.json"));

    [Theory]
    [InlineData("newer format", "\"format\":1", "\"format\":2", ShardFormatCode.UnsupportedFormat)]
    [InlineData("newer spec", "\"spec\":1", "\"spec\":7", ShardFormatCode.UnsupportedSpec)]
    [InlineData("another storage format", "\"storage_format\":\"arrow\"", "\"storage_format\":\"zarr\"", ShardFormatCode.UnsupportedFormat)]
    [InlineData("spec zero", "\"spec\":1", "\"spec\":0", ShardFormatCode.BadPlan)]
    [InlineData("another seed", "18446744073709551615", "18446744073709551614", ShardFormatCode.BadPlan)]
    [InlineData("seed above 64 bits", "18446744073709551615", "18446744073709551616", ShardFormatCode.BadPlan)]
    [InlineData("seed with a leading zero", "18446744073709551615", "018446744073709551615", ShardFormatCode.BadPlan)]
    [InlineData("seed as a number", "\"18446744073709551615\"", "18446744073709551615", ShardFormatCode.BadPlan)]
    [InlineData("another digest", "\"digest\":\"sha256\"", "\"digest\":\"crc32\"", ShardFormatCode.BadPlan)]
    [InlineData("unknown digest", "\"digest\":\"sha256\"", "\"digest\":\"md5\"", ShardFormatCode.BadPlan)]
    [InlineData("another number", "\"std\":0.02", "\"std\":0.03", ShardFormatCode.BadPlan)]
    [InlineData("another tile size", "\"tile_bytes\":4096", "\"tile_bytes\":4097", ShardFormatCode.BadPlan)]
    [InlineData("tile size zero", "\"tile_bytes\":4096", "\"tile_bytes\":0", ShardFormatCode.BadPlan)]
    [InlineData("negative shard size", "\"shard_bytes\":8192", "\"shard_bytes\":-1", ShardFormatCode.BadPlan)]
    [InlineData("missing shard size", "\"shard_bytes\":8192,", "", ShardFormatCode.BadPlan)]
    [InlineData("missing seed", "\"seed\":\"18446744073709551615\",", "", ShardFormatCode.BadPlan)]
    [InlineData("negative size", "\"shape\":[4,3]", "\"shape\":[4,-3]", ShardFormatCode.BadPlan)]
    [InlineData("size that is no whole number", "\"shape\":[4,3]", "\"shape\":[4,3.5]", ShardFormatCode.BadPlan)]
    [InlineData("size above 64 bits", "\"shape\":[4,3]", "\"shape\":[4,9223372036854775808]", ShardFormatCode.BadPlan)]
    [InlineData("overflowing shape", "\"shape\":[4,3]", "\"shape\":[4294967296,4294967296]", ShardFormatCode.BadPlan)]
    [InlineData("gigantic shape", "\"shape\":[4,3]", "\"shape\":[4611686018427387904]", ShardFormatCode.TooLarge)]
    [InlineData("another dtype", "\"dtype\":\"F16\"", "\"dtype\":\"BF16\"", ShardFormatCode.BadPlan)]
    [InlineData("unknown dtype", "\"dtype\":\"F16\"", "\"dtype\":\"F15\"", ShardFormatCode.BadPlan)]
    [InlineData("unknown kind of distribution", "\"kind\":\"uniform\"", "\"kind\":\"cauchy\"", ShardFormatCode.BadPlan)]
    [InlineData("number out of range", "\"high\":0.1", "\"high\":1e39", ShardFormatCode.BadPlan)]
    [InlineData("number that overflows", "\"high\":0.1", "\"high\":1e999", ShardFormatCode.BadPlan)]
    [InlineData("missing number", ",\"high\":0.1", "", ShardFormatCode.BadPlan)]
    [InlineData("number of another kind", "\"high\":0.1", "\"high\":0.1,\"std\":1", ShardFormatCode.BadPlan)]
    [InlineData("init out of range", "\"init\":0", "\"init\":99", ShardFormatCode.BadPlan)]
    [InlineData("negative rule", "\"rule\":0", "\"rule\":-1", ShardFormatCode.BadPlan)]
    [InlineData("zero rows out of range", "\"zero_rows\":[1,3]", "\"zero_rows\":[1,4]", ShardFormatCode.BadPlan)]
    [InlineData("zero rows out of order", "\"zero_rows\":[1,3]", "\"zero_rows\":[3,1]", ShardFormatCode.BadPlan)]
    [InlineData("name out of order", "{\"name\":\"embed\"", "{\"name\":\"zzz\"", ShardFormatCode.BadPlan)]
    [InlineData("name twice", "{\"name\":\"embed\"", "{\"name\":\"a\"", ShardFormatCode.BadPlan)]
    [InlineData("empty name", "{\"name\":\"a\"", "{\"name\":\"\"", ShardFormatCode.BadName)]
    [InlineData("name with a control character", "{\"name\":\"a\"", "{\"name\":\"a\\u0007\"", ShardFormatCode.BadName)]
    [InlineData("half a surrogate pair", "{\"name\":\"a\"", "{\"name\":\"a\\ud800\"", ShardFormatCode.BadJson)]
    [InlineData("layer and group", "\"layer\":2", "\"layer\":2,\"group\":\"head\"", ShardFormatCode.BadPlan)]
    [InlineData("layer too large", "\"layer\":2", "\"layer\":1000000", ShardFormatCode.BadPlan)]
    [InlineData("flag that is no flag", "\"kind\":\"Linear\"", "\"buffer\":\"yes\"", ShardFormatCode.BadPlan)]
    [InlineData("a parameter made a buffer", "\"kind\":\"Linear\"", "\"buffer\":true", ShardFormatCode.BadPlan)]
    [InlineData("unknown group", "\"group\":\"embedding\"", "\"group\":\"tail\"", ShardFormatCode.BadPlan)]
    [InlineData("tied to nothing", "\"tied\":{\"head\":\"a\"}", "\"tied\":{\"head\":\"q\"}", ShardFormatCode.BadPlan)]
    [InlineData("tied and stored", "\"tied\":{\"head\":\"a\"}", "\"tied\":{\"embed\":\"a\"}", ShardFormatCode.BadPlan)]
    [InlineData("another tie", "\"tied\":{\"head\":\"a\"}", "\"tied\":{\"heads\":\"a\"}", ShardFormatCode.BadPlan)]
    [InlineData("key twice", "\"namespace\":\"teacher\"", "\"namespace\":\"teacher\",\"namespace\":\"teacher\"", ShardFormatCode.BadJson)]
    [InlineData("key of a tensor twice", "\"dtype\":\"F16\"", "\"dtype\":\"F16\",\"dtype\":\"F16\"", ShardFormatCode.BadJson)]
    [InlineData("tie twice", "\"tied\":{\"head\":\"a\"}", "\"tied\":{\"head\":\"a\",\"head\":\"a\"}", ShardFormatCode.BadJson)]
    [InlineData("comment", "\"tied\":", "/* */\"tied\":", ShardFormatCode.BadJson)]
    [InlineData("list instead of an object", "\"tied\":{\"head\":\"a\"}", "\"tied\":[]", ShardFormatCode.BadPlan)]
    public void AlteredPlansAreRefused(string what, string old, string @new, ShardFormatCode code)
    {
        Assert.NotEmpty(what);
        Assert.Contains(old, Text);
        int at = Text.IndexOf(old, StringComparison.Ordinal);
        ShardFormatException refusal = Refusal(Text[..at] + @new + Text[(at + old.Length)..]);
        Assert.Equal(code, refusal.Code);
        Assert.DoesNotContain('\n', refusal.Message);
        Assert.StartsWith("plan.json: ", refusal.Message);
    }

    [Theory]
    [InlineData("deep", "{\"a\":[[[[[[[[[[[[[[[[[[[[[[[[", ShardFormatCode.BadJson)]
    [InlineData("empty", "", ShardFormatCode.BadJson)]
    [InlineData("no object", "[]", ShardFormatCode.BadPlan)]
    [InlineData("nothing in it", "{}", ShardFormatCode.BadPlan)]
    public void TextsThatAreNoPlanAreRefused(string what, string text, ShardFormatCode code)
    {
        Assert.NotEmpty(what);
        Assert.Equal(code, Refusal(text).Code);
    }

    [Fact]
    public void AConfigurationIsSaidToBeNoPlan()
    {
        ShardFormatException refusal = Assert.Throws<ShardFormatException>(() => PlanJson.Read("{\"model_type\":\"llama\",\"hidden_size\":8}"u8.ToArray(), "config.json"));
        Assert.Equal(ShardFormatCode.BadPlan, refusal.Code);
        Assert.StartsWith("config.json: expected a plan.json that init has written", refusal.Message);
    }

    [Fact]
    public void BytesThatAreNoUtf8AreRefused() =>
        Assert.Equal(ShardFormatCode.BadJson, Assert.Throws<ShardFormatException>(() => PlanJson.Read(new byte[] { (byte)'{', (byte)'"', 0xFF, (byte)'"' }, "plan.json")).Code);

    [Fact]
    public void TruncationAtEveryByteIsRefused()
    {
        byte[] bytes = PlanJson.Write(Small);
        for (int length = 0; length < bytes.Length - 1; length++)
        {
            Assert.Throws<ShardFormatException>(() => PlanJson.Read(bytes.AsMemory(0, length), "plan.json"));
        }
    }

    [Fact]
    public void FlippedBytesAreRefusedOrChangeNoId()
    {
        byte[] bytes = PlanJson.Write(Small);
        System.Random random = new(1);
        for (int round = 0; round < 10_000; round++)
        {
            byte[] copy = [.. bytes];
            copy[random.Next(copy.Length)] ^= (byte)(1 << random.Next(8));
            try
            {
                Plan plan = PlanJson.Read(copy, "plan.json");
                Assert.Equal(Small.PlanId, plan.PlanId);
                Assert.Equal(Small.Tensors.Length, plan.Tensors.Length);
            }
            catch (ShardFormatException)
            {
                // One clear error is the other good end.
            }
        }
    }
}
