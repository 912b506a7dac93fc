using System.Text.RegularExpressions;

namespace ShardInit.Core.Tests.Kernels;

/// <summary>The source of the number path as data: nothing in it calls what may differ between platforms, versions or vector widths.</summary>
public sealed partial class PinnedSourceTests
{
    private static readonly string[] s_files =
    [
        .. ((string[])["Lanes", "Kernels", "Random", "Arithmetic"]).SelectMany(folder => Directory.GetFiles(Path.Combine(Golden.Repository, "src/Core", folder), "*.cs")),
        .. ((string[])["PlanValues.cs", "PartFill.cs", "PanelFill.cs", "Box.cs", "ConstantFill.cs"]).Select(name => Path.Combine(Golden.Repository, "src/Core/Engine", name)),
    ];

    [Fact]
    public void No_platform_function_is_called()
    {
        Assert.True(s_files.Length > 25, $"{s_files.Length} files");
        foreach (string file in s_files)
            foreach ((string line, int number) in File.ReadAllLines(file).Select((line, index) => (line, index + 1)))
                Assert.False(Banned().IsMatch(Comment().Replace(line, "")), $"{Path.GetFileName(file)}:{number}: {line.Trim()}");
    }

    [Theory]
    [InlineData("MathF.Log(x)")]
    [InlineData("Math.Pow(a, b)")]
    [InlineData("Math.SinCos(a)")]
    [InlineData("Vector128.Exp(v)")]
    [InlineData("Vector512.MultiplyAddEstimate(a, b, c)")]
    [InlineData("Vector256.ConvertToInt32Native(v)")]
    [InlineData("TensorPrimitives.Add(a, b, c)")]
    [InlineData("float.Sin(x)")]
    [InlineData("double.RootN(x, 3)")]
    [InlineData("Vector512.Sum(v)")]
    [InlineData("new System.Random(3)")]
    public void The_ban_sees(string call) => Assert.Matches(Banned(), call);

    [Theory]
    [InlineData("PinnedMath.Log(x)")]
    [InlineData("Math.FusedMultiplyAdd(a, b, c)")]
    [InlineData("MathF.Sqrt(x)")]
    [InlineData("Math.ScaleB(x, 3)")]
    [InlineData("using ShardInit.Random;")]
    [InlineData("Coefficients.Log")]
    [InlineData("turn.Sin(f, square)")]
    public void The_ban_does_not_see(string call) => Assert.DoesNotMatch(Banned(), call);

    [GeneratedRegex(
        @"(?<!Pinned)\b(Math|MathF|float|double|Vector\d*|Single|Double)\.(Log\w*|Exp\w*|Pow|Sin\w*|Cos\w*|Tan\w*|Asin\w*|Acos\w*|Atan\w*|Cbrt|RootN|Hypot|Sum|Dot|\w*Estimate|\w*Native)\b"
        + @"|\w+(Estimate|Native)\(|TensorPrimitives|System\.Random\b|DateTime|Stopwatch|Environment\.")]
    private static partial Regex Banned();

    [GeneratedRegex(@"//.*$")]
    private static partial Regex Comment();
}
