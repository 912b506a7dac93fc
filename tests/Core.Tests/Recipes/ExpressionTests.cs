using System.Collections.Immutable;
using ShardInit.Initializers;
using ShardInit.Model;
using ShardInit.Recipes;
using Xunit;

namespace ShardInit.Core.Tests.Recipes;

public sealed class ExpressionTests
{
    private static TensorFacts Facts(long[] shape, int? layer = 3)
    {
        LogicalSpec tensor = new("w", new Shape(shape), "Conv2d", layer, []);
        ModelSpec model = new()
        {
            Source = ModelSource.Config,
            Name = "test",
            Logical = [tensor],
            Stored = [],
            Tied = ImmutableSortedDictionary<string, string>.Empty,
            Numbers = new Dictionary<string, double> { ["hidden_size"] = 64, ["zero"] = 0, ["rope.theta"] = 10000 }.ToImmutableDictionary(),
            LayerCount = 8,
        };
        return new TensorFacts(tensor, model);
    }

    // Right-hand sides by Python 3 (math.sqrt, **, math.exp, math.log, %, numpy.float32; the functions from sin on by mpmath, rounded).
    [Theory]
    [InlineData("0.02", 0.02)]
    [InlineData("1e-3", 0.001)]
    [InlineData(".5", 0.5)]
    [InlineData("-0.5 + 1", 0.5)]
    [InlineData("2 + 3 * 4 - 6 / 3", 12)]
    [InlineData("(2 + 3) * 4", 20)]
    [InlineData("10 - 4 - 3", 3)]
    [InlineData("64 / 4 / 2", 8)]
    [InlineData("2 ** 3 ** 2", 512)]
    [InlineData("-2 ** 2", -4)]
    [InlineData("2 ** -1", 0.5)]
    [InlineData("0.02 / sqrt(2 * num_layers)", 0.005)]
    [InlineData("hidden_size ** -0.5", 0.125)]
    [InlineData("sqrt(2 / fan_in)", 0.11785113019775792)]
    [InlineData("fan_in", 144)]
    [InlineData("fan_out", 288)]
    [InlineData("fan_avg", 216)]
    [InlineData("numel", 4608)]
    [InlineData("ndim + dim0 + dim3", 39)]
    [InlineData("layer + 1", 4)]
    [InlineData("rope.theta", 10000)]
    [InlineData("max(1, 2) + min(1, 2)", 3)]
    [InlineData("floor(2.7) + ceil(2.1) + abs(-1)", 6)]
    [InlineData("exp(1)", 2.718281828459045)]
    [InlineData("log(10)", 2.302585092994046)]
    [InlineData("pow(2, 0.5)", 1.4142135623730951)]
    [InlineData("pi", 3.141592653589793)]
    [InlineData("2 ^ 10 ^ 0", 2)]
    [InlineData("1 < 2", 1)]
    [InlineData("2 <= 1", 0)]
    [InlineData("1 + 1 == 2", 1)]
    [InlineData("2 != 2", 0)]
    [InlineData("(3 > 2) + (2 >= 2)", 2)]
    [InlineData("1 > 2 or 5", 5)]
    [InlineData("if(layer < 4, 10, 20)", 10)]
    [InlineData("if(0, missing, 3)", 3)]
    [InlineData("mod(7, 3)", 1)]
    [InlineData("mod(-1, 4)", 3)]
    [InlineData("mod(1, -4)", -3)]
    [InlineData("mod(-8, 4)", -0.0)]
    [InlineData("f32(0.1)", 0.10000000149011612)]
    [InlineData("sin(1)", 0.8414709848078965)]
    [InlineData("cos(1)", 0.5403023058681398)]
    [InlineData("tanh(1)", 0.7615941559557649)]
    [InlineData("expm1(1)", 1.7182818284590453)]
    [InlineData("log1p(1)", 0.6931471805599453)]
    [InlineData("log2(8)", 3)]
    [InlineData("erfc(0.5)", 0.4795001221869535)]
    [InlineData("missing or 7", 7)]
    [InlineData("zero or 7", 7)]
    [InlineData("hidden_size or 7", 64)]
    [InlineData("missing or zero or 2 + 1", 3)]
    public void Values(string text, double expected) =>
        Assert.Equal(BitConverter.DoubleToInt64Bits(expected), BitConverter.DoubleToInt64Bits(ExpressionParser.Parse(text).Evaluate(Facts([32, 16, 3, 3]))));

    [Theory]
    [InlineData("", "expected a number, a name or '('")]
    [InlineData("1 +", "found the end")]
    [InlineData("1 2", "expected the end")]
    [InlineData("(1", "expected ')'")]
    [InlineData("1.2.3", "bad number")]
    [InlineData("1e999", "bad number")]
    [InlineData("cosh(1)", "unknown function cosh")]
    [InlineData("1 < 2 < 3", "expected the end")]
    [InlineData("1 = 2", "expected the end")]
    [InlineData("1 ! 2", "expected the end")]
    [InlineData("if(1, 2)", "if takes 3 arguments, found 2")]
    [InlineData("sqrt()", "expected a number")]
    [InlineData("sqrt(1, 2)", "sqrt takes 1 argument, found 2")]
    [InlineData("__import__('os')", "unknown function __import__")]
    [InlineData("1 ; 2", "expected the end")]
    public void BadTextsAreRefused(string text, string expected) =>
        Assert.Contains(expected, Assert.Throws<ExpressionException>(() => ExpressionParser.Parse(text)).Message);

    [Theory]
    [InlineData('(')]
    [InlineData('-')]
    public void DeepNestingIsRefused(char open) =>
        Assert.Contains("nested deeper", Assert.Throws<ExpressionException>(() => ExpressionParser.Parse(new string(open, 900))).Message);

    [Fact]
    public void LongTextsAreRefused() => Assert.Throws<ExpressionException>(() => ExpressionParser.Parse(string.Join("+", Enumerable.Repeat("1", 2000))));

    [Fact]
    public void NamesWithoutMeaningAreRefused()
    {
        static string Refusal(string text, long[] shape, int? layer = 3) => Assert.Throws<RefusalException>(() => ExpressionParser.Parse(text).Evaluate(Facts(shape, layer))).Message;
        Assert.Contains("did you mean hidden_size?", Refusal("hiden_size", [1]));
        Assert.Contains("need 2 axes or more", Refusal("fan_in", [4]));
        Assert.Contains("belongs to no layer", Refusal("layer", [4], null));
        Assert.Contains("has 1 axes", Refusal("dim1", [4]));
    }
}
