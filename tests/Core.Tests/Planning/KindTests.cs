using System.Collections.Immutable;
using System.Text;
using ShardInit.Errors;
using ShardInit.Initializers;
using ShardInit.Model;
using ShardInit.Planning;
using Xunit;

namespace ShardInit.Core.Tests.Planning;

/// <summary>Every kind of distribution as plan data: through plan.json and back, ids, refusals.</summary>
public sealed class KindTests
{
    private const string Sha = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    /// <summary>The same list stands in Golden/kind_ids.py, which computed the id.</summary>
    private static readonly (string Name, long[] Shape, Distribution Init, ulong? Seed)[] s_tensors =
    [
        ("a", [8], new LogUniform(0.001, 0.1), null),
        ("b", [4, 6], new Orthogonal(1.5), null),
        ("c", [4, 3, 2], new Orthogonal(1, 1), 7),
        ("d", [3, 2, 4], new DeltaOrthogonal(0.5, 1), null),
        ("e", [10, 4], new Sparse(0.25, 0, 0.01), ulong.MaxValue),
        ("f", [3, 3], new Eye(-2), null),
        ("g", [4, 2, 3], new Dirac(2), null),
        ("h", [4, 2], Table.Of("base ** (-2 * j / 4) * i", new KeyValuePair<string, double>("base", 10000)), null),
        ("i", [5], Expression.Of("mean + std * z", new("std", 0.5), new("mean", -0.0)), null),
        ("j", [4, 2], new Rows([new(0, 1, new Constant(1)), new(1, 3, new TruncatedNormal(0, 1, -2, double.PositiveInfinity)), new(3, 4, Table.Of("i", []))]), null),
        ("k", [2], new Plugin(Sha, "Mine.Stripes", ["period", "size"], [3, 0.5]), null),
    ];

    private static Plan PlanOf(IEnumerable<(string Name, long[] Shape, Distribution Init, ulong? Seed)> tensors)
    {
        ImmutableArray<LogicalTensor> logical = [.. tensors.Select(t => new LogicalTensor(t.Name, new Shape(t.Shape), t.Init, [], "rule") { Seed = t.Seed })];
        ImmutableArray<StoredTensor> stored = [.. logical.Select((t, i) => new StoredTensor(t.Name, DType.F32, t.Shape, null, false, LayerGroup.Head, [Part.Whole(i, t.Shape)]))];
        Plan plan = new()
        {
            Spec = 1, Format = 1, Seed = 42, Namespace = "", Model = "table", Recipe = "mine", StorageFormat = "arrow", DigestKind = "crc32", ShardBytes = 1 << 20, TileBytes = 1 << 16,
            Logical = logical, Tensors = stored, Files = FilePacker.Pack(stored, 1 << 20, 1 << 16), Tied = ImmutableSortedDictionary<string, string>.Empty, ValuesId = "", PlanId = "",
        };
        plan = plan with { ValuesId = PlanIds.ValuesId(plan.Spec, plan.Seed, plan.Namespace, plan.Logical) };
        return plan with { PlanId = PlanIds.PlanId(plan) };
    }

    private static string TextOf(Plan plan) => Encoding.UTF8.GetString(PlanJson.Write(plan));

    [Fact]
    public void EveryKindComesBackTheSame()
    {
        Plan plan = PlanOf(s_tensors);
        Plan read = PlanJson.Read(PlanJson.Write(plan), "plan.json");
        Assert.Equal(PlanJson.Write(plan), PlanJson.Write(read));
        for (int i = 0; i < plan.Logical.Length; i++)
        {
            Assert.Equal(plan.Logical[i].Init, read.Logical[i].Init);
            Assert.Equal(plan.Logical[i].Seed, read.Logical[i].Seed);
        }
        Assert.Empty(PlanDifferences.Between(plan, read));
    }

