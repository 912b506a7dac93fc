using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace ShardInit.Random;

/// <summary>
/// Identity of one logical tensor's random words: the Philox key and the fourth counter word, 96 bits in all (64 would collide over many seeds).
/// d = SHA-256("ShardInit\0" | u32 spec | u64 seed | u32 byte count, UTF-8 namespace | u32 byte count, UTF-8 logical name), all integers
/// little-endian, the texts as they are without normalisation; key = words 0 and 1 of d, counter word c3 = word 2, words read little-endian.
/// Shape, recipe, dtype and layout are not in it.
/// </summary>
public readonly record struct StreamKey(uint Key0, uint Key1, uint Counter3)
{
    /// <summary>The key of <paramref name="logicalName"/> under one seed and namespace. Pinned: a change would be a new spec.</summary>
    /// <exception cref="EncoderFallbackException">A text that is not valid UTF-16 has no UTF-8 form, so it has no key.</exception>
    public static StreamKey Derive(uint spec, ulong seed, string @namespace, string logicalName)
    {
        byte[] space = s_strictUtf8.GetBytes(@namespace);
        byte[] name = s_strictUtf8.GetBytes(logicalName);
        byte[] message = new byte[Domain.Length + 4 + 8 + 4 + space.Length + 4 + name.Length];
        Span<byte> rest = message;
        Domain.CopyTo(rest);
        rest = rest[Domain.Length..];
        BinaryPrimitives.WriteUInt32LittleEndian(rest, spec);
        BinaryPrimitives.WriteUInt64LittleEndian(rest[4..], seed);
        rest = AppendText(rest[12..], space);
        AppendText(rest, name);

        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(message, digest);
        return new StreamKey(
            BinaryPrimitives.ReadUInt32LittleEndian(digest),
            BinaryPrimitives.ReadUInt32LittleEndian(digest[4..]),
            BinaryPrimitives.ReadUInt32LittleEndian(digest[8..]));
    }

    /// <summary>64-bit Philox block number (counter words c0 and c1) of element <paramref name="index"/>: 16 blocks of 4 words cover 64 elements, word w of block b being element 16 w + b.</summary>
    public static ulong BlockOf(ulong index) => ((index >> 6) << 4) | (index & 15);

    private static ReadOnlySpan<byte> Domain => "ShardInit\0"u8;

    private static readonly UTF8Encoding s_strictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static Span<byte> AppendText(Span<byte> destination, byte[] text)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(destination, (uint)text.Length);
        text.CopyTo(destination[4..]);
        return destination[(4 + text.Length)..];
    }
}
