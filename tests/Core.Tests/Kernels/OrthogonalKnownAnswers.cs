using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using ShardInit.Kernels;
using ShardInit.Random;
using Xunit;

namespace ShardInit.Core.Tests.Kernels;

/// <summary>The known answers of docs/determinism.md, and its text once more in C++ (tests/Oracle/orthogonal.cpp): three that must agree.</summary>
public sealed class OrthogonalKnownAnswers : IClassFixture<OrthogonalKnownAnswers.Oracle>
{
    private readonly Oracle _oracle;

    public OrthogonalKnownAnswers(Oracle oracle) => _oracle = oracle;

    /// <summary>The program of tests/Oracle, compiled once; absent where there is no g++.</summary>
    public sealed class Oracle : IDisposable
    {
        private readonly string _directory = Directory.CreateTempSubdirectory("shardinit-oracle-").FullName;

        public Oracle()
        {
            string program = Path.Combine(_directory, "orthogonal");
            Process? compiler;
            try
            {
                compiler = Process.Start(new ProcessStartInfo("g++", ["-O2", "-ffp-contract=off", "-o", program, Path.Combine(Root, "tests", "Oracle", "orthogonal.cpp")]) { RedirectStandardError = true });
            }
            catch (System.ComponentModel.Win32Exception)
            {
                return;
            }
            string errors = compiler!.StandardError.ReadToEnd();
            compiler.WaitForExit();
            Assert.True(compiler.ExitCode == 0, errors);
            Program = program;
        }

        public string? Program { get; }

        public byte[] Run(string kind, StreamKey key, long rows, long columns, string last)
        {
            Skip.If(Program is null, "no g++ on PATH: the C++ oracle of sections 9 and 10 is not compared");
            ProcessStartInfo start = new(Program!, [kind, $"{key.Key0:x8}", $"{key.Key1:x8}", $"{key.Counter3:x8}", $"{rows}", $"{columns}", last]) { RedirectStandardOutput = true };
            using Process process = Process.Start(start)!;
            using MemoryStream output = new();
            process.StandardOutput.BaseStream.CopyTo(output);
            process.WaitForExit();
            Assert.Equal(0, process.ExitCode);
            return output.ToArray();
        }

        public void Dispose() => Directory.Delete(_directory, recursive: true);
    }

    private static string Root => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Here())!, "..", "..", ".."));

    private static string Here([CallerFilePath] string path = "") => path;

    private static IEnumerable<string> Lines() => File.ReadLines(Path.Combine(Root, "docs", "determinism.md")).SkipWhile(line => line != "```known").Skip(1).TakeWhile(line => line != "```");

    public static TheoryData<string> Known() => [.. Lines()];

    [Fact]
    public void The_text_has_answers_of_every_kind()
    {
        string[] lines = [.. Lines()];
        foreach (string kind in (string[])["orthogonal", "element", "sparse", "sparse_digest"]) Assert.Contains(lines, line => line.Split(' ')[0] == kind);
    }

    [Theory]
    [MemberData(nameof(Known))]
    public void The_text_and_this_code_agree(string line) => Assert.Equal(line, Answer(line, Ours));

    [SkippableTheory]
    [MemberData(nameof(Known))]
    public void The_text_and_the_oracle_agree(string line) => Assert.Equal(line, Answer(line, _oracle.Run));

    [SkippableTheory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(15, 15)]
    [InlineData(16, 40)]
    [InlineData(64, 64)]
    [InlineData(80, 65)]
    [InlineData(150, 129)]
    [InlineData(128, 193)]
    [InlineData(300, 20)]
    public void The_oracle_gives_the_same_matrix(int rows, int columns)
    {
        StreamKey key = StreamKey.Derive(1, 99, "n", "t");
        Assert.Equal(_oracle.Run("matrix", key, rows, columns, "-0.7"), Ours("matrix", key, rows, columns, "-0.7"));
    }

    [SkippableTheory]
    [InlineData(64, 9, 1)]
    [InlineData(65, 30, 65)]
    [InlineData(1000, 7, 333)]
    public void The_oracle_gives_the_same_mask(int rows, int columns, int zeros)
    {
        StreamKey key = StreamKey.Derive(1, 99, "n", "t");
        Assert.Equal(_oracle.Run("mask", key, rows, columns, $"{zeros}"), Ours("mask", key, rows, columns, $"{zeros}"));
    }

    private static byte[] Ours(string kind, StreamKey key, long rows, long columns, string last)
    {
        if (kind == "mask")
        {
            byte[] mask = new byte[rows * columns];
            SparseMask.Fill(key, rows, columns, long.Parse(last, CultureInfo.InvariantCulture), 0, mask);
            return mask;
        }
        double[] values = new double[rows * columns];
        OrthogonalMatrix.Fill(key, rows, columns, double.Parse(last, CultureInfo.InvariantCulture), values, 1, CancellationToken.None);
        return System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
    }

    /// <summary>The line with its answer as <paramref name="source"/> gives it.</summary>
    private static string Answer(string line, Func<string, StreamKey, long, long, string, byte[]> source)
    {
        string[] words = line.Split(' ');
        StreamKey key = StreamKey.Derive(1, ulong.Parse(words[1], CultureInfo.InvariantCulture), words[2].Trim('"'), words[3].Trim('"'));
        long rows = long.Parse(words[4], CultureInfo.InvariantCulture);
        long columns = long.Parse(words[5], CultureInfo.InvariantCulture);
        string asked = string.Join(' ', words[..7]);
        byte[] bytes = source(words[0].StartsWith("sparse", StringComparison.Ordinal) ? "mask" : "matrix", key, rows, columns, words[6]);
        switch (words[0])
        {
            case "orthogonal":
                ReadOnlySpan<double> wide = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, double>(bytes);
                float[] narrow = new float[wide.Length];
                for (int i = 0; i < narrow.Length; i++) narrow[i] = (float)wide[i];
                return $"{asked} f32 {OrthogonalSupport.Digest(narrow)} f64 {OrthogonalSupport.Digest(bytes)}";
            case "element":
                long at = (long.Parse(words[7], CultureInfo.InvariantCulture) * columns) + long.Parse(words[8], CultureInfo.InvariantCulture);
                return $"{asked} {words[7]} {words[8]} {BitConverter.ToUInt64(bytes, (int)at * 8):x16}";
            case "sparse":
                return $"{asked} : {string.Join(' ', Enumerable.Range(0, (int)rows).Select(r => string.Concat(Enumerable.Range(0, (int)columns).Select(c => bytes[(r * columns) + c]))))}";
            case "sparse_digest":
                return $"{asked} {Convert.ToHexStringLower(SHA256.HashData(bytes))}";
            default:
                return $"no known answer of kind '{words[0]}'";
        }
    }
}
