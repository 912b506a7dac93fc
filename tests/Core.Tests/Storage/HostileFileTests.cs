using System.Buffers.Binary;
using System.Text;
using ShardInit.Errors;
using ShardInit.Model;
using ShardInit.Planning;
using ShardInit.Storage;
using Xunit;

namespace ShardInit.Core.Tests.Storage;

/// <summary>Files made to mislead: each cause gives its own code, and no input makes the reader crash, hang or answer wrongly.</summary>
public class HostileFileTests
{
    // One small tile: [2, 3] of bf16.
    private static readonly TileHeader s_tile = new("w", DType.BF16, [4, 3], [1, 0], [2, 3], 3);

    private static byte[] Good(params KeyValuePair<string, string>[] metadata)
    {
        using MemoryStream stream = new();
        ShardEncoder.Write(stream, ShardLayout.OfTiles("x.arrow", [s_tile], metadata, "crc32"), _ => new byte[] { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 });
        return stream.ToArray();
    }

    /// <summary>Finds the only place where a pattern stands, from <paramref name="from"/> on.</summary>
    private static int Find(byte[] file, byte[] pattern, int from = 0)
    {
        int at = file.AsSpan(from).IndexOf(pattern);
        Assert.True(at >= 0, "pattern not found");
        return from + at;
    }

    private static byte[] Longs(params long[] values) => [.. values.SelectMany(BitConverter.GetBytes)];

    private static byte[] Replace(byte[] file, byte[] pattern, byte[] replacement, int from = 0)
    {
        byte[] changed = [.. file];
        replacement.CopyTo(changed, Find(file, pattern, from));
        return changed;
    }

