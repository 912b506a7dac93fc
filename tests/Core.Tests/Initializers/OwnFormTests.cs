using ShardInit.Initializers;
using ShardInit.Planning;
using Xunit;

namespace ShardInit.Core.Tests.Initializers;

/// <summary>The own names: general forms that no library has in this shape.</summary>
public sealed class OwnFormTests
{
    private static Plan Plan(string init, string shape, string more = "")
    {
        using Workspace workspace = new();
        return workspace.Plan($"{{\"tensors\": [{{\"name\": \"w\", \"shape\": {shape}{more}}}]}}", $"name: own\nrules:\n- {{match: w, init: {init}}}\n");
    }

    private static Distribution Init(string init, string shape) => Plan(init, shape).Logical[0].Init;

    private static string Problem(string init, string shape)
    {
        using Workspace workspace = new();
        return workspace.ProblemsOf($"{{\"tensors\": [{{\"name\": \"w\", \"shape\": {shape}}}]}}", $"name: own\nrules:\n- {{match: w, init: {init}}}\n")[0];
    }

    [Theory]
    [InlineData("xavier_normal", 0.13363062095621219)]
    [InlineData("glorot_normal", 0.13363062095621219)]
    [InlineData("kaiming_normal", 0.20412414523193154)]
    [InlineData("he_normal, args: {nonlinearity: leaky_relu, slope: 0.2, mode: fan_out}", 0.17334381132038409)]
    [InlineData("lecun_normal", 0.14433756729740646)]
    [InlineData("lecun_normal, args: {gain: 2}", 0.28867513459481292)]
    [InlineData("variance_scaling, args: {scale: 2, mode: fan_geo_avg}", 0.18995892141289816)]
    [InlineData("variance_scaling, args: {fan: 100}", 0.1)]
    public void ScaledNormalsTakePyTorchsOrientation(string init, double std) => Numbers.Close(std, Assert.IsType<Normal>(Init(init, "[64, 48]")).Std);

    [Theory]
    [InlineData(0.02, -0.02, 0.04)]
    [InlineData(-0.02, -0.04, 0.02)]
    public void JaxCutsBeforeItMultiplies(double stddev, double low, double high)
    {
        TruncatedNormal cut = Assert.IsType<TruncatedNormal>(Init(FormattableString.Invariant($"jax.truncated_normal, args: {{stddev: {stddev}, lower: -1, upper: 2}}"), "[8]"));
        Assert.Equal((0.02, low, high), (cut.Std, cut.Low, cut.High));
    }

    [Fact]
    public void TheExpertsOfAFusedTensorAreABatchAxis()
    {
        Numbers.Close(Math.Sqrt(1.0 / 48), Assert.IsType<Normal>(Init("lecun_normal, args: {in_axis: -1, out_axis: -2, batch_axis: 0}", "[8, 64, 48]")).Std);
        Numbers.Close(Math.Sqrt(3.0 / 48), Assert.IsType<Uniform>(Init("variance_scaling, args: {in_axis: [2], out_axis: [1], batch_axis: [0], distribution: uniform}", "[8, 64, 48]")).High);
    }

