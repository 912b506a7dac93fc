using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ShardInit.Engine;
using ShardInit.Initializers;
using ShardInit.Kernels;
using ShardInit.Model;
using ShardInit.Random;

namespace ShardInit.Cluster;

/// <param name="Digest">SHA-256 of all answers as they came out.</param>
/// <param name="Problem">The first wrong one; null when all are right.</param>
/// <param name="Backends">The lane width that answered, then the others of this machine.</param>
public sealed record SelfTestResult(string Digest, string? Problem, IReadOnlyList<string> Backends);

/// <summary>
/// Known answers of docs/determinism.md, asked of the very code and processor that are about to write: one line for each way to draw and each way to encode. Takes a few milliseconds.
/// A processor that computes wrongly, or a library that changed the rounding of this process, must not get a lease.
/// </summary>
public static class SelfTest
{
    private static readonly long[] s_elements = [0, 1, 15, 16, 17, 33, 63, 64, 1000, (1L << 34) - 1, 1L << 34, (1L << 62) + 5];

    /// <summary>Digest of the right answers.</summary>
    public static string ExpectedDigest { get; } = DigestOf(SelfTestAnswers.Lines);

    /// <param name="lanes">Those that the worker will use.</param>
    public static SelfTestResult Run(LaneChoice lanes)
    {
        Backend backend = LaneDispatch.Of(lanes);
        string[] backends = [backend.Name, .. LaneDispatch.All.Where(LaneDispatch.IsAccelerated).Select(choice => LaneDispatch.Of(choice).Name).Where(name => name != backend.Name)];
        string? problem = HostGuard.Problem();
        List<string> answers = [];
        foreach (string line in SelfTestAnswers.Lines)
        {
            string answer = Answer(backend, lanes, line);
            answers.Add(answer);
            if (answer != line) problem ??= $"{backend.Name} lanes: expected '{line}', found '{answer}'";
        }
        return new SelfTestResult(DigestOf(answers), problem, backends);
    }

    private static string DigestOf(IEnumerable<string> lines) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', lines))));

    /// <summary>The line as this machine would have written it.</summary>
    private static string Answer(Backend backend, LaneChoice lanes, string line)
    {
        string[] words = line.Split(' ');
        switch (words[0])
        {
            case "value":
                return Values(backend, DType.F32, words, 1);
            case "stored":
                return Values(backend, DTypeOf(words[1]), words, 2);
            case "encode":
                DType dtype = DTypeOf(words[1]);
                return string.Join(' ', words.Select((word, index) => index < 3 ? word : $"{word.Split('=')[0]}={Encoded(backend, dtype, word.Split('=')[0])}"));
            case "sparse":
                return Sparse(words, lanes);
            case "element":
                return Orthogonal(words, lanes);
            default:
                throw new InvalidOperationException($"no known question: {line}");
        }
    }

    private static string Values(Backend backend, DType dtype, string[] words, int at)
    {
        int colon = Array.IndexOf(words, ":");
        double[] numbers = [.. words[(at + 1)..colon].Select(Number)];
        Distribution distribution = words[at] switch
        {
            "uniform" => new Uniform(numbers[0], numbers[1]),
            "normal" => new Normal(numbers[0], numbers[1]),
            _ => new TruncatedNormal(numbers[0], numbers[1], numbers[2], numbers[3]),
        };
        Draw draw = DrawChoice.Of(distribution);
        StreamKey key = StreamKey.Derive(1, 42, "", "model.embed_tokens.weight");
        // Inside a run, so that every lane has been used by the end of the line.
        const int Before = 37, Count = 100;
        byte[] bytes = new byte[Count * dtype.ByteSize()];
        return string.Join(' ', [.. words[..(colon + 1)], .. s_elements.Select(element =>
        {
            long first = Math.Max(0, element - Before);
            backend.Fill(key, in draw, dtype, first, Count, bytes);
            return Code(bytes.AsSpan((int)(element - first) * dtype.ByteSize(), dtype.ByteSize()));
        })]);
    }

    private static string Encoded(Backend backend, DType dtype, string bits)
    {
        float[] values = new float[64];
        Array.Fill(values, BitConverter.UInt32BitsToSingle(uint.Parse(bits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)));
        byte[] codes = new byte[values.Length * dtype.ByteSize()];
        backend.Encode(values, dtype, codes);
        return Code(codes.AsSpan(codes.Length - dtype.ByteSize()));
    }

    private static string Sparse(string[] words, LaneChoice lanes)
    {
        (StreamKey key, long rows, long columns) = Matrix(words);
        byte[] mask = new byte[rows * columns];
        SparseMask.Fill(key, rows, columns, long.Parse(words[6], CultureInfo.InvariantCulture), 0, mask, lanes);
        return string.Join(' ', [.. words[..8], .. mask.Chunk((int)columns).Select(row => string.Concat(row))]);
    }

    private static string Orthogonal(string[] words, LaneChoice lanes)
    {
        (StreamKey key, long rows, long columns) = Matrix(words);
        double[] values = new double[rows * columns];
        OrthogonalMatrix.Fill(key, rows, columns, Number(words[6]), values, 1, CancellationToken.None, lanes);
        long index = (long.Parse(words[7], CultureInfo.InvariantCulture) * columns) + long.Parse(words[8], CultureInfo.InvariantCulture);
        return string.Join(' ', [.. words[..9], BitConverter.DoubleToUInt64Bits(values[index]).ToString("x16", CultureInfo.InvariantCulture)]);
    }

    private static (StreamKey Key, long Rows, long Columns) Matrix(string[] words) =>
        (StreamKey.Derive(1, ulong.Parse(words[1], CultureInfo.InvariantCulture), words[2].Trim('"'), words[3].Trim('"')),
        long.Parse(words[4], CultureInfo.InvariantCulture), long.Parse(words[5], CultureInfo.InvariantCulture));

    private static DType DTypeOf(string name) => DTypes.TryParse(name, out DType dtype) ? dtype : throw new InvalidOperationException($"no dtype: {name}");

    private static string Code(ReadOnlySpan<byte> littleEndian)
    {
        Span<byte> bytes = stackalloc byte[littleEndian.Length];
        littleEndian.CopyTo(bytes);
        bytes.Reverse();
        return Convert.ToHexStringLower(bytes);
    }

    private static double Number(string word) =>
        word switch { "inf" => double.PositiveInfinity, "-inf" => double.NegativeInfinity, _ => double.Parse(word, NumberStyles.Float, CultureInfo.InvariantCulture) };
}
