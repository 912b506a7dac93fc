using ShardInit.Initializers;
using ShardInit.Model;
using ShardInit.Planning;
using Xunit;

namespace ShardInit.Core.Tests.Planning;

public sealed class LimitTests
{
    private const double Infinity = double.PositiveInfinity;

    public static TheoryData<Distribution, DType, string?> Cases => new()
    {
        { new Constant(65504), DType.F16, null },
        { new Constant(65505), DType.F16, "outside the finite range of F16" },
        { new Constant(-448), DType.F8_E4M3, null },
        { new Constant(449), DType.F8_E4M3, "outside the finite range" },
        { new Constant(1e300), DType.F64, null },
        { new Constant(1e300), DType.F32, "outside the finite range" },
        { new Constant(double.NaN), DType.F32, "not finite" },
        { new Constant(1), DType.BOOL, null },
        { new Constant(2), DType.BOOL, "is no BOOL" },
        { new Constant(255), DType.U8, null },
        { new Constant(256), DType.U8, "is no U8" },
        { new Constant(-1), DType.U8, "is no U8" },
        { new Constant(1.5), DType.I32, "is no I32" },
        { new Constant(-2147483648), DType.I32, null },
        { new Constant(9223372036854774784), DType.I64, null },
        { new Constant(9223372036854775808), DType.I64, "is no I64" },
        { new Normal(0, 1), DType.I64, "constants only" },
        { new Normal(0, 0), DType.BF16, null },
        { new Normal(5, 0), DType.BF16, null },
        { new Normal(0, -0.5), DType.BF16, "std of 0 or more" },
        { new Normal(0, Infinity), DType.BF16, "std ∞ is not finite" },
        { new Normal(double.NaN, 1), DType.BF16, "not finite" },
        { new Normal(0, 1e-60), DType.BF16, "0 in float32" },
        { new Normal(0, 8618), DType.F16, null },
        { new Normal(0, 8620), DType.F16, "mean - 7.6 std" },
        { new Normal(0, 1e38), DType.F64, "float32, which draws use" },
        { new Uniform(-1, 1), DType.F8_E5M2, null },
        { new Uniform(1, 1), DType.F32, "low below high" },
        { new Uniform(2, 1), DType.F32, "low below high" },
        { new Uniform(1, 1 + 1e-12), DType.F32, "one float32 value" },
        { new Uniform(-3e38, 3e38), DType.F32, "high - low" },
        { new Uniform(0, 500), DType.F8_E4M3, "high = 500 is outside" },
        { new TruncatedNormal(0, 0.02, -2, 2), DType.BF16, null },
        { new TruncatedNormal(0, 0, -2, 2), DType.BF16, "std above 0" },
        { new TruncatedNormal(0, 1, 2, -2), DType.BF16, "low below high" },
        { new TruncatedNormal(0, 1, double.NaN, 2), DType.BF16, "not a number" },
        { new TruncatedNormal(0, 1, -Infinity, Infinity), DType.BF16, "no bound is finite" },
        { new TruncatedNormal(0, 1, 8, Infinity), DType.BF16, null },
        { new TruncatedNormal(0, 1, 999_999, 1_000_001), DType.F32, null },
        { new TruncatedNormal(0, 1, 1_000_001, 1_000_002), DType.F32, "at most 1e6 are taken" },
        { new TruncatedNormal(0, 1e-3, -1002, -1001), DType.F32, "at most 1e6 are taken" },
        { new TruncatedNormal(0, 10000, -1, Infinity), DType.F16, "mean + 7.6 std = 76000 is outside" },
        { new TruncatedNormal(0, 10000, -1, 1), DType.F16, null },
        { new TruncatedNormal(0, 1, -1, 1e39), DType.F32, "high = 1E+39 is outside" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void NumbersThatDoNotSuitTheDtypeAreRefused(Distribution init, DType dtype, string? expected)
    {
        string? refusal = DistributionLimits.Refusal(init, dtype);
        if (expected is null) Assert.Null(refusal);
        else Assert.Contains(expected.Replace("∞", double.PositiveInfinity.ToString(System.Globalization.CultureInfo.InvariantCulture)), refusal);
    }

    // By Python 3: erf(h / (std sqrt 2)) with h half the smallest subnormal (2^-9 and 2^-16), through math.erfc.
    [Theory]
    [InlineData(DType.F8_E4M3, 0.002, 0.37464936)]
    [InlineData(DType.F8_E4M3, 0.015, 0.05190894)]
    [InlineData(DType.F8_E5M2, 0.00001, 0.55450049)]
    public void ShareOfZerosOfANormal(DType dtype, double std, double expected) =>
        Assert.Equal(expected, DistributionLimits.ShareOfZeros(new Normal(0, std), dtype)!.Value, 7);

    // Half of the smallest steps: 2^-10, 2^-25, 2^-150.
    [Theory]
    [InlineData(DType.F8_E4M3, 0.0009765625, 1)]
    [InlineData(DType.F8_E4M3, -0.00098, 0)]
    [InlineData(DType.F16, 1e-9, 1)]
    [InlineData(DType.F32, 1e-60, 1)]
    [InlineData(DType.F64, 1e-60, 0)]
    [InlineData(DType.BF16, 1e-5, 0)]
    public void ConstantsThatAreZeroInTheDtypeAreSeen(DType dtype, double value, double expected) =>
        Assert.Equal(expected, DistributionLimits.ShareOfZeros(new Constant(value), dtype));

    [Fact]
    public void ShareOfZerosOfALogUniform()
    {
        Assert.Null(DistributionLimits.ShareOfZeros(new Constant(0), DType.F8_E4M3));
        Assert.Null(DistributionLimits.ShareOfZeros(new LogUniform(0.001, 0.1), DType.F8_E4M3));
        // ln(2^-10 / 1e-8) / ln(1e-1 / 1e-8), by Python 3.
        Assert.Equal(0.7128, DistributionLimits.ShareOfZeros(new LogUniform(1e-8, 0.1), DType.F8_E4M3)!.Value, 4);
        Assert.Equal(1, DistributionLimits.ShareOfZeros(new LogUniform(1e-8, 1e-4), DType.F8_E4M3));
    }

    [Fact]
    public void SmallStandardDeviationsInEightBitsAreWarnedOf()
    {
        Plan plan = Planner.Create(new PlanRequest { Model = "llama-3.2-1b", Recipe = "gpt2", DType = DType.F8_E4M3 });
        string warning = Assert.Single(plan.Warnings);
        Assert.Contains("(and 31 more): ", warning);
        Assert.Contains("% of the elements are zero in F8_E4M3", warning);
        Assert.Empty(Planner.Create(new PlanRequest { Model = "llama-3.2-1b", DType = DType.F8_E4M3 }).Warnings);
    }

    [Fact]
    public void EveryProblemOfARequestIsReportedTogether()
    {
        using Workspace workspace = new();
        IReadOnlyList<string> problems = Workspace.ProblemsOf(() => Planner.Create(new PlanRequest
        {
            Model = workspace.Write("m.json", """{"model_type": "llama", "hidden_size": 0}"""),
            Recipe = workspace.Write("r.yaml", "name: x\nrules: []"),
            DType = DType.I32, DigestKind = "md5", Namespace = "a\nb", ShardBytes = 1, TileBytes = -1,
            UserMetadata = new Dictionary<string, string> { [""] = "x", ["k"] = "\ud800" },
        }));
        foreach (string expected in (string[])["hidden_size", "rules: expected", "--dtype", "--digest", "--namespace", "--shard-size", "--tile-size", "key ''", "half a surrogate pair"])
        {
            Assert.Contains(problems, problem => problem.Contains(expected, StringComparison.Ordinal));
        }
    }
}