    [Theory]
    [InlineData("variance_scaling", "[64]", "need 2 axes or more; shape [64] has 1: say fan")]
    [InlineData("variance_scaling, args: {fan: 0}", "[64]", "the fan is 0")]
    [InlineData("xavier_normal, args: {gain: -1}", "[4, 4]", "expected a gain of 0 or more, found -1")]
    [InlineData("variance_scaling, args: {in_axis: 0.5}", "[4, 4]", "in_axis: expected a whole number, found 0.5")]
    [InlineData("variance_scaling, args: {in_axis: {a: 1}}", "[4, 4]", "in_axis: expected a number or a list of numbers, found a mapping")]
    [InlineData("orthogonal, args: {column_axis: 2}", "[4, 4]", "column_axis: axis 2 does not exist in a tensor of 2 axes")]
    [InlineData("truncated_normal, args: {std: 1, low: -1, high: 1, corrected: true}", "[4]", "corrected: give bounds as multiples")]
    [InlineData("truncated_normal, args: {std: 1, low_std: 1, high_std: -1, corrected: true}", "[4]", "expected low_std below high_std, found 1 and -1")]
    [InlineData("truncated_normal, args: {std: 1, low_std: 40, corrected: true}", "[4]", "corrected:")]
    [InlineData("rows, args: {parts: []}", "[4]", "parts: expected a list of parts")]
    [InlineData("rows, args: {parts: [5]}", "[4]", "parts: expected a list of parts")]
    [InlineData("rows, args: {parts: [{init: zeros}, {init: ones}]}", "[4]", "until is missing")]
    [InlineData("rows, args: {parts: [{until: 2, init: zeros, argz: 1}]}", "[4]", "unknown key 'argz'")]
    [InlineData("rows, args: {parts: [{until: 2, init: zero}]}", "[4]", "unknown initializer 'zero'")]
    [InlineData("rows, args: {parts: [{until: 2, init: zeros}]}", "[4]", "the parts end at row 2; shape [4] has 4")]
    [InlineData("rows, args: {parts: [{until: 3, init: zeros}, {until: 2, init: ones}]}", "[4]", "until: expected a whole number from 3 to the 4 rows")]
    [InlineData("rows, args: {parts: [{until: 5, init: zeros}]}", "[4]", "until: expected a whole number from 0 to the 4 rows")]
    [InlineData("rows, args: {parts: [{init: orthogonal}]}", "[4, 4]", "orthogonal stands for whole tensors")]
    [InlineData("rows, args: {parts: [{init: zeros}]}", "[]", "a scalar has no rows")]
    [InlineData("gate_bias, args: {gates: 3}", "[8]", "axis 0 of shape [8] cannot be divided into 3 gates")]
    [InlineData("gate_bias, args: {gate: 4}", "[8]", "gate 4 does not exist: there are 4")]
    [InlineData("sinusoidal", "[8, 3]", "an even number of channels; found shape [8, 3]")]
    [InlineData("rotary, args: {type: linear}", "[8]", "type linear needs factor")]
    [InlineData("rotary, args: {theta: 0}", "[8]", "theta: expected a number above 0")]
    [InlineData("values, args: {values: [1, 2]}", "[3]", "2 numbers for shape [3]")]
    [InlineData("inverse_softplus, args: {low: 1, high: 0.5}", "[3]", "expected 0 < low < high")]
    [InlineData("arange", "[]", "expected 1 to 3 axes; shape [] has 0")]
    [InlineData("keras.STFTInitializer", "[8, 1, 5]", "needs side")]
    [InlineData("keras.STFTInitializer, args: {side: real}", "[8, 2, 5]", "expected [frame, 1, frequencies]")]
    [InlineData("keras.STFTInitializer, args: {side: real}", "[2, 1, 5]", "every weight of the window is 0")]
    [InlineData("torch.kaiming_normal", "[4, 4]", "did you mean torch.kaiming_normal_?")]
    public void WhatMakesNoSenseIsRefused(string init, string shape, string reason) => Assert.Contains(reason, Problem(init, shape));

    [Fact]
    public void ACorrectedTruncationHasTheDeviationThatIsAskedFor()
    {
        TruncatedNormal symmetric = Assert.IsType<TruncatedNormal>(Init("truncated_normal, args: {std: 0.02, low_std: -2, high_std: 2, corrected: true}", "[8]"));
        Assert.Equal(0.02 / Scaled.StdCutAt2, symmetric.Std, 1e-15);
        Assert.Equal(2 * symmetric.Std, symmetric.High);
        // The half normal: √(1 - 2/π).
        TruncatedNormal half = Assert.IsType<TruncatedNormal>(Init("truncated_normal, args: {std: 1, low_std: 0, corrected: true}", "[8]"));
        Assert.Equal(1 / Math.Sqrt(1 - (2 / Math.PI)), half.Std, 1e-12);
    }