    [Fact]
    public void TheIdEqualsAnIndependentComputation() =>
        // Golden/kind_ids.py, which knows docs/plan-format.md and nothing of this project.
        Assert.Equal("89bd809b78c9b677bd3e559f2f7fc135746c36d2b1d608ff7e91231d1eddb49d", PlanOf(s_tensors).ValuesId);

    [Fact]
    public void WhateverStandsInADistributionIsInTheId()
    {
        (string, long[], Distribution, ulong?)[] With(int index, Distribution init) => [.. s_tensors.Select((t, i) => i == index ? (t.Name, t.Shape, init, t.Seed) : t)];
        HashSet<string> ids = [PlanOf(s_tensors).ValuesId];
        foreach ((int index, Distribution init) in ((int, Distribution)[])
        [
            (1, new Orthogonal(1.5, 0)), (1, new Orthogonal(1.5, 1)), (2, new Orthogonal(1)), (3, new DeltaOrthogonal(0.5, 0)), (6, new Dirac(1)),
            (7, Table.Of("base ** (-2 * j / 4) * i ", new KeyValuePair<string, double>("base", 10000))), (7, Table.Of("base ** (-2 * j / 4) * i", new KeyValuePair<string, double>("basis", 10000))),
            (7, Expression.Of("base ** (-2 * j / 4) * i", new KeyValuePair<string, double>("base", 10000))),
            (8, Expression.Of("mean + std * z", new("std", 0.5), new("mean", 0.0))),
            (9, new Rows([new(0, 2, new Constant(1)), new(2, 3, new TruncatedNormal(0, 1, -2, double.PositiveInfinity)), new(3, 4, Table.Of("i", []))])),
            (9, new Rows([new(0, 1, new Constant(1)), new(1, 3, new TruncatedNormal(0, 1, -2, 9)), new(3, 4, Table.Of("i", []))])),
            (10, new Plugin(Sha.Replace('0', '1'), "Mine.Stripes", ["period", "size"], [3, 0.5])), (10, new Plugin(Sha, "Mine.Stripe", ["period", "size"], [3, 0.5])),
        ])
        {
            Plan other = PlanOf(With(index, init));
            Assert.True(ids.Add(other.ValuesId), TensorLines.Describe(init));
            Assert.Contains(TensorLines.Describe(init), Assert.Single(PlanDifferences.Between(PlanOf(s_tensors), other)));
        }
        Assert.True(ids.Add(PlanOf(s_tensors.Select(t => t with { Seed = t.Name == "a" ? 42 : t.Seed })).ValuesId));
        Assert.True(ids.Add(PlanOf(s_tensors.Select(t => t with { Seed = null })).ValuesId));
    }

    [Fact]
    public void TheKeyOfATensorHasItsOwnSeed()
    {
        Plan plan = PlanOf(s_tensors);
        Assert.Equal(ShardInit.Random.StreamKey.Derive(1, 42, "", "a"), plan.KeyOf(plan.Logical[0]));
        Assert.Equal(ShardInit.Random.StreamKey.Derive(1, 7, "", "c"), plan.KeyOf(plan.Logical[2]));
    }

