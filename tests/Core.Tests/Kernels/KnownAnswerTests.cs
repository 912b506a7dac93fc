using System.Globalization;
using System.Text.RegularExpressions;
using ShardInit.Arithmetic;
using ShardInit.Initializers;
using ShardInit.Kernels;
using ShardInit.Model;
using ShardInit.Random;

namespace ShardInit.Core.Tests.Kernels;

/// <summary>Every line of the known answers of docs/determinism.md, read from the text itself, on every backend.</summary>
public sealed partial class KnownAnswerTests
{
    private static readonly long[] s_elements = [0, 1, 15, 16, 17, 33, 63, 64, 1000, (1L << 34) - 1, 1L << 34, (1L << 62) + 5];

    private static readonly string[] s_lines = Lines();

    private static string[] Lines()
    {
        string text = File.ReadAllText(Path.Combine(Golden.Repository, "docs/determinism.md"));
        string block = text[text.IndexOf("Known answers\n", StringComparison.Ordinal)..];
        block = block[(block.IndexOf("```text\n", StringComparison.Ordinal) + 8)..];
        return block[..block.IndexOf("```", StringComparison.Ordinal)].Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    public static TheoryData<string> Widths => LaneWidth.Names;

    public static TheoryData<string> Answers => [.. s_lines];

    [Fact]
    public void No_answer_has_been_lost()
    {
        Dictionary<string, int> counts = s_lines.GroupBy(line => line.Split(' ')[0]).ToDictionary(group => group.Key, group => group.Count());
        Assert.Equal(4, counts["key"]);
        Assert.Equal(3, counts["philox"]);
        Assert.Equal(13, counts["value"]);
        Assert.Equal(5, counts["stored"]);
        Assert.Equal(22, new[] { "log", "exp", "erfc", "cdf", "pow" }.Sum(name => counts[name]));
        Assert.Equal(9, counts["element"]);
        Assert.Equal(4, counts["encode"]);
        Assert.Equal(60, s_lines.Length);
    }

    /// <summary>A line of the text; a kind of line that is not known here fails.</summary>
    [Theory]
    [MemberData(nameof(Answers))]
    public void The_text_holds(string line)
    {
        string[] words = line.Split(' ');
        switch (words[0])
        {
            case "key":
                Match key = KeyLine().Match(line);
                Assert.True(key.Success, line);
                StreamKey derived = StreamKey.Derive(1, ulong.Parse(key.Groups[1].Value, CultureInfo.InvariantCulture), key.Groups[2].Value, key.Groups[3].Value);
                Assert.Equal(key.Groups[4].Value, $"{derived.Key0:x8} {derived.Key1:x8} {derived.Counter3:x8}");
                break;
            case "philox":
                uint[] row = [.. words[1..].Where(word => word != "→").Select(word => uint.Parse(word, NumberStyles.HexNumber, CultureInfo.InvariantCulture))];
                Assert.Equal(10, row.Length);
                Assert.Equal((row[6], row[7], row[8], row[9]), Philox4x32.Block(row[0], row[1], row[2], row[3], row[4], row[5]));
                foreach (LaneWidth width in LaneWidth.All) Assert.Equal(row[6..], width.Block(row[..6]));
                break;
            case "log": Assert.Equal(words[2], Bits(PinnedMath.Log(Number(words[1])))); break;
            case "exp": Assert.Equal(words[2], Bits(PinnedMath.Exp(Number(words[1])))); break;
            case "erfc": Assert.Equal(words[2], Bits(PinnedMath.Erfc(Number(words[1])))); break;
            case "cdf": Assert.Equal(words[2], Bits(PinnedMath.NormalCdf(Number(words[1])))); break;
            case "pow": Assert.Equal(words[3], Bits(PinnedMath.Pow(Number(words[1]), Number(words[2])))); break;
            case "value": Stored(DType.F32, words[1..], line); break;
            case "stored":
                Assert.True(DTypes.TryParse(words[1], out DType dtype));
                Stored(dtype, words[2..], line);
                break;
            case "element":
                int colon = Array.IndexOf(words, ":");
                string[][] pairs = [.. words[(colon + 1)..].Select(word => word.Split('='))];
                Elements(DType.F32, words[1..colon], [.. pairs.Select(pair => long.Parse(pair[0], CultureInfo.InvariantCulture))], [.. pairs.Select(pair => pair[1])], line);
                break;
            case "encode":
                Assert.True(DTypes.TryParse(words[1], out DType encoded));
                foreach (string[] pair in words[3..].Select(word => word.Split('=')))
                {
                    float value = BitConverter.UInt32BitsToSingle(uint.Parse(pair[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
                    foreach (LaneWidth width in LaneWidth.All)
                    {
                        byte[] codes = new byte[64 * encoded.ByteSize()];
                        width.Encode(encoded, [.. Enumerable.Repeat(value, 64)], codes);
                        Assert.Equal(pair[1], Code(codes.AsSpan(0, encoded.ByteSize())));
                    }
                }
                break;
            default: Assert.Fail($"unknown line: {line}"); break;
        }
    }

    /// <summary>Each value alone and in a run of 100 around it: single elements are where a backend discards most of what it draws.</summary>
    private static void Stored(DType dtype, string[] words, string line)
    {
        int colon = Array.IndexOf(words, ":");
        Elements(dtype, words[..colon], s_elements, words[(colon + 1)..], line);
    }

    private static void Elements(DType dtype, string[] words, long[] elements, string[] expected, string line)
    {
        double[] numbers = [.. words[1..].Select(Number)];
        Distribution distribution = words[0] switch
        {
            "uniform" => new Uniform(numbers[0], numbers[1]),
            "normal" => new Normal(numbers[0], numbers[1]),
            "truncated_normal" => new TruncatedNormal(numbers[0], numbers[1], numbers[2], numbers[3]),
            _ => throw new InvalidOperationException(line),
        };
        Assert.Equal(elements.Length, expected.Length);
        StreamKey key = StreamKey.Derive(1, 42, "", "model.embed_tokens.weight");
        int size = dtype.ByteSize();
        foreach (LaneWidth width in LaneWidth.All)
        {
            for (int k = 0; k < expected.Length; k++)
            {
                byte[] alone = Cases.Fill(width.Backend, key, distribution, dtype, elements[k], 1);
                Assert.Equal(expected[k], Code(alone));
                long first = Math.Max(0, elements[k] - 37);
                byte[] run = Cases.Fill(width.Backend, key, distribution, dtype, first, 100);
                Assert.Equal(expected[k], Code(run.AsSpan((int)(elements[k] - first) * size, size)));
            }
        }
        // The text against itself: the values follow from sections 2 to 4 as written.
        if (dtype == DType.F32)
            Assert.Equal(expected, elements.Select(i => BitConverter.SingleToUInt32Bits(SpecReference.Value(key, distribution, (ulong)i)).ToString("x8", CultureInfo.InvariantCulture)));
    }

    private static string Code(ReadOnlySpan<byte> littleEndian)
    {
        byte[] bytes = littleEndian.ToArray();
        Array.Reverse(bytes);
        return Convert.ToHexStringLower(bytes);
    }

    private static double Number(string word) => word == "inf" ? double.PositiveInfinity : word == "-inf" ? double.NegativeInfinity : double.Parse(word, NumberStyles.Float, CultureInfo.InvariantCulture);

    private static string Bits(double value) => BitConverter.DoubleToUInt64Bits(value).ToString("x16", CultureInfo.InvariantCulture);

    [GeneratedRegex("^key (\\d+) \"([^\"]*)\" \"([^\"]*)\" ([0-9a-f]{8} [0-9a-f]{8} [0-9a-f]{8})$")]
    private static partial Regex KeyLine();
}