    /// <summary>The place of the record batch message in <see cref="Good"/>.</summary>
    private static int MessageOf(byte[] file) => 8 + 8 + BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(12));

    public static TheoryData<string, ShardFormatCode> Cases => new()
    {
        { "cut in the middle", ShardFormatCode.Truncated },
        { "empty", ShardFormatCode.Truncated },
        { "wrong magic", ShardFormatCode.BadMagic },
        { "footer longer than the file", ShardFormatCode.BadFooter },
        { "negative footer length", ShardFormatCode.BadFooter },
        { "footer of 300 MB", ShardFormatCode.TooLarge },
        { "footer root outside", ShardFormatCode.BadFooter },
        { "block outside the file", ShardFormatCode.BadOffset },
        { "block with overflowing body", ShardFormatCode.BadOffset },
        { "block with another message length", ShardFormatCode.BadMessage },
        { "message without its prefix", ShardFormatCode.BadMessage },
        { "body length differs from the footer", ShardFormatCode.BadMessage },
        { "two rows", ShardFormatCode.BadMessage },
        { "unknown column", ShardFormatCode.BadSchema },
        { "newer format", ShardFormatCode.UnsupportedFormat },
        { "newer spec", ShardFormatCode.UnsupportedSpec },
        { "format that is no number", ShardFormatCode.BadMetadata },
        { "wrong tile count", ShardFormatCode.BadMetadata },
        { "metadata key twice", ShardFormatCode.BadMetadata },
        { "message names another tile", ShardFormatCode.BadMetadata },
        { "buffer outside the body", ShardFormatCode.BadOffset },
        { "buffer with negative offset", ShardFormatCode.BadOffset },
        { "list offsets negative", ShardFormatCode.BadOffset },
        { "more values than elements", ShardFormatCode.BadTile },
        { "box outside the tensor", ShardFormatCode.BadTile },
        { "negative shape", ShardFormatCode.BadTile },
        { "shape that overflows", ShardFormatCode.BadTile },
        { "unknown dtype", ShardFormatCode.BadTile },
        { "digest that is none", ShardFormatCode.BadTile },
        { "text of 100000 bytes", ShardFormatCode.TooLarge },
    };

    private static byte[] Make(string name)
    {
        byte[] good = Good();
        int message = MessageOf(good);
        int body = message + 8 + BinaryPrimitives.ReadInt32LittleEndian(good.AsSpan(message + 4));
        long footer = good.Length - 10 - BinaryPrimitives.ReadInt32LittleEndian(good.AsSpan(good.Length - 10));
        int block = good.AsSpan().LastIndexOf(Longs(message));
        return name switch
        {
            "cut in the middle" => good[..(good.Length / 2)],
            "empty" => [],
            "wrong magic" => [.. "BRROW1"u8, .. good[6..]],
            "footer longer than the file" => Patch(good, good.Length - 10, BitConverter.GetBytes(good.Length)),
            "negative footer length" => Patch(good, good.Length - 10, BitConverter.GetBytes(-8)),
            "footer of 300 MB" => Patch(good, good.Length - 10, BitConverter.GetBytes(300 << 20)),
            "footer root outside" => Patch(good, (int)footer, BitConverter.GetBytes(0x7FFFFFF0)),
            "block outside the file" => Patch(good, block, Longs(1 << 20)),
            "block with overflowing body" => Patch(good, block + 16, Longs(long.MaxValue)),
            "block with another message length" => Patch(good, block + 8, BitConverter.GetBytes(64)),
            "message without its prefix" => Patch(good, message, new byte[4]),
            "body length differs from the footer" => Patch(good, message + 8 + BodyLengthSlot(good, message), Longs(0)),
            "two rows" => Patch(good, RowsSlot(good, message), Longs(2)),
            "unknown column" => Replace(good, "bf16"u8.ToArray(), "bf17"u8.ToArray(), (int)footer),
            "newer format" => Good(new KeyValuePair<string, string>("format", "2")),
            "newer spec" => Good(new KeyValuePair<string, string>("spec", "999")),
            "format that is no number" => Good(new KeyValuePair<string, string>("format", "one")),
            "wrong tile count" => Good(new KeyValuePair<string, string>("tiles", "2")),
            "metadata key twice" => Good(new("a", "1"), new("a", "2")),
            "message names another tile" => Replace(good, "3:9"u8.ToArray(), "3:8"u8.ToArray(), message),
            "buffer outside the body" => Replace(good, BufferEntry(good, message, last: true), Longs(1 << 20), message),
            "buffer with negative offset" => Replace(good, BufferEntry(good, message, last: true), Longs(-64), message),
            "list offsets negative" => Patch(good, OffsetsBefore(good, "BF16"), [0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF]),
            "more values than elements" => Patch(good, ValueOffsets(good), BitConverter.GetBytes(7)),
            "box outside the tensor" => Replace(good, Longs(1, 0), Longs(3, 0), Find(good, Longs(4, 3), body) + 16 + 64),
            "negative shape" => Replace(good, Longs(4, 3), Longs(-4, 3), message),
            "shape that overflows" => Replace(good, Longs(4, 3), Longs(long.MaxValue, 3), message),
            "unknown dtype" => Replace(good, "BF16"u8.ToArray(), "BF99"u8.ToArray(), message),
            "digest that is none" => Replace(good, "crc32:"u8.ToArray(), "crc99:"u8.ToArray(), message),
            "text of 100000 bytes" => Patch(good, OffsetsBefore(good, "BF16"), [0, 0, 0, 0, 0xA0, 0x86, 0x01, 0]),
            _ => throw new ArgumentException(name),
        };

        static byte[] Patch(byte[] file, int at, byte[] bytes)
        {
            byte[] changed = [.. file];
            bytes.CopyTo(changed, at);
            return changed;
        }

        // Offsets of a text column stand in the 64 bytes before its data.
        static int OffsetsBefore(byte[] file, string text) => Find(file, Encoding.ASCII.GetBytes(text), MessageOf(file)) - 64;

        static int ValueOffsets(byte[] file) => Find(file, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]) - 64 + 4;

        // Field 3 of the message table, field 0 of the batch: by their vtables.
        static int BodyLengthSlot(byte[] file, int message) => TableField(file, message + 8, RootOf(file, message + 8), 3) - (message + 8);

        static int RowsSlot(byte[] file, int message)
        {
            int origin = message + 8;
            int header = TableField(file, origin, RootOf(file, origin), 2);
            return TableField(file, origin, header - origin + BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(header)), 0);
        }

        static int RootOf(byte[] file, int origin) => BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(origin));

        static int TableField(byte[] file, int origin, int table, int field)
        {
            int vtable = origin + table - BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(origin + table));
            return origin + table + BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(vtable + 4 + (2 * field)));
        }

        static byte[] BufferEntry(byte[] file, int message, bool last)
        {
            long body = message + 8 + BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(message + 4));
            long digest = Find(file, "crc32:"u8.ToArray(), message) - body;
            Assert.True(last);
            return Longs(digest, 14);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Each_cause_has_its_code(string name, ShardFormatCode code)
    {
        ShardFormatException error = Assert.Throws<ShardFormatException>(() => ReadAll(Make(name)));
        Assert.Equal(code, error.Code);
        Assert.Contains("x.arrow", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_unchanged_file_opens() => Assert.Equal(1, ReadAll(Good()));

    [Fact]
    public void Every_truncation_is_refused()
    {
        byte[] good = Good();
        for (int length = 0; length < good.Length; length++)
        {
            ShardFormatException error = Assert.Throws<ShardFormatException>(() => ReadAll(good[..length]));
            Assert.True(error.Code is ShardFormatCode.Truncated or ShardFormatCode.BadMagic, $"length {length}: {error.Code}");
        }
    }

    /// <summary>Any byte of a file replaced by any value: the reader answers or refuses, and where it answers, wrong values are seen by the digest.</summary>
    [Fact]
    public void Ten_thousand_changed_bytes_never_crash_the_reader()
    {
        byte[] good = Good(new("format", "1"), new("spec", "1"), new("tiles", "1"));
        System.Random random = new(20261125);
        int refused = 0;
        for (int round = 0; round < 10_000; round++)
        {
            byte[] changed = [.. good];
            int at = random.Next(changed.Length);
            byte value = (byte)random.Next(256);
            if (changed[at] == value) continue;
            changed[at] = value;
            try
            {
                ReadAll(changed);
            }
            catch (ShardFormatException)
            {
                refused++;
            }
        }
        Assert.InRange(refused, 1000, 9999);
    }

    /// <summary>Random texts in place of whole regions, so that several numbers are wrong at once.</summary>
    [Fact]
    public void Random_regions_never_crash_the_reader()
    {
        byte[] good = Good();
        System.Random random = new(5);
        for (int round = 0; round < 3000; round++)
        {
            byte[] changed = [.. good];
            int start = random.Next(8, changed.Length - 10), length = random.Next(1, Math.Min(64, changed.Length - 9 - start));
            random.NextBytes(changed.AsSpan(start, length));
            try
            {
                ReadAll(changed);
            }
            catch (ShardFormatException)
            {
            }
        }
    }

    /// <summary>Opens a file and looks at everything in it; returns the tile count. Throws <see cref="ShardFormatException"/> only.</summary>
    private static int ReadAll(byte[] file)
    {
        string path = Path.Combine(s_folder.Path, "x.arrow");
        File.WriteAllBytes(path, file);
        using ShardReader reader = ShardReader.Open(path);
        for (int tile = 0; tile < reader.TileCount; tile++)
        {
            ShardTile found = reader.Tile(tile);
            Assert.Equal(found.ValueLength, reader.Values(tile).Length);
            _ = reader.DigestHolds(tile);
        }
        _ = reader.TilesOf("w");
        return reader.TileCount;
    }

    private static readonly TestDirectory s_folder = new(inMemory: true);
}
