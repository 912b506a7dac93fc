using System.Globalization;
using System.Text.Json;
using ShardInit.Initializers;
using ShardInit.Planning;
using Xunit;

namespace ShardInit.Core.Tests.Initializers;

/// <summary>
/// The initializers of the mup package as formulas over a width multiplier m: with two infinite dimensions a deviation is divided by √m; Xavier takes the fans of the base model; Kaiming
/// takes the base fan where only the fan that it uses is infinite.
/// </summary>
public sealed class MupTests
{
    private static readonly JsonElement s_mup = InitCase.File("special").GetProperty("mup");

    private sealed record Width(bool Out, bool In);

    private static readonly Dictionary<string, Width> s_infinite = new() { ["inp"] = new(true, false), ["hid"] = new(true, true), ["back"] = new(true, true), ["emb"] = new(false, true), ["out"] = new(false, true) };

    public static TheoryData<int> Numbers => [.. Enumerable.Range(0, s_mup.GetProperty("cases").GetArrayLength())];

    [Theory]
    [MemberData(nameof(Numbers))]
    public void A_case_has_the_measured_deviation(int number)
    {
        Assert.Equal(40, Numbers.Count);
        JsonElement item = s_mup.GetProperty("cases")[number];
        Plan plan = Plan(Rule(item), item.GetProperty("shape").GetRawText(), item.GetProperty("width_mult").GetDouble());
        double std = Deviation(plan.Logical[0].Init);
        JsonElement measured = item.GetProperty("measured");
        double away = (measured.GetProperty("std").GetDouble() - std) / measured.GetProperty("std_se").GetDouble();
        Assert.True(Math.Abs(away) < Law.MostZ, $"{std:R} is {away:F2} standard errors from the {measured.GetProperty("std").GetDouble():R} measured");
        Assert.Equal(measured.GetProperty("inferred_kind").GetString(), plan.Logical[0].Init.Kind);
    }

    /// <summary>The rules of docs/initializers.md, "muP".</summary>
    private static string Rule(JsonElement item)
    {
        Width width = s_infinite[item.GetProperty("tensor").GetString()!];
        bool both = width is { Out: true, In: true };
        string function = item.GetProperty("function").GetString()!;
        Dictionary<string, string> args = item.GetProperty("args").EnumerateObject().ToDictionary(argument => argument.Name, argument => argument.Value.ToString());
        if (!function.StartsWith("xavier", StringComparison.Ordinal) && !function.StartsWith("kaiming", StringComparison.Ordinal))
        {
            string root = both ? " / sqrt(width_mult)" : "";
            return $"init: torch.{function}, args: {{{string.Join(", ", args.Select(argument => $"{argument.Key}: '{argument.Value}{root}'"))}}}";
        }
        if (function.StartsWith("xavier", StringComparison.Ordinal))
        {
            string output = width.Out ? "dim0 / width_mult" : "dim0", input = width.In ? "dim1 / width_mult" : "dim1";
            return $"init: torch.{function}, args: {{gain: 'sqrt((dim0 + dim1) / ({output} + {input})){(both ? " / sqrt(width_mult)" : "")}'}}";
        }
        string mode = args.GetValueOrDefault("mode", "fan_in");
        bool baseFan = !both && (mode == "fan_in" ? width.In : width.Out);
        string gain = args.TryGetValue("nonlinearity", out string? nonlinearity) ? $"gain({nonlinearity})" : $"gain(leaky_relu, {args["a"]})";
        return $"init: variance_scaling, args: {{scale: '{gain}**2{(baseFan ? " * width_mult" : "")}', mode: {mode}, distribution: {(function.Contains("uniform", StringComparison.Ordinal) ? "uniform" : "normal")}}}";
    }

    private static Plan Plan(string rule, string shape, double widthMultiplier)
    {
        using Workspace workspace = new();
        string model = string.Create(CultureInfo.InvariantCulture, $"{{\"tensors\": [{{\"name\": \"w\", \"shape\": {shape}}}], \"config\": {{\"width_mult\": {widthMultiplier}}}}}");
        return workspace.Plan(model, $"name: golden\nrules:\n- {{match: w, {rule}}}\n");
    }

    private static double Deviation(Distribution init) => init switch
    {
        Normal normal => normal.Std,
        Uniform uniform => (uniform.High - uniform.Low) / Math.Sqrt(12),
        // ±0.45 at a deviation of 0.3, both scaled alike: a cut at 1.5, whose deviation is 0.7426 of the normal's.
        TruncatedNormal truncated => truncated.Std * DeviationOfCut(truncated.High / truncated.Std),
        _ => throw new NotSupportedException(init.Kind),
    };

    private static double DeviationOfCut(double cut) => Math.Sqrt(1 - (2 * cut * Kernels.NormalLaw.Density(cut) / Kernels.NormalLaw.Between(-cut, cut)));

    [Fact]
    public void A_readout_is_widened_by_the_root_of_the_multiplier_and_others_are_not()
    {
        JsonElement ratios = s_mup.GetProperty("set_base_shapes_rescale");
        double multiplier = s_mup.GetProperty("width").GetDouble() / s_mup.GetProperty("base_width").GetDouble();
        double plain = ((Uniform)Plan("init: torch.kaiming_uniform_, args: {a: 'sqrt(5)'}", "[21, 96]", multiplier).Logical[0].Init).High;
        double readout = ((Uniform)Plan("init: variance_scaling, args: {scale: width_mult / 3, distribution: uniform}", "[21, 96]", multiplier).Logical[0].Init).High;
        Assert.Equal(ratios.GetProperty("MuReadout.weight").GetDouble(), readout / plain, 1e-6);
        Assert.Equal(1, ratios.GetProperty("hidden Linear weight").GetDouble());
        Assert.Equal(1, ratios.GetProperty("input Linear weight").GetDouble());
    }
}
