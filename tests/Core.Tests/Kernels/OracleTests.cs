using System.Diagnostics;
using System.Globalization;
using ShardInit.Engine;
using ShardInit.Initializers;
using ShardInit.Kernels;
using ShardInit.Model;
using ShardInit.Random;

namespace ShardInit.Core.Tests.Kernels;

/// <summary>
/// Our kernels against tests/Oracle/oracle.cpp, which was written from docs/determinism.md by somebody who had not seen them: every byte, at the widest
/// lanes that this machine has and at others in turn. 200,000 elements of each distribution here, 10^8 with SHARDINIT_LONG=1.
/// </summary>
public sealed class OracleTests : IClassFixture<OracleTests.Build>
{
    private const double Infinity = double.PositiveInfinity;
    private readonly Build _build;

    public OracleTests(Build build) => _build = build;

    public static TheoryData<string, string, long> Cases
    {
        get
        {
            TheoryData<string, string, long> cases = [];
            foreach (string distribution in (string[])[
                "uniform -0.1 0.1", "uniform -0.1 0.3", "uniform 5 7", "normal 0 0.02", "normal 1 0.5", "normal 0 1e-30",
                "truncated_normal 0 0.02 -2 2", "truncated_normal 0 0.02 -0.04 0.04", "truncated_normal 0 0.02 -0.06 0.06", "truncated_normal 0.5 1 -0.5 2",
                "truncated_normal 0 1 -5 1", "truncated_normal 0 1 0 inf", "truncated_normal 5 1 -2 2", "truncated_normal 0 1 -inf -3.5",
                "truncated_normal 0 1 0.5 0.55", "truncated_normal 0 1000 -1 1", "truncated_normal 0 1 5 inf", "truncated_normal 0 1 -9 -6"])
            {
                cases.Add(distribution, "F32", 0);
                cases.Add(distribution, "F32", (1L << 34) - 4099);
            }
            foreach (string dtype in (string[])["BF16", "F16", "F8_E4M3", "F8_E5M2", "F64"])
            {
                cases.Add("normal 0 0.02", dtype, 63);
                cases.Add("uniform -0.1 0.3", dtype, 1L << 40);
            }
            return cases;
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void Every_byte_is_the_oracles(string distribution, string dtype, long first)
    {
        Skip.If(_build.Program is null, "g++ is not here to compile the oracle");
        long count = Environment.GetEnvironmentVariable("SHARDINIT_LONG") == "1" ? 100_000_000 : 200_000;
        DType stored = Enum.Parse<DType>(dtype);
        Draw draw = DrawChoice.Of(Parse(distribution));
        StreamKey key = StreamKey.Derive(1, 42, "teacher", "model.layers.3.mlp.down_proj.weight");
        LaneChoice[] widths = [LaneChoice.Auto, .. LaneDispatch.All.Where(LaneDispatch.IsAccelerated)];

        using Process oracle = Process.Start(new ProcessStartInfo(_build.Program!,
            ["values", "42", "teacher", "model.layers.3.mlp.down_proj.weight", distribution, dtype, $"{first}", $"{count}"]) { RedirectStandardOutput = true })!;
        Stream output = oracle.StandardOutput.BaseStream;
        int chunk = 1 << 20;
        byte[] ours = new byte[chunk * stored.ByteSize()];
        byte[] theirs = new byte[ours.Length];
        int turn = 0;
        for (long done = 0; done < count; turn++)
        {
            int take = (int)Math.Min(done == 0 ? 70_001 : chunk, count - done);
            Span<byte> expected = theirs.AsSpan(0, take * stored.ByteSize());
            output.ReadExactly(expected);
            Span<byte> found = ours.AsSpan(0, expected.Length);
            found.Fill(0xA5);
            Backend backend = LaneDispatch.Of(widths[turn % widths.Length]);
            backend.Fill(key, in draw, stored, first + done, take, found);
            int at = found.CommonPrefixLength(expected);
            Assert.True(at == found.Length, $"element {first + done + (at / stored.ByteSize())} differs at {backend.Name} lanes");
            done += take;
        }
        Assert.Equal(-1, output.ReadByte());
        oracle.WaitForExit();
        Assert.Equal(0, oracle.ExitCode);
    }

    [SkippableFact]
    public void The_oracle_gives_the_known_answers_of_the_text()
    {
        Skip.If(_build.Program is null, "g++ is not here to compile the oracle");
        using Process oracle = Process.Start(new ProcessStartInfo(_build.Program!, ["check", Path.Combine(Build.Root, "docs", "determinism.md")]) { RedirectStandardOutput = true })!;
        string line = oracle.StandardOutput.ReadToEnd();
        oracle.WaitForExit();
        Assert.Equal(0, oracle.ExitCode);
        Assert.EndsWith(" 0 wrong\n", line, StringComparison.Ordinal);
        Assert.True(int.Parse(line.Split(' ')[0], CultureInfo.InvariantCulture) >= 300, line);
    }

    private static Distribution Parse(string text)
    {
        string[] words = text.Split(' ');
        double Number(int index) => words[index] switch { "inf" => Infinity, "-inf" => -Infinity, string word => double.Parse(word, CultureInfo.InvariantCulture) };
        return words[0] switch
        {
            "uniform" => new Uniform(Number(1), Number(2)),
            "normal" => new Normal(Number(1), Number(2)),
            _ => new TruncatedNormal(Number(1), Number(2), Number(3), Number(4)),
        };
    }

    /// <summary>Compiles the oracle once. Contraction off: the text forbids it.</summary>
    public sealed class Build : IDisposable
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("shardinit-oracle").FullName;

        public Build()
        {
            try
            {
                string program = Path.Combine(_folder, "oracle");
                string[] target = System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.X64 ? ["-march=native"] : [];
                using Process compiler = Process.Start(new ProcessStartInfo("g++",
                    ["-std=c++17", "-O2", .. target, "-ffp-contract=off", "-fno-fast-math", "-o", program, Path.Combine(Root, "tests", "Oracle", "oracle.cpp")]))!;
                compiler.WaitForExit();
                if (compiler.ExitCode != 0) throw new InvalidOperationException("the oracle does not compile");
                Program = program;
            }
            catch (System.ComponentModel.Win32Exception)
            {
                Program = null;
            }
        }

        public string? Program { get; }

        public static string Root
        {
            get
            {
                string folder = AppContext.BaseDirectory;
                while (!File.Exists(Path.Combine(folder, "ShardInit.sln"))) folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("no repository above the tests");
                return folder;
            }
        }

        public void Dispose() => Directory.Delete(_folder, recursive: true);
    }
}