    [Theory]
    [InlineData("unknown kind", "\"kind\":\"eye\"", "\"kind\":\"eyes\"")]
    [InlineData("missing number", "\"sparsity\":0.25,", "")]
    [InlineData("another number", "\"sparsity\":0.25,", "\"sparsity\":0.25,\"low\":1,")]
    [InlineData("sparsity above one", "\"sparsity\":0.25", "\"sparsity\":1.25")]
    [InlineData("axis outside", "\"gain\":1,\"column_axis\":1", "\"gain\":1,\"column_axis\":3")]
    [InlineData("axis that is no whole number", "\"gain\":1,\"column_axis\":1", "\"gain\":1,\"column_axis\":0.5")]
    [InlineData("groups that do not divide", "\"groups\":2", "\"groups\":3")]
    [InlineData("groups of zero", "\"groups\":2", "\"groups\":0")]
    [InlineData("numbers that are no object", "\"numbers\":{\"base\":10000}", "\"numbers\":[]")]
    [InlineData("numbers out of order", "\"mean\":-0,\"std\":0.5", "\"std\":0.5,\"mean\":-0")]
    [InlineData("no formula", "\"formula\":\"mean + std * z\",", "")]
    [InlineData("formula that is no text", "\"formula\":\"mean + std * z\"", "\"formula\":7")]
    [InlineData("rows that end too early", "\"start\":3,\"end\":4", "\"start\":2,\"end\":4")]
    [InlineData("rows that begin too late", "\"start\":0,\"end\":1", "\"start\":1,\"end\":1")]
    [InlineData("rows of rows", "\"init\":{\"kind\":\"constant\",\"value\":1}", "\"init\":{\"kind\":\"rows\",\"rows\":[]}")]
    [InlineData("rows of a whole-tensor kind", "\"init\":{\"kind\":\"constant\",\"value\":1}", "\"init\":{\"kind\":\"eye\",\"value\":1}")]
    [InlineData("rows without init", ",\"init\":{\"kind\":\"constant\",\"value\":1}", "")]
    [InlineData("digest in capitals", "\"assembly\":\"0123456789abcdef", "\"assembly\":\"0123456789ABCDEF")]
    [InlineData("seed with a leading zero", "\"seed\":\"7\"", "\"seed\":\"07\"")]
    [InlineData("another seed", "\"seed\":\"7\"", "\"seed\":\"8\"")]
    [InlineData("no seed", ",\"seed\":\"7\"", "")]
    public void AlteredDistributionsAreRefused(string what, string old, string @new)
    {
        Assert.NotEmpty(what);
        string text = TextOf(PlanOf(s_tensors));
        Assert.Contains(old, text);
        int at = text.IndexOf(old, StringComparison.Ordinal);
        ShardFormatException refusal = Assert.Throws<ShardFormatException>(() => PlanJson.Read(Encoding.UTF8.GetBytes(text[..at] + @new + text[(at + old.Length)..]), "plan.json"));
        Assert.Equal(ShardFormatCode.BadPlan, refusal.Code);
        Assert.StartsWith("plan.json: ", refusal.Message);
    }

    [Fact]
    public void NamesTwiceInADistributionAreRefused()
    {
        string text = TextOf(PlanOf(s_tensors)).Replace("\"gain\":0.5", "\"gain\":0.5,\"gain\":0.5", StringComparison.Ordinal);
        Assert.Equal(ShardFormatCode.BadJson, Assert.Throws<ShardFormatException>(() => PlanJson.Read(Encoding.UTF8.GetBytes(text), "plan.json")).Code);
    }

    [Fact]
    public void LinesShowEveryNumber()
    {
        using MemoryStream stream = new();
        TensorLines.Write(PlanOf(s_tensors), stream);
        string lines = Encoding.UTF8.GetString(stream.ToArray());
        Assert.Contains("""{"name":"c","dtype":"F32","shape":[4,3,2],"init":{"kind":"orthogonal","gain":1,"column_axis":1},"seed":"7"}""", lines);
        Assert.Contains("\"init\":{\"kind\":\"orthogonal\",\"gain\":1.5}}", lines);
        Assert.Contains("\"init\":{\"kind\":\"sparse\",\"sparsity\":0.25,\"mean\":0,\"std\":0.01}", lines);
        Assert.Contains("\"init\":{\"kind\":\"expression\",\"formula\":\"mean + std * z\",\"numbers\":{\"mean\":-0,\"std\":0.5}}", lines);
    }

    [Fact]
    public void PeopleSeeAPhrase()
    {
        Assert.Equal("rows 0:1 constant value 1; 1:3 truncated_normal mean 0 std 1 low -2 high Infinity; 3:4 table i", TensorLines.Describe(s_tensors[9].Init));
        Assert.Equal("plugin Mine.Stripes of 0123456789ab period 3 size 0.5", TensorLines.Describe(s_tensors[10].Init));
        Assert.Equal("orthogonal gain 1.5", TensorLines.Describe(s_tensors[1].Init));
    }
}
