using System.Text.Json;
using ShardInit.Core.Tests.Kernels;
using ShardInit.Model;
using Xunit;

namespace ShardInit.Core.Tests.Initializers;

/// <summary>
/// A distribution as a golden file states it: distribution function, mean and standard deviation, from the file and the normal law alone.
/// Thresholds: seeds are fixed, so that a test passes always or never. About 2,000 laws are tested with three statistics each; at a chance of 1e-6 for each, a correct
/// generator fails one of them with a chance of 0.6 %. |z| of mean and of standard deviation below 4.89 (two-sided 1e-6); Kolmogorov's distance below
/// √(ln(2 / 1e-6) / 2) / √n = 2.694 / √n (the Dvoretzky-Kiefer-Wolfowitz bound with Massart's constant, valid for every n).
/// </summary>
internal sealed record Law(Func<double, double> Cdf, double Mean, double Std)
{
    public const double MostZ = 4.89;
    public const double MostDistance = 2.694;

    public static Law Of(JsonElement truth)
    {
        double Number(string name) => truth.GetProperty(name).GetDouble();
        string kind = truth.GetProperty("kind").GetString()!;
        switch (kind)
        {
            case "normal":
                (double mean, double std) = (Number("mean"), Number("std"));
                return new Law(x => NormalLaw.Upper((mean - x) / std), mean, std);
            case "uniform":
                (double low, double high) = (Number("low"), Number("high"));
                return new Law(x => Math.Clamp((x - low) / (high - low), 0, 1), (low + high) / 2, (high - low) / Math.Sqrt(12));
            case "truncated_normal":
                (double loc, double sigma) = (Number("loc"), Number("sigma"));
                (double a, double b) = ((Number("lower") - loc) / sigma, (Number("upper") - loc) / sigma);
                double all = NormalLaw.Between(a, b);
                return new Law(x => (x - loc) / sigma is double at && at <= a ? 0 : at >= b ? 1 : NormalLaw.Between(a, at) / all, Number("mean"), Number("std"));
            default:
                throw new NotSupportedException(kind);
        }
    }

    /// <summary>Moments and distribution function of a sample whose values are rounded to a dtype.</summary>
    public void Check(double[] sample, DType dtype)
    {
        double n = sample.Length, mean = sample.Sum() / n;
        double second = sample.Sum(x => (x - mean) * (x - mean)) / n, fourth = sample.Sum(x => Math.Pow(x - mean, 4)) / n;
        double meanZ = (mean - Mean) / (Std / Math.Sqrt(n));
        // The variance of a sample variance is σ⁴ (κ - 1) / n: half of its relative error is that of the deviation.
        double stdZ = (Math.Sqrt(second) - Std) / (Std * Math.Sqrt(((fourth / (second * second)) - 1) / n) / 2);
        Assert.True(Math.Abs(meanZ) < MostZ, $"mean {mean:R} of {n} values is {meanZ:F2} standard errors from {Mean:R}");
        Assert.True(Math.Abs(stdZ) < MostZ, $"standard deviation {Math.Sqrt(second):R} of {n} values is {stdZ:F2} standard errors from {Std:R}");
        double distance = Distance(sample, dtype) * Math.Sqrt(n);
        Assert.True(distance < MostDistance, $"Kolmogorov's distance of {n} values is {distance:F3} / sqrt(n)");
    }

    // A value stands for the cell of numbers that round to it: the two distribution functions are compared at the ends of cells.
    private double Distance(double[] sample, DType dtype)
    {
        double[] sorted = [.. sample];
        Array.Sort(sorted);
        double most = 0, n = sorted.Length;
        for (int start = 0, end; start < sorted.Length; start = end)
        {
            for (end = start + 1; end < sorted.Length && sorted[end] == sorted[start];) end++;
            (double below, double above) = Cell(sorted[start], dtype);
            most = Math.Max(most, Math.Max(Math.Abs((start / n) - Cdf(below)), Math.Abs((end / n) - Cdf(above))));
        }
        return most;
    }

    private static (double Below, double Above) Cell(double value, DType dtype)
    {
        (double previous, double next) = dtype switch
        {
            DType.F16 => ((double)Half.BitDecrement((Half)value), (double)Half.BitIncrement((Half)value)),
            DType.BF16 => (Brain(value, -1), Brain(value, 1)),
            _ => (value, value),
        };
        return ((value + previous) / 2, (value + next) / 2);
    }

    // The neighbour of a bfloat16: its bits as an integer that orders like the numbers, one further.
    private static double Brain(double value, int step)
    {
        int bits = BitConverter.SingleToInt32Bits((float)value) >> 16;
        int ordered = (bits < 0 ? 0x8000 - (bits & 0xFFFF) : bits) + step;
        return BitConverter.Int32BitsToSingle((ordered < 0 ? 0x8000 - ordered : ordered) << 16);
    }
}
