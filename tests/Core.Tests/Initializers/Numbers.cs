using System.Text.Json;
using ShardInit.Initializers;
using Xunit;

namespace ShardInit.Core.Tests.Initializers;

/// <summary>Resolved distributions against <c>truth</c>: numbers agree to a relative 1e-12, constants as float32, in which the originals return them.</summary>
internal static class Numbers
{
    public static void Check(JsonElement truth, Distribution init)
    {
        double Number(string name) => truth.GetProperty(name).GetDouble();
        switch (truth.GetProperty("kind").GetString())
        {
            case "constant":
                Assert.Equal((float)Number("value"), (float)Assert.IsType<Constant>(init).Value);
                break;
            case "normal":
                Normal normal = Assert.IsType<Normal>(init);
                Close(Number("mean"), normal.Mean);
                Close(Number("std"), normal.Std);
                break;
            case "uniform":
                Uniform uniform = Assert.IsType<Uniform>(init);
                Close(Number("low"), uniform.Low);
                Close(Number("high"), uniform.High);
                break;
            case "truncated_normal":
                TruncatedNormal truncated = Assert.IsType<TruncatedNormal>(init);
                Close(Number("loc"), truncated.Mean);
                Close(Number("sigma"), truncated.Std);
                Close(Number("lower"), truncated.Low);
                Close(Number("upper"), truncated.High);
                break;
            case "orthogonal":
                Orthogonal orthogonal = Assert.IsType<Orthogonal>(init);
                Close(Number("gain"), orthogonal.Gain);
                break;
            case "delta_orthogonal":
                Close(Number("gain"), Assert.IsType<DeltaOrthogonal>(init).Gain);
                break;
            case "sparse":
                Sparse sparse = Assert.IsType<Sparse>(init);
                Close(truth.GetProperty("value").GetProperty("mean").GetDouble(), sparse.Mean);
                Close(truth.GetProperty("value").GetProperty("std").GetDouble(), sparse.Std);
                break;
            case "structured":
                Assert.True(init is Eye or Dirac or Rows or Constant, init.Kind);
                break;
            default:
                throw new NotSupportedException(truth.GetProperty("kind").GetString());
        }
    }

    public static void Close(double expected, double actual) => Assert.True(Math.Abs(actual - expected) <= 1e-12 * Math.Abs(expected), $"expected {expected:R}, found {actual:R}");
}