    [Fact]
    public void RowsHaveTheirOwnInitializers()
    {
        const string Parts = "rows, args: {parts: [{until: 'dim0 / 4', init: zeros}, {until: 'dim0 / 2', init: constant, args: {value: 2}}, {until: 'dim0 / 2', init: ones}, {init: normal, args: {std: '1 / dim1'}}]}";
        Rows rows = Assert.IsType<Rows>(Init(Parts, "[8, 5]"));
        Assert.Equal(new RowRange[] { new(0, 2, new Constant(0)), new(2, 4, new Constant(2)), new(4, 8, new Normal(0, 0.2)) }, rows.Ranges.ToArray());
        Assert.Equal(new Normal(0, 0.2), Init("rows, args: {parts: [{init: normal, args: {std: 0.2}}]}", "[8, 5]"));
        double[] whole = Drawn.Values(Plan("normal, args: {std: 0.2}", "[8, 5]")), parts = Drawn.Values(Plan(Parts, "[8, 5]"));
        Assert.Equal(whole[20..], parts[20..]);
        Assert.Equal([.. Enumerable.Repeat(0.0, 10), .. Enumerable.Repeat(2.0, 10)], parts[..20]);
    }

    [Fact]
    public void TheForgetGateOfAnLstmIsItsSecond() => Assert.Equal([0, 0, 1, 1, 0, 0, 0, 0], Drawn.Values(Plan("gate_bias", "[8]")));

    [Theory]
    [InlineData("arange", "[4]", "F32", new double[] { 0, 1, 2, 3 })]
    [InlineData("arange, args: {start: 5, step: -2}", "[2, 3]", "I64", new double[] { 5, 3, 1, 5, 3, 1 })]
    [InlineData("arange, args: {axis: 0}", "[2, 3]", "F32", new double[] { 0, 0, 0, 1, 1, 1 })]
    [InlineData("log_arange", "[2, 3]", "F64", new double[] { 0, 0.6931471805599453, 1.0986122886681098, 0, 0.6931471805599453, 1.0986122886681098 })]
    [InlineData("values, args: {values: [3, -1, '1 / 4']}", "[3]", "F32", new double[] { 3, -1, 0.25 })]
    [InlineData("identity, args: {value: 3}", "[2, 3]", "F32", new double[] { 3, 0, 0, 0, 3, 0 })]
    public void TablesAreTheirFormulas(string init, string shape, string dtype, double[] expected) => Assert.Equal(expected, Drawn.Values(Plan(init, shape, $", \"dtype\": \"{dtype}\"")));

    [Fact]
    public void InterleavedSinusoidsAreThoseOfTheTransformerPaper()
    {
        double[] values = Drawn.Values(Plan("sinusoidal, args: {layout: interleaved}", "[50, 6]"));
        for (int position = 0; position < 50; position++)
        {
            for (int column = 0; column < 6; column++)
            {
                double angle = position / Math.Pow(10000, column / 2 * 2 / 6.0);
                Assert.Equal(column % 2 == 0 ? Math.Sin(angle) : Math.Cos(angle), values[(position * 6) + column], 1e-7);
            }
        }
    }

