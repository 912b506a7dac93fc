using System.Text;
using ShardInit.Storage;
using Xunit;

namespace ShardInit.Core.Tests.Storage;

/// <summary>CRC-32 against published answers, and every way of computing it against the one-bit-at-a-time definition.</summary>
public class Crc32Tests
{
    // The check value of the CRC catalogue for CRC-32/ISO-HDLC; the others from Python's zlib.crc32.
    [Theory]
    [InlineData("", 0x00000000u)]
    [InlineData("123456789", 0xcbf43926u)]
    [InlineData("a", 0xe8b7be43u)]
    [InlineData("The quick brown fox jumps over the lazy dog", 0x414fa339u)]
    public void Known_answers(string text, uint expected) => Assert.Equal(expected, Crc32.Compute(Encoding.ASCII.GetBytes(text)));

    [Fact]
    public void Every_length_and_offset_equals_the_definition()
    {
        byte[] bytes = Bytes(3000, seed: 1);
        foreach (int offset in (int[])[0, 1, 7, 13])
        {
            for (int length = 0; length <= 1100; length++)
            {
                ReadOnlySpan<byte> part = bytes.AsSpan(offset, length);
                Assert.Equal(Definition(0, part), Crc32.Compute(part));
            }
        }
    }

    /// <summary>Every width that this machine has, not only the widest.</summary>
    [SkippableTheory]
    [InlineData(128)]
    [InlineData(256)]
    [InlineData(512)]
    public void Every_folding_width_equals_the_definition(int width)
    {
        Skip.If(width > Crc32.FoldWidth, $"carry-less multiplication of {width} bits is not available here (widest: {Crc32.FoldWidth})");
        byte[] bytes = Bytes(2000, seed: 6);
        for (int length = 64; length <= bytes.Length - 3; length += 1)
        {
            ReadOnlySpan<byte> rest = bytes.AsSpan(3, length);
            uint state = Crc32.Fold(~0x12345678u, ref rest, width);
            Assert.True(rest.Length < 16);
            Assert.Equal(Definition(0x12345678, bytes.AsSpan(3, length)), ~Crc32.AppendTable(state, rest));
        }
    }

    [Fact]
    public void Tables_equal_the_definition()
    {
        byte[] bytes = Bytes(300, seed: 2);
        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.Equal(Definition(0, bytes.AsSpan(0, length)), ~Crc32.AppendTable(~0u, bytes.AsSpan(0, length)));
        }
    }

    [Fact]
    public void Appending_in_pieces_equals_one_call()
    {
        byte[] bytes = Bytes(100_000, seed: 3);
        uint whole = Crc32.Compute(bytes);
        System.Random random = new(4);
        for (int round = 0; round < 50; round++)
        {
            uint crc = 0;
            for (int done = 0; done < bytes.Length;)
            {
                int length = Math.Min(random.Next(1, 9000), bytes.Length - done);
                crc = Crc32.Append(crc, bytes.AsSpan(done, length));
                done += length;
            }
            Assert.Equal(whole, crc);
        }
    }

    [Fact]
    public void Combine_of_two_parts_is_the_crc_of_the_whole()
    {
        byte[] bytes = Bytes(5000, seed: 5);
        uint whole = Crc32.Compute(bytes);
        for (int cut = 0; cut <= bytes.Length; cut += 37)
        {
            uint combined = Crc32.Combine(Crc32.Compute(bytes.AsSpan(0, cut)), Crc32.Compute(bytes.AsSpan(cut)), bytes.Length - cut);
            Assert.Equal(whole, combined);
        }
        Assert.Equal(whole, Crc32.Combine(whole, 0, 0));
    }

    // Lengths that no test can hold in memory: n zero bytes put together by doubling.
    [Fact]
    public void Combine_is_associative_over_lengths_past_4_GiB()
    {
        uint crc = Crc32.Compute(new byte[1]);
        long length = 1;
        for (int doubling = 0; doubling < 40; doubling++)
        {
            crc = Crc32.Combine(crc, crc, length);
            length *= 2;
            if (length <= 1 << 20) Assert.Equal(Crc32.Compute(new byte[length]), crc);
        }
        uint tail = Crc32.Compute("tail"u8);
        uint half = Crc32.Compute(new byte[1 << 20]);
        uint left = Crc32.Combine(Crc32.Combine(half, crc, length), tail, 4);
        uint right = Crc32.Combine(half, Crc32.Combine(crc, tail, 4), length + 4);
        Assert.Equal(left, right);
    }

    // Gopal et al. 2009, section on reflected CRC-32: the constants for folding by 128 and 512 bits.
    [Fact]
    public void Folding_constants_are_the_published_ones()
    {
        Assert.Equal(0x1751997d0ul, Crc32.FoldBy(128)[0]);
        Assert.Equal(0x0ccaa009eul, Crc32.FoldBy(128)[1]);
        Assert.Equal(0x154442bd4ul, Crc32.FoldBy(512)[0]);
        Assert.Equal(0x1c6e41596ul, Crc32.FoldBy(512)[1]);
    }

    private static uint Definition(uint crc, ReadOnlySpan<byte> bytes)
    {
        uint state = ~crc;
        foreach (byte value in bytes)
        {
            state ^= value;
            for (int bit = 0; bit < 8; bit++) state = (state & 1) != 0 ? (state >> 1) ^ 0xEDB88320 : state >> 1;
        }
        return ~state;
    }

    private static byte[] Bytes(int count, int seed)
    {
        byte[] bytes = new byte[count];
        new System.Random(seed).NextBytes(bytes);
        return bytes;
    }
}
