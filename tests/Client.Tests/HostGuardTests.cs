using ShardInit.Client.CommandLine;
using ShardInit.Client.Tests.Support;
using ShardInit.Engine;
using static ShardInit.Client.Tests.Support.CommandLineRun;

namespace ShardInit.Client.Tests;

public sealed class HostGuardTests
{
    [Fact]
    public void An_ordinary_host_is_fine() => Assert.Null(HostGuard.Problem());

    [SkippableTheory]
    [InlineData("flush to zero", "0x8000")]
    [InlineData("denormals are zero", "0x0040")]
    public void Where_a_library_flushes_denormals_nothing_runs(string what, string mask)
    {
        Skip.IfNot(OperatingSystem.IsLinux() && System.Runtime.InteropServices.RuntimeInformation.OSArchitecture == System.Runtime.InteropServices.Architecture.X64, "needs Linux on x64");
        Skip.IfNot(Shell("command -v gcc").ExitCode == 0, "needs gcc");
        using Scratch scratch = new();
        string source = scratch.Write("flush.c", $"#include <xmmintrin.h>\n__attribute__((constructor)) static void flush(void) {{ _mm_setcsr(_mm_getcsr() | {mask}); }}\n");
        Assert.Equal(0, Shell($"gcc -shared -fPIC '{source}' -o '{scratch["flush.so"]}'").ExitCode);
        string table = scratch.Write("table.json", Models.Table);
        string recipe = scratch.Write("mine.yaml", Models.TableRecipe);
        Outcome outcome = Shell($"LD_PRELOAD='{scratch["flush.so"]}' '{Dotnet}' '{ProgramFile}' init '{table}' --recipe '{recipe}' --out '{scratch["out"]}'");
        Assert.True(outcome.ExitCode == ExitCode.Failed, $"{what}: {outcome}");
        Assert.Contains("denormal", outcome.Error);
        Assert.False(Directory.Exists(scratch["out"]));
    }
}
