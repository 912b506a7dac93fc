using System.Globalization;
using ShardInit.Core.Tests.Kernels;
using ShardInit.Random;

namespace ShardInit.Core.Tests.Random;

/// <summary>The generator against random123's vectors, and every width against the plain definition.</summary>
public sealed class Philox4x32Tests
{
    private static readonly uint[][] s_rows =
    [
        .. File.ReadLines(Path.Combine(Golden.Repository, "tests/Core.Tests/Vectors/philox4x32.kat")).Where(line => !line.StartsWith('#'))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(words => words is ["philox4x32", "10", ..])
            .Select(words => words[2..].Select(word => uint.Parse(word, NumberStyles.HexNumber)).ToArray()),
    ];

    public static TheoryData<string> Widths => LaneWidth.Names;

    [Fact]
    public void A_block_gives_the_published_words()
    {
        Assert.Equal(3, s_rows.Length);
        foreach (uint[] row in s_rows)
        {
            (uint w0, uint w1, uint w2, uint w3) = Philox4x32.Block(row[0], row[1], row[2], row[3], row[4], row[5]);
            Assert.Equal(row[6..], new[] { w0, w1, w2, w3 });
        }
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void The_vector_kernel_gives_the_published_words(string width)
    {
        foreach (uint[] row in s_rows)
        {
            Assert.Equal(row[6..], LaneWidth.Named(width).Block(row[..6]));
        }
    }

    /// <summary>Counters, keys and lengths at random and at the ends, where carries and sign bits show.</summary>
    [Theory]
    [MemberData(nameof(Widths))]
    public void Every_lane_is_its_own_block(string width)
    {
        uint[] edges = [0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF0, 0xFFFFFFFF];
        System.Random random = new(1);
        uint next() => random.Next(3) == 0 ? edges[random.Next(edges.Length)] : (uint)random.NextInt64(1L << 32);
        for (int round = 0; round < 300; round++)
        {
            (uint c0, uint c1, uint c2, uint c3, uint k0, uint k1) = (next(), next(), next(), next(), next(), next());
            // Odd numbers of blocks too, whose last the widest vectors leave to narrower ones; the counters stay in one span of 2^32, up to its last.
            int blocks = 1 + random.Next(8);
            c0 = Math.Min(c0, uint.MaxValue - (uint)(16 * blocks) + 1);
            uint[] words = LaneWidth.Named(width).Words(c0, c1, c2, c3, k0, k1, blocks);
            for (int lane = 0; lane < 16 * blocks; lane++)
            {
                (uint w0, uint w1, uint w2, uint w3) = Philox4x32.Block(c0 + (uint)lane, c1, c2, c3, k0, k1);
                int at = (64 * (lane / 16)) + (lane % 16);
                Assert.True((w0, w1, w2, w3) == (words[at], words[at + 16], words[at + 32], words[at + 48]), $"lane {lane} of counter {c0:x8}, key {k0:x8} {k1:x8}");
            }
        }
    }

    [Fact]
    public void The_third_counter_word_holds_purpose_and_attempt()
    {
        Assert.Equal(0u, Philox4x32.Purpose(Purpose.Values, 0));
        Assert.Equal(1999u, Philox4x32.Purpose(Purpose.Values, (2 * Philox4x32.Rejections) - 1));
        Assert.Equal(0x03000007u, Philox4x32.Purpose((Purpose)3, 7));
        // Append only: the numbers of released purposes never change.
        Assert.Equal(0, (int)Purpose.Values);
    }
}
