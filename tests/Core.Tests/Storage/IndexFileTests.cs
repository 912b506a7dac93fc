using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using ShardInit.Initializers;
using ShardInit.Model;
using ShardInit.Planning;
using ShardInit.Random;
using ShardInit.Storage;
using Xunit;

namespace ShardInit.Core.Tests.Storage;

/// <summary>index.arrow: one row per logical part of each tile.</summary>
public class IndexFileTests
{
    [SkippableFact]
    public void Other_readers_see_one_row_per_tile_with_seeds_and_places()
    {
        Plan plan = TestPlans.Small(seed: ulong.MaxValue);
        using TestDirectory directory = new();
        directory.Write(plan);
        using JsonDocument answer = OtherReadersTests.Run("index.mjs", [directory.File("index.arrow")]);
        foreach (string reader in (string[])["arrow-js", "duckdb"])
        {
            JsonElement[] rows = [.. answer.RootElement.GetProperty(reader).EnumerateArray()];
            Assert.Equal(plan.Files.Sum(file => file.Tiles.Length), rows.Length);
            int number = 0;
            for (int file = 0; file < plan.Files.Length; file++)
            {
                using ShardReader shard = ShardReader.Open(directory.File(plan.Files[file].Name));
                for (int tile = 0; tile < shard.TileCount; tile++, number++) AssertRow(plan, plan.Files[file].Name, shard.Tile(tile), tile, rows[number]);
            }
        }
    }

    private static void AssertRow(Plan plan, string file, ShardTile tile, int number, JsonElement row)
    {
        StreamKey key = StreamKey.Derive(1, plan.Seed, "", tile.Header.Tensor);
        (string Name, string Value)[] texts =
        [
            ("file", file), ("tile", Text(number)), ("tensor", tile.Header.Tensor), ("dtype", tile.Header.DType.ToString()),
            ("byte_offset", Text(tile.ValueOffset)), ("byte_length", Text(tile.ValueLength)), ("logical", tile.Header.Tensor),
            ("key", (key.Key0 | ((ulong)key.Key1 << 32)).ToString(CultureInfo.InvariantCulture)), ("c3", Text(key.Counter3)),
            ("first_counter", Text((tile.Header.FirstElement >> 6 << 4) | (tile.Header.FirstElement & 15))), ("digest", tile.Digest),
        ];
        foreach ((string name, string value) in texts) Assert.Equal(value, row.GetProperty(name).GetString());
        Assert.Equal(tile.Header.Start.AsEnumerable(), row.GetProperty("start").EnumerateArray().Select(item => item.GetInt64()));
        Assert.Equal(tile.Header.Shape.AsEnumerable(), row.GetProperty("shape").EnumerateArray().Select(item => item.GetInt64()));
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    // SHA-256 of the 36 bytes "ShardInit\0" | 01000000 | 2a00000000000000 | 00000000 | 06000000 "wte.ab" by Python's hashlib; words 0, 1, 2 little-endian.
    [Fact]
    public void Stream_key_known_answer()
    {
        StreamKey key = StreamKey.Derive(1, 42, "", "wte.ab");
        Assert.Equal(new StreamKey(0x477d4004, 0x20fbe968, 0x9e8c77e2), key);
        Assert.NotEqual(key, StreamKey.Derive(1, 42, "wte", ".ab"));
        Assert.NotEqual(key, StreamKey.Derive(2, 42, "", "wte.ab"));
        Assert.NotEqual(key, StreamKey.Derive(1, 43, "", "wte.ab"));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(15, 15)]
    [InlineData(16, 0)]
    [InlineData(63, 15)]
    [InlineData(64, 16)]
    [InlineData(1000, 248)]
    public void Block_of_an_element(ulong element, ulong block) => Assert.Equal(block, StreamKey.BlockOf(element));

    /// <summary>The share of a strided, transposed part in a tile, against a walk over all elements.</summary>
    [Fact]
    public void Part_of_a_tile_by_definition()
    {
        // Logical [6, 8], every second row from 1, columns 2..8, stored transposed at rows 3..9 and columns 0, 3, 6 of [10, 9].
        Shape logical = new([6, 8]), stored = new([10, 9]);
        Part part = new(0, [new(1, 6, 2), new(2, 8, 1)], [1, 0], [new(3, 9, 1), new(0, 9, 3)]);
        StoredTensor tensor = new("t", DType.F32, stored, null, false, LayerGroup.Head, [part]);
        for (long row = 0; row < 10; row++)
        {
            for (long rows = 1; row + rows <= 10; rows++)
            {
                Tile tile = new(0, [row, 0], [rows, 9], row * 9, rows * 9);
                List<(long Row, long Column, long Logical)> elements = [];
                for (long i = 0; i < 6; i++)
                {
                    for (long j = 0; j < 3; j++)
                    {
                        long storedRow = 3 + i, storedColumn = 3 * j;
                        if (storedRow >= row && storedRow < row + rows) elements.Add((storedRow, storedColumn, ((1 + (2 * j)) * 8) + 2 + i));
                    }
                }
                PartOfTile? found = PartOfTile.Of(tile, tensor, part, logical);
                if (elements.Count == 0)
                {
                    Assert.Null(found);
                    continue;
                }
                Assert.Equal([elements[0].Row, elements[0].Column], found!.Start.AsEnumerable());
                Assert.Equal(elements.Count, found.Shape[0] * found.Shape[1]);
                Assert.Equal(elements[0].Logical, found.FirstLogicalElement);
                Assert.Equal(elements.Min(element => element.Logical), found.FirstLogicalElement);
            }
        }
    }

    /// <summary>More rows than one record batch holds: the same bytes, and every batch is there.</summary>
    [Fact]
    public void Many_rows_are_written_in_batches()
    {
        Plan plan = TestPlans.Of(1, "crc32", 1, ("w", DType.U8, [IndexFile.RowsPerBatch + 100], LayerGroup.Head));
        using TestDirectory directory = new(inMemory: true);
        directory.Write(plan);
        Assert.Empty(ShardVerifierTests.Verify(directory, plan, values: true));
        byte[] index = File.ReadAllBytes(directory.File("index.arrow"));
        Assert.Equal(2, CountBatches(index));
    }

    private static int CountBatches(byte[] file)
    {
        int position = 8, batches = -1;
        while (BitConverter.ToInt32(file, position + 4) is var length and not 0)
        {
            FlatReader message = FlatReader.Root(file.AsSpan(position + 8, length));
            position += 8 + length + (int)message.Int64(3);
            batches++;
        }
        return batches;
    }
}
