using System.Text.RegularExpressions;
using ShardInit.Client.Tests.Support;

namespace ShardInit.Client.Tests;

/// <summary>The source tree as data: rules that no compiler knows.</summary>
public sealed partial class TidyTests
{
    private const int LongestFile = 400;
    private const int LongestLine = 300;

    /// <summary>Folders whose results are bits that are promised (docs/determinism.md).</summary>
    private static readonly string[] s_pinned = ["Arithmetic", "Families", "Initializers", "Kernels", "Lanes", "Planning", "Random", "Recipes"];

    private static IEnumerable<(string Path, string[] Lines)> Sources(params string[] roots) =>
        roots.SelectMany(root => Directory.EnumerateFiles(SourceTree.PathOf(root), "*.cs", SearchOption.AllDirectories))
            .Where(path => !path.Contains("/obj/") && !path.Contains("/node_modules/"))
            .Select(path => (Path.GetRelativePath(SourceTree.Root, path), File.ReadAllLines(path)));

    private static IEnumerable<string> Texts() => new[] { "src", "tests", "docs", "examples", "python", "deploy" }.Select(folder => SourceTree.PathOf(folder)).Where(Directory.Exists)
        .SelectMany(folder => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        .Concat(Directory.EnumerateFiles(SourceTree.Root))
        .Where(path => !path.Contains("/obj/") && !path.Contains("/node_modules/") && !path.Contains("/bin/"))
        .Where(path => TextFiles().IsMatch(path));

    [Fact]
    public void Pinned_code_calls_no_platform_function_whose_bits_may_change()
    {
        List<string> found = [];
        foreach (string folder in s_pinned)
        {
            foreach ((string path, string[] lines) in Sources($"src/Core/{folder}"))
            {
                found.AddRange(lines.Select((line, number) => (line, number)).Where(at => Banned().IsMatch(WithoutComment(at.line))).Select(at => $"{path}:{at.number + 1}: {at.line.Trim()}"));
            }
        }
        Assert.Empty(found);
    }

    [Theory]
    [InlineData("double x = Math.Log(y);")]
    [InlineData("Vector512.Cos(v)")]
    [InlineData("float x = MathF.Pow(a, b);")]
    [InlineData("Vector256.MultiplyAddEstimate(a, b, c)")]
    [InlineData("Vector128.ConvertToInt32Native(v)")]
    [InlineData("double.Exp(x)")]
    [InlineData("float.ReciprocalSqrtEstimate(x)")]
    public void The_ban_sees_what_it_is_for(string line) => Assert.Matches(Banned(), line);

    [Theory]
    [InlineData("Math.Max(a, b)")]
    [InlineData("PinnedMath.Log(x)")]
    [InlineData("Math.Sqrt(x)")]
    [InlineData("MathF.FusedMultiplyAdd(a, b, c)")]
    [InlineData("Vector512.FusedMultiplyAdd(a, b, c)")]
    public void The_ban_sees_nothing_else(string line) => Assert.DoesNotMatch(Banned(), line);

    [Fact]
    public void No_file_has_loose_ends_or_names_a_machine()
    {
        List<string> found = [];
        foreach (string path in Texts())
        {
            string name = Path.GetRelativePath(SourceTree.Root, path);
            if (name.EndsWith("TidyTests.cs", StringComparison.Ordinal)) continue;
            string[] lines = File.ReadAllLines(path);
            found.AddRange(lines.Select((line, number) => (line, number)).Where(at => LooseEnds().IsMatch(at.line)).Select(at => $"{name}:{at.number + 1}: {at.line.Trim()}"));
        }
        Assert.Empty(found);
    }

    [Fact]
    public void Files_and_lines_are_short_enough_to_read()
    {
        List<string> found = [];
        foreach ((string path, string[] lines) in Sources("src", "tests"))
        {
            if (lines.Length > LongestFile) found.Add($"{path}: {lines.Length} lines, at most {LongestFile}");
            found.AddRange(lines.Select((line, number) => (line, number)).Where(at => at.line.Length > LongestLine && !at.line.Contains("InlineData(")).Select(at => $"{path}:{at.number + 1}: {at.line.Length} characters, at most {LongestLine}"));
        }
        Assert.Empty(found);
    }

    [Fact]
    public void Core_knows_no_console_and_no_clock()
    {
        List<string> found = [];
        // HostTag names the machine in the names of work files, which are gone when a directory is sealed.
        foreach ((string path, string[] lines) in Sources("src/Core").Where(source => !source.Path.EndsWith("HostTag.cs", StringComparison.Ordinal)))
        {
            found.AddRange(lines.Select((line, number) => (line, number)).Where(at => ConsoleOrClock().IsMatch(WithoutComment(at.line))).Select(at => $"{path}:{at.number + 1}: {at.line.Trim()}"));
        }
        Assert.Empty(found);
    }

    private static string WithoutComment(string line) => line.Split("//", 2)[0];

    [GeneratedRegex(@"\.(md|cs|csproj|props|json|yaml|yml|py|sh|sbatch|editorconfig)$|/(shardinit|test|run)$")]
    private static partial Regex TextFiles();

    [GeneratedRegex(@"\b(?:Math|MathF|double|float|Half|Vector|Vector64|Vector128|Vector256|Vector512|TensorPrimitives)\.(?:Log|Log2|Log10|LogP1|Exp|Exp2|ExpM1|Pow|Cbrt|RootN|Hypot|Sin|Cos|Tan|SinCos|SinPi|CosPi|Asin|Acos|Atan|Atan2|Sinh|Cosh|Tanh)\(|\w+Estimate\(|\w+Native\(")]
    private static partial Regex Banned();

    [GeneratedRegex(@"\bTODO\b|\bFIXME\b|\bXXX\b|\bHACK\b|/root/|/work/|/home/[a-z]|NotImplementedException")]
    private static partial Regex LooseEnds();

    [GeneratedRegex(@"\bConsole\.|\bDateTime(Offset)?\.(Utc)?Now\b|\bStopwatch\b|\bEnvironment\.MachineName\b|\bnew Random\(|\bRandom\.Shared\b")]
    private static partial Regex ConsoleOrClock();
}
