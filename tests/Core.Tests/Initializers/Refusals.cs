namespace ShardInit.Core.Tests.Initializers;

/// <summary>What is refused, with a piece of the reason that is given.</summary>
internal static class Refusals
{
    /// <summary>Cases that the original refuses as well.</summary>
    public static IReadOnlyDictionary<string, string> OfTheOriginal { get; } = new Dictionary<string, string>
    {
        ["uniform_-012"] = "expected low below high, found low 1, high 0",
        ["normal_-015"] = "expected std of 0 or more, found -1",
        ["normal_-024"] = "normal draws no I64",
        ["uniform_-025"] = "uniform draws no I64",
        ["trunc_normal_-040"] = "expected std above 0, found 0",
        ["trunc_normal_-041"] = "expected low below high, found low 2, high -2",
        ["eye_-067"] = "an identity has 2 axes; shape [4] has 1",
        ["eye_-068"] = "an identity has 2 axes; shape [2, 3, 4] has 3",
        ["dirac_-081"] = "expected a convolution kernel of 3, 4 or 5 axes; shape [4, 4] has 2",
        ["dirac_-082"] = "expected a convolution kernel of 3, 4 or 5 axes; shape [4] has 1",
        ["dirac_-083"] = "expected a convolution kernel of 3, 4 or 5 axes; shape [2, 2, 2, 2, 2, 2] has 6",
        ["dirac_-090"] = "axis 0 of shape [7, 3, 3] cannot be divided into 2 groups",
        ["dirac_-091"] = "expected 1 group or more, found 0",
        ["dirac_-094"] = "axis 0 of shape [6, 3, 3] cannot be divided into 12 groups",
        ["xavier_uniform_-111"] = "expected a bound of 0 or more, found -",
        ["xavier_uniform_-112"] = "need 2 axes or more; shape [64] has 1",
        ["xavier_uniform_-113"] = "need 2 axes or more; shape [] has 0",
        ["xavier_uniform_-115"] = "the fan is 0",
        ["xavier_uniform_-116"] = "the fan is 0",
        ["xavier_normal_-133"] = "expected std of 0 or more, found -",
        ["xavier_normal_-134"] = "need 2 axes or more; shape [64] has 1",
        ["xavier_normal_-135"] = "need 2 axes or more; shape [] has 0",
        ["xavier_normal_-137"] = "the fan is 0",
        ["xavier_normal_-138"] = "the fan is 0",
        ["kaiming_uniform_-181"] = "mode: expected one of fan_in, fan_out, found 'fan_avg'",
        ["kaiming_uniform_-183"] = "nonlinearity: expected one of conv1d, conv2d",
        ["kaiming_uniform_-184"] = "a: expected a number or a formula, found 'true'",
        ["kaiming_uniform_-185"] = "unknown name 'x'",
        ["kaiming_uniform_-186"] = "need 2 axes or more; shape [64] has 1",
        ["kaiming_uniform_-187"] = "need 2 axes or more; shape [] has 0",
        ["kaiming_normal_-234"] = "mode: expected one of fan_in, fan_out, found 'fan_avg'",
        ["kaiming_normal_-236"] = "nonlinearity: expected one of conv1d, conv2d",
        ["kaiming_normal_-237"] = "a: expected a number or a formula, found 'true'",
        ["kaiming_normal_-238"] = "unknown name 'x'",
        ["kaiming_normal_-239"] = "need 2 axes or more; shape [64] has 1",
        ["kaiming_normal_-240"] = "need 2 axes or more; shape [] has 0",
        ["orthogonal_-261"] = "an orthogonal matrix needs 2 axes or more; shape [64] has 1",
        ["orthogonal_-262"] = "an orthogonal matrix needs 2 axes or more; shape [] has 0",
        ["orthogonal_-265"] = "an orthogonal matrix needs 2 axes or more; shape [0] has 1",
        ["orthogonal_-266"] = "PyTorch has no QR for BF16; init: orthogonal computes in F64",
        ["orthogonal_-267"] = "PyTorch has no QR for F16",
        ["sparse_-284"] = "a sparse matrix has 2 axes; shape [50] has 1",
        ["sparse_-285"] = "a sparse matrix has 2 axes; shape [4, 5, 6] has 3",
        ["sparse_-286"] = "a sparse matrix has 2 axes; shape [] has 0",
        ["glorot_uniform-040"] = "in_axis: axis -2 does not exist in a tensor of 1 axis",
        ["glorot_normal-047"] = "in_axis: axis -2 does not exist in a tensor of 1 axis",
        ["lecun_uniform-054"] = "in_axis: axis -2 does not exist in a tensor of 1 axis",
        ["lecun_normal-061"] = "in_axis: axis -2 does not exist in a tensor of 1 axis",
        ["he_uniform-068"] = "in_axis: axis -2 does not exist in a tensor of 1 axis",
        ["he_normal-075"] = "in_axis: axis -2 does not exist in a tensor of 1 axis",
        ["xavier_uniform-078"] = "in_axis: axis -2 does not exist in a tensor of 1 axis",
        ["xavier_normal-081"] = "in_axis: axis -2 does not exist in a tensor of 1 axis",
        ["kaiming_uniform-084"] = "in_axis: axis -2 does not exist in a tensor of 1 axis",
        ["kaiming_normal-087"] = "in_axis: axis -2 does not exist in a tensor of 1 axis",
        ["variance_scaling-131"] = "mode: expected one of fan_in, fan_out, fan_avg, fan_geo_avg, found 'fan_bad'",
        ["variance_scaling-132"] = "distribution: expected one of normal, uniform, truncated_normal, found 'cauchy'",
        ["variance_scaling-135"] = "in_axis: axis -2 does not exist in a tensor of 1 axis",
        ["variance_scaling-137"] = "in_axis: axis -2 does not exist in a tensor of 0 axes",
        ["variance_scaling-138"] = "in_axis: axis 5 does not exist in a tensor of 2 axes",
        ["variance_scaling-139"] = "the fan is 0",
        ["orthogonal-166"] = "an orthogonal matrix needs 2 axes or more; shape [64] has 1",
        ["orthogonal-167"] = "an orthogonal matrix needs 2 axes or more; shape [] has 0",
        ["orthogonal-171"] = "JAX has no QR for BF16; init: orthogonal",
        ["orthogonal-172"] = "JAX has no QR for F16",
        ["delta_orthogonal-183"] = "expected at least as many outputs (last axis) as inputs (the one before); shape [3, 12, 8] has 8 and 12",
        ["delta_orthogonal-184"] = "expected a convolution kernel of 3, 4 or 5 axes; shape [8, 8] has 2",
        ["delta_orthogonal-185"] = "expected a convolution kernel of 3, 4 or 5 axes; shape [8] has 1",
        ["delta_orthogonal-186"] = "expected a convolution kernel of 3, 4 or 5 axes; shape [2, 2, 2, 2, 4, 4] has 6",
        ["LecunNormal-066"] = "input_axes: expected a list of numbers, found '1'",
        ["VarianceScaling-081"] = "expected a scale above 0, found 0",
        ["VarianceScaling-082"] = "expected a scale above 0, found -1",
        ["VarianceScaling-083"] = "mode: expected one of fan_in, fan_out, fan_avg, found 'fan_geo_avg'",
        ["VarianceScaling-084"] = "distribution: expected one of normal, truncated_normal, untruncated_normal, uniform, found 'cauchy'",
        ["VarianceScaling-086"] = "mode: expected one of fan_in, fan_out, fan_avg, found 'FAN_OUT'",
        ["VarianceScaling-087"] = "has no argument 'seed'; the seed is that of the plan",
        ["RandomNormal-088"] = "has no argument 'seed'; the seed is that of the plan",
        ["Orthogonal-096"] = "an orthogonal matrix needs 2 axes or more; shape [64] has 1",
        ["Orthogonal-097"] = "an orthogonal matrix needs 2 axes or more; shape [] has 0",
        ["Identity-104"] = "an identity has 2 axes; shape [4] has 1",
        ["Identity-105"] = "an identity has 2 axes; shape [2, 3, 4] has 3",
    };

