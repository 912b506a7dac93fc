using System.Diagnostics;
using System.Runtime.Intrinsics.X86;
using System.Text.RegularExpressions;
using ShardInit.Core.Tests.Kernels;
using ShardInit.Engine;
using ShardInit.Kernels;

namespace ShardInit.Core.Tests.Lanes;

/// <summary>The same bytes with instruction sets switched off, in processes of their own; and which backend runs where.</summary>
public sealed class InstructionSetTests
{
    /// <summary>SHA-256 of the probe's set. A change of it is a change of the spec.</summary>
    private const string Digest = "0f128bb878d8a3a1fbddb9c9577f81eab92fdd9c68fccfbfed3a1e076f14c9dd";

    public static TheoryData<string> Legs => ["", "DOTNET_EnableAVX512", "DOTNET_EnableAVX2", "DOTNET_EnableHWIntrinsic"];

    [Fact]
    public void The_widest_backend_with_a_fused_multiply_add_is_chosen()
    {
        Dictionary<string, string> here = IsaProbe.Report().Where(row => !row.Name.StartsWith("digest", StringComparison.Ordinal)).ToDictionary(row => row.Name, row => row.Value);
        Assert.Equal(Expected(here), here["auto"]);
        Assert.True(LaneDispatch.IsAccelerated(LaneChoice.Auto));
        Assert.Equal(here["auto"], LaneDispatch.All.First(LaneDispatch.IsAccelerated) is LaneChoice first ? LaneDispatch.Of(first).Name : "");
    }

    [Fact]
    public void Every_width_can_be_forced_everywhere()
    {
        Assert.Equal([LaneChoice.Bits512, LaneChoice.Bits256, LaneChoice.Bits128, LaneChoice.Scalar], LaneDispatch.All);
        foreach (LaneChoice choice in LaneDispatch.All) Assert.Equal(((int)choice).ToString(), LaneDispatch.Of(choice).Name);
        Assert.True(LaneDispatch.IsAccelerated(LaneChoice.Scalar));
        Assert.Equal(Enum.GetValues<LaneChoice>().Length, LaneDispatch.All.Count() + 1);
    }

    /// <summary>Each leg proves from inside its process that the switch took: a switch that the runtime no longer knows would do nothing, silently.</summary>
    [Theory]
    [MemberData(nameof(Legs))]
    public void Values_are_the_same_without(string variable)
    {
        Dictionary<string, string> report = Run(variable);
        switch (variable)
        {
            case "": Assert.Equal($"{Avx512F.IsSupported}", report["avx512f"]); break;
            case "DOTNET_EnableAVX512": Assert.Equal("False", report["avx512f"]); Assert.Equal($"{Avx2.IsSupported}", report["avx2"]); break;
            case "DOTNET_EnableAVX2": Assert.Equal("False", report["avx2"]); Assert.Equal("False", report["fma"]); break;
            default: Assert.Equal(("False", "False", "False"), (report["vector128"], report["fma"], report["advsimd"])); break;
        }
        Assert.Equal(Expected(report), report["auto"]);
        foreach (LaneWidth width in LaneWidth.All) Assert.Equal(Digest, report[$"digest.{width.Backend.Name}"]);
    }

    /// <summary>
    /// The compiler stops inlining where a method grows too large, without a word, and a kernel that calls its lane operations is ten times slower: no
    /// accelerated kernel calls any.
    /// </summary>
    [SkippableTheory]
    [InlineData("")]
    [InlineData("DOTNET_EnableAVX512")]
    public void Nothing_in_an_accelerated_kernel_is_called(string variable)
    {
        Skip.IfNot(X86Base.X64.IsSupported, "reads x64 code");
        using Workspace workspace = new();
        string listing = Path.Combine(workspace.Path, "code.txt");
        Dictionary<string, string> report = Run(variable, ("DOTNET_JitStdOutFile", listing), ("DOTNET_JitDisasm", "Words Fill Attempt Blocks"));
        string[] accelerated = [.. LaneWidth.All.Select(width => width.Backend.Name).Where(name => int.Parse(name) <= int.Parse(report["auto"]))];
        int kernels = 0;
        foreach (string method in File.ReadAllText(listing).Split("; Assembly listing for method ")[1..])
        {
            string name = method[..method.IndexOf('(')];
            string? lanes = accelerated.FirstOrDefault(width => name.EndsWith($"ShardInit.Lanes.Bits{width}]", StringComparison.Ordinal));
            if (lanes is null || !method.Contains("FullOpts")) continue;
            kernels++;
            Assert.DoesNotContain(method.Split('\n'), line => Regex.IsMatch(line, @"\bcall\b.*ShardInit\.") && !Regex.IsMatch(line, @"Philox4x32:Words\[|:Again\[|Coefficients:"));
        }
        // Words, three fixed draws with two points, two rejections, six encodings less the one that copies.
        Assert.True(kernels >= 10 * accelerated.Length, $"{kernels} kernels of {accelerated.Length} widths");
    }

    private static string Expected(Dictionary<string, string> report) => report switch
    {
        _ when report["avx512f"] == "True" => "512",
        _ when report["avx2"] == "True" && report["fma"] == "True" => "256",
        _ when report["advsimd"] == "True" => "128",
        _ => "1",
    };

    private static Dictionary<string, string> Run(string variable, params (string Name, string Value)[] more)
    {
        ProcessStartInfo start = new(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", ["exec", typeof(IsaProbe).Assembly.Location])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false,
        };
        if (variable.Length > 0) start.Environment[variable] = "0";
        foreach ((string name, string value) in more) start.Environment[name] = value;
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, errors.Result);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);
    }
}