    [Theory]
    [InlineData("real", "hann", "density", false)]
    [InlineData("imag", "hann", "spectrum", true)]
    [InlineData("real", "hamming", "null", false)]
    [InlineData("imag", "blackman", "density", true)]
    [InlineData("real", "null", "density", false)]
    [InlineData("real", "boxcar", "spectrum", false)]
    public void FourierKernelsAreWindowedWaves(string side, string window, string scaling, bool periodic)
    {
        double[] values = Drawn.Values(Plan($"keras.STFTInitializer, args: {{side: {side}, window: {window}, scaling: {scaling}, periodic: {(periodic ? "true" : "false")}}}", "[12, 1, 9]"));
        double[] weights = [.. Enumerable.Range(0, 12).Select(i => Weight(window, 2 * Math.PI * i / (periodic ? 12 : 11)))];
        double norm = window == "null" ? 1 : scaling switch { "density" => Math.Sqrt(weights.Sum(w => w * w)), "spectrum" => weights.Sum(), _ => 1 };
        for (int i = 0; i < 12; i++)
        {
            for (int k = 0; k < 9; k++)
            {
                double angle = -2 * Math.PI * i * k / 16;
                Assert.Equal((side == "real" ? Math.Cos(angle) : Math.Sin(angle)) * weights[i] / norm, values[(i * 9) + k], 1e-7);
            }
        }
    }

    // scipy.signal.windows: hann, hamming and blackman are sums of cosines.
    private static double Weight(string window, double angle) => window switch
    {
        "hann" => 0.5 - (0.5 * Math.Cos(angle)),
        "hamming" => 0.54 - (0.46 * Math.Cos(angle)),
        "blackman" => 0.42 - (0.5 * Math.Cos(angle)) + (0.08 * Math.Cos(2 * angle)),
        _ => 1,
    };

    [Fact]
    public void TimmTruncatesAtMultiplesWhereItsNameSaysTf()
    {
        Assert.Equal(new TruncatedNormal(0, 0.02, -2, 2), Init("timm.trunc_normal_, args: {std: 0.02}", "[8]"));
        Assert.Equal(new TruncatedNormal(1, 0.02, 1 - 0.04, 1.04), Init("timm.trunc_normal_tf_, args: {mean: 1, std: 0.02}", "[8]"));
        Numbers.Close(1 / Math.Sqrt(48) / Scaled.StdCutAt2, Assert.IsType<TruncatedNormal>(Init("timm.lecun_normal_", "[64, 48]")).Std);
        Numbers.Close(Math.Sqrt(2.0 / 56), Assert.IsType<Normal>(Init("timm.variance_scaling_, args: {scale: 2, mode: fan_avg}", "[64, 48]")).Std);
    }

    [Fact]
    public void KerasTakesTheWordsThatItsLayersTake()
    {
        foreach ((string word, string name) in new[] { ("uniform", "RandomUniform"), ("normal", "RandomNormal"), ("glorot_uniform", "GlorotUniform"), ("one", "Ones"), ("zero", "Zeros"), ("orthogonal", "Orthogonal"), ("OrthogonalInitializer", "Orthogonal") })
        {
            Assert.Equal(Init($"keras.{name}", "[6, 4]"), Init($"keras.{word}", "[6, 4]"));
        }
    }

    [Fact]
    public void SiblingsAreFoundBehindDotsAndSlashes()
    {
        using Workspace workspace = new();
        Plan plan = workspace.Plan("""{"tensors": [{"name": "a.fc.weight", "shape": [4, 16]}, {"name": "a.fc.bias", "shape": [4]}, {"name": "b/d/kernel", "shape": [9, 2]}, {"name": "b/d/bias", "shape": [2]}, {"name": "bias", "shape": [3]}]}""",
            """
            name: own
            rules:
            - {match: a.fc.bias, init: normal, args: {std: "1 / sqrt(weight_fan_in)"}}
            - {match: b/d/bias, init: normal, args: {std: "1 / sqrt(kernel_dim0)"}}
            - {match: b/d/kernel, init: normal, args: {std: "bias_numel"}}
            - {match: "*", init: normal, args: {std: "weight_numel or 7"}}
            """);
        Dictionary<string, double> stds = plan.Logical.ToDictionary(tensor => tensor.Name, tensor => ((Normal)tensor.Init).Std);
        Assert.Equal((0.25, 1 / 3.0, 2, 7, 64), (stds["a.fc.bias"], stds["b/d/bias"], stds["b/d/kernel"], stds["bias"], stds["a.fc.weight"]));
    }
}
