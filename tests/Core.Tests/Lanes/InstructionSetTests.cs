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
        Dictionary<string, string> here = IsaProbe.Report().Where(row => !row.Name.Contains('.')).ToDictionary(row => row.Name, row => row.Value);
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
        string odd = IsaProbe.OddDigest(LaneDispatch.Of(LaneChoice.Scalar));
        foreach (LaneWidth width in LaneWidth.All) Assert.Equal(odd, report[$"odd.{width.Backend.Name}"]);
    }

    /// <summary>
    /// The compiler stops inlining where a method grows too large, without a word, and a kernel that calls its lane operations is ten times slower: the
    /// kernels of an accelerated width are compiled whole, at once, and call each other only.
    /// </summary>
    [SkippableTheory]
    [InlineData("")]
    [InlineData("DOTNET_EnableAVX512")]
    public void An_accelerated_kernel_calls_no_lane_operation(string variable)
    {
        Skip.IfNot(X86Base.X64.IsSupported, "reads x64 code");
        using Workspace workspace = new();
        string listing = Path.Combine(workspace.Path, "code.txt");
        Dictionary<string, string> report = Run(variable, ("DOTNET_JitStdOutFile", listing), ("DOTNET_JitDisasm", "Words Fill Attempt Blocks Again"));
        string[] accelerated = [.. LaneWidth.All.Select(width => width.Backend.Name).Where(name => int.Parse(name) <= int.Parse(report["auto"]))];
        List<string> kernels = [];
        foreach (string method in File.ReadAllText(listing).Split("; Assembly listing for method ")[1..])
        {
            string name = method[..method.IndexOf('(')];
            if (!accelerated.Any(width => name.EndsWith($"ShardInit.Lanes.Bits{width}]", StringComparison.Ordinal))) continue;
            kernels.Add(name);
            Assert.Contains("(FullOpts)", method[..method.IndexOf('\n')]);
            string[] calls = [.. method.Split('\n').Where(line => Regex.IsMatch(line, @"\b(call|tail\.jmp)\b"))];
            Assert.All(calls, line => Assert.Matches(@"Philox4x32:Words\[|:Again\[|CORINFO_HELP|System\.Arg|Interpolated|:Throw", line));
        }
        // Words; uniform, normal and two quantile draws, these with a second pass; two rejections; six encodings.
        Assert.Equal(15 * accelerated.Length, kernels.Distinct().Count());
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
