using System.Security.Cryptography;
using System.Text;
using ShardInit.Random;

namespace ShardInit.Core.Tests.Random;

/// <summary>The identity of a random stream: every byte of (spec, seed, namespace, name) counts, and nothing can be moved between them.</summary>
public sealed class StreamKeyTests
{
    [Fact]
    public void The_message_is_laid_out_as_written_down()
    {
        // "ShardInit\0", u32 1, u64 0x0102030405060708, 2 bytes "ab", 3 bytes "ü:" in UTF-8; little-endian.
        byte[] message = [.. "ShardInit\0"u8, 1, 0, 0, 0, 8, 7, 6, 5, 4, 3, 2, 1, 2, 0, 0, 0, (byte)'a', (byte)'b', 3, 0, 0, 0, 0xC3, 0xBC, (byte)':'];
        byte[] digest = SHA256.HashData(message);
        StreamKey key = StreamKey.Derive(1, 0x0102030405060708, "ab", "ü:");
        Assert.Equal(new StreamKey(BitConverter.ToUInt32(digest, 0), BitConverter.ToUInt32(digest, 4), BitConverter.ToUInt32(digest, 8)), key);
    }

    [Fact]
    public void No_two_identities_share_a_key()
    {
        string[] texts = ["", "a", "b", "ab", "abc", "bc", "c", "a\0", "\0", "\0a", "1", "A", "ä", "a\u0308", " a", "a ", "a.b", "a..b", ".a.b", "\x01\0\0\0a"];
        ulong[] seeds = [0, 1, 2, 42, 0x61, 1ul << 32, 1ul << 63, ulong.MaxValue, 0x0100000000000000];
        Dictionary<StreamKey, string> seen = [];
        foreach (uint spec in (uint[])[1, 2, 0x01000000])
            foreach (ulong seed in seeds)
                foreach (string space in texts)
                    foreach (string name in texts)
                    {
                        string identity = $"{spec}|{seed}|{space}|{name}";
                        Assert.True(seen.TryAdd(StreamKey.Derive(spec, seed, space, name), identity), identity);
                    }
        // The first word alone would collide: 10,800 keys among 2^32 do so with probability 1.3 %; 96 bits: 7e-22.
        Assert.Equal(3 * seeds.Length * texts.Length * texts.Length, seen.Count);
    }

    [Fact]
    public void Names_of_one_model_and_neighbouring_seeds_have_keys_that_differ_in_half_their_bits()
    {
        // Each of 96 bits flips with probability ½: over n = 2000 pairs the mean distance has standard error sqrt(96/4/n) = 0.11; 4.5 of them.
        StreamKey[] keys = [.. Enumerable.Range(0, 2001).Select(layer => StreamKey.Derive(1, (ulong)(layer / 1000), "", $"model.layers.{layer % 1000}.mlp.up_proj.weight"))];
        double mean = Enumerable.Range(0, 2000).Average(k =>
            System.Numerics.BitOperations.PopCount(keys[k].Key0 ^ keys[k + 1].Key0) + System.Numerics.BitOperations.PopCount(keys[k].Key1 ^ keys[k + 1].Key1)
            + (double)System.Numerics.BitOperations.PopCount(keys[k].Counter3 ^ keys[k + 1].Counter3));
        Assert.InRange(mean, 48 - 0.5, 48 + 0.5);
    }

    [Fact]
    public void A_text_without_a_UTF8_form_has_no_key() => Assert.Throws<EncoderFallbackException>(() => StreamKey.Derive(1, 0, "", "a\ud800"));

    [Fact]
    public void Blocks_run_with_the_elements()
    {
        // Within 64 elements: 16 blocks of four words; the number stays a bijection with (index >> 4) & 3 up to 2^63.
        foreach (ulong index in (ulong[])[0, 1, 15, 16, 63, 64, 65, 127, 1000, (1ul << 34) - 1, 1ul << 34, (1ul << 62) + 5, (1ul << 63) - 1])
        {
            ulong block = StreamKey.BlockOf(index);
            Assert.Equal(index, (block / 16 * 64) + (((index >> 4) & 3) * 16) + (block % 16));
        }
        Assert.Equal(1ul << 32, StreamKey.BlockOf(1ul << 34));
    }
}