    /// <summary>Cases where the original goes on with a value that nobody asked for: docs/initializers.md, "Defects that are refused".</summary>
    public static IReadOnlyDictionary<string, string> OfDefects { get; } = new Dictionary<string, string>
    {
        ["dirac_-092"] = "expected 1 group or more, found -2",
        ["kaiming_uniform_-191"] = "mode: expected one of fan_in, fan_out, found 'bad'",
        ["kaiming_normal_-244"] = "mode: expected one of fan_in, fan_out, found 'bad'",
        ["sparse_-280"] = "expected sparsity, a share, from 0 to 1; found 1.5",
        ["sparse_-281"] = "expected sparsity, a share, from 0 to 1; found -0.5",
        ["variance_scaling-133"] = "expected a scale of 0 or more, found -1",
        ["RandomUniform-022"] = "expected low below high, found low 1, high -1",
    };

    /// <summary>Complex tensors.</summary>
    public static IReadOnlyDictionary<string, string> OfTypes { get; } = new Dictionary<string, string>
    {
        ["variance_scaling-146"] = "complex tensors have no random stream here",
        ["variance_scaling-147"] = "complex tensors have no random stream here",
        ["variance_scaling-148"] = "complex tensors have no random stream here",
    };

    public static string? Of(string id) => OfTheOriginal.GetValueOrDefault(id) ?? OfDefects.GetValueOrDefault(id) ?? OfTypes.GetValueOrDefault(id);
}
