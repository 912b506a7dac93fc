using ShardInit.Client.Tests.Support;
using static ShardInit.Client.Tests.Support.CommandLineRun;

namespace ShardInit.Client.Tests;

/// <summary>
/// The same files on arm64: needs a machine of that kind, or one emulated. SHARDINIT_ARM64 is the command that runs its programs, such as
/// "qemu-aarch64-static -L /usr/aarch64-linux-gnu" with the C and C++ libraries and OpenSSL of Debian's arm64 there.
/// </summary>
public sealed class ArmTests
{
    private const string Table = """
        {"tensors": [
            {"name": "n.f32", "shape": [70, 131], "dtype": "F32"},
            {"name": "n.bf16", "shape": [700, 131], "dtype": "BF16"},
            {"name": "n.f16", "shape": [70, 131], "dtype": "F16"},
            {"name": "n.f64", "shape": [70, 131], "dtype": "F64"},
            {"name": "n.f8a", "shape": [70, 131], "dtype": "F8_E4M3"},
            {"name": "n.f8b", "shape": [70, 131], "dtype": "F8_E5M2"},
            {"name": "u.w", "shape": [1000, 333], "dtype": "F32"},
            {"name": "t.w", "shape": [1000, 333], "dtype": "F32"},
            {"name": "tw.w", "shape": [1000, 333], "dtype": "F32"},
            {"name": "tf.w", "shape": [300, 333], "dtype": "F32"},
            {"name": "tn.w", "shape": [300, 333], "dtype": "F32"},
            {"name": "lu.w", "shape": [3000], "dtype": "F32"},
            {"name": "o.w", "shape": [300, 200], "dtype": "F32"},
            {"name": "o2.w", "shape": [129, 257], "dtype": "BF16"},
            {"name": "do.w", "shape": [3, 3, 16, 32], "dtype": "F32"},
            {"name": "sp.w", "shape": [400, 77], "dtype": "F32"},
            {"name": "di.w", "shape": [16, 16, 3, 3], "dtype": "F32"},
            {"name": "ey.w", "shape": [50, 50], "dtype": "F32"},
            {"name": "si.w", "shape": [512, 64], "dtype": "F32"},
            {"name": "ro.w", "shape": [64], "dtype": "F32"},
            {"name": "is.w", "shape": [512], "dtype": "F32"},
            {"name": "la.w", "shape": [64, 16], "dtype": "F32"},
            {"name": "vs.w", "shape": [256, 128], "dtype": "F32"},
            {"name": "ex.w", "shape": [3000], "dtype": "F32"}
        ]}
        """;

    /// <summary>Every kind of draw and table, every dtype of them.</summary>
    private const string Recipe = """
        name: kinds
        rules:
          - match: n.*
            init: normal
            args: { std: 0.02 }
          - match: u.w
            init: uniform
            args: { low: -0.3, high: 0.7 }
          - match: t.w
            init: truncated_normal
            args: { std: 0.02, low_std: -2, high_std: 2 }
          - match: tw.w
            init: truncated_normal
            args: { std: 1, low_std: -5, high_std: 6 }
          - match: tf.w
            init: truncated_normal
            args: { std: 1, low: 6, high: 9 }
          - match: tn.w
            init: truncated_normal
            args: { std: 1, low: 0.5, high: 0.55 }
          - match: lu.w
            init: log_uniform
            args: { low: 0.001, high: 0.1 }
          - match: o.w
            init: orthogonal
          - match: o2.w
            init: orthogonal
            args: { gain: 1.4 }
          - match: do.w
            init: delta_orthogonal
          - match: sp.w
            init: sparse
            args: { sparsity: 0.3 }
          - match: di.w
            init: dirac
          - match: ey.w
            init: eye
          - match: si.w
            init: sinusoidal
          - match: ro.w
            init: arange
          - match: is.w
            init: inverse_softplus
          - match: la.w
            init: log_arange
          - match: vs.w
            init: variance_scaling
            args: { mode: fan_out, distribution: truncated_normal }
          - match: ex.w
            init: expression
            args: { formula: "exp(z) + sqrt(index) * erfc(z2) + tanh(z2) + pow(abs(z), 0.3) + sin(index) + log1p(abs(z))" }
        """;

    private static readonly string s_script = SourceTree.PathOf("shardinit");

    [SkippableFact]
    public void Arm64_makes_the_same_files_and_verifies_ours()
    {
        string? arm = Environment.GetEnvironmentVariable("SHARDINIT_ARM64");
        Skip.If(string.IsNullOrEmpty(arm), "SHARDINIT_ARM64 names no command that runs arm64 programs");
        using Scratch scratch = new();
        string model = scratch.Write("table.json", Table);
        string recipe = scratch.Write("kinds.yaml", Recipe);
        string program = $"{arm} '{scratch["nodes/shardinit"]}'";
        Expect0($"'{s_script}' publish '{scratch["nodes"]}' linux-arm64");
        Expect0($"'{s_script}' init '{model}' --recipe '{recipe}' --seed 7 --out '{scratch["here"]}'");
        Outcome there = Expect0($"export DOTNET_EnableWriteXorExecute=0; {program} init '{model}' --recipe '{recipe}' --seed 7 --out '{scratch["there"]}'");
        Assert.Contains("128-bit lanes", there.Output + there.Error);
        Assert.Equal(Scratch.Fingerprint(scratch["here"]), Scratch.Fingerprint(scratch["there"]));
        Expect0($"export DOTNET_EnableWriteXorExecute=0; {program} verify '{scratch["here"]}' --values");
    }

    private static Outcome Expect0(string script)
    {
        Outcome outcome = Shell(script);
        Assert.True(outcome.ExitCode == 0, outcome.ToString());
        return outcome;
    }
}
