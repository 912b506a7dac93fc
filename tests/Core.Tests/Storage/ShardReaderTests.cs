using System.Buffers.Binary;
using ShardInit.Model;
using ShardInit.Planning;
using ShardInit.Storage;
using Xunit;

namespace ShardInit.Core.Tests.Storage;

/// <summary>What goes into a file comes out of it, in golden files and in ours.</summary>
public class ShardReaderTests
{
    [Theory]
    [InlineData(64)]
    [InlineData(4096)]
    public void Golden_file_opens_with_its_values(int alignment)
    {
        using ShardReader reader = ShardReader.Open(GoldenFiles.File(alignment));
        Assert.Equal([DType.F32, DType.BF16], reader.ValueColumns);
        Assert.Equal("small reference file, values as in tiny.json", reader.Metadata["note"]);
        AssertGoldenTiles(reader, alignment);
    }

    [Theory]
    [InlineData(64)]
    [InlineData(4096)]
    public void Golden_values_written_by_us_look_the_same_to_a_reader(int alignment)
    {
        using TestDirectory directory = new();
        string path = directory.File("tiny.arrow");
        WriteGolden(path, alignment);
        using ShardReader ours = ShardReader.Open(path);
        using ShardReader golden = ShardReader.Open(GoldenFiles.File(alignment));
        Assert.Equal(golden.ValueColumns, ours.ValueColumns);
        AssertGoldenTiles(ours, alignment);
    }

    internal static void WriteGolden(string path, int alignment)
    {
        var tiles = GoldenFiles.Tiles();
        ShardLayout layout = ShardLayout.OfTiles(
            Path.GetFileName(path), tiles.Select(tile => tile.Header), [new("note", "written again")], "crc32", largeTileBytes: alignment == 64 ? long.MaxValue : 0);
        using FileStream stream = File.Create(path);
        ShardEncoder.Write(stream, layout, tile => tiles[tile].Values);
        Assert.Equal(layout.FileLength, stream.Length);
    }

    private static void AssertGoldenTiles(ShardReader reader, int alignment)
    {
        var expected = GoldenFiles.Tiles();
        Assert.Equal(expected.Length, reader.TileCount);
        for (int tile = 0; tile < expected.Length; tile++)
        {
            ShardTile found = reader.Tile(tile);
            Assert.Equal(expected[tile].Header.Tensor, found.Header.Tensor);
            Assert.Equal(expected[tile].Header.DType, found.Header.DType);
            Assert.Equal(expected[tile].Header.GlobalShape.AsEnumerable(), found.Header.GlobalShape);
            Assert.Equal(expected[tile].Header.Start.AsEnumerable(), found.Header.Start);
            Assert.Equal(expected[tile].Header.Shape.AsEnumerable(), found.Header.Shape);
            Assert.Equal(expected[tile].Header.FirstElement, found.Header.FirstElement);
            Assert.Equal(expected[tile].Digest, found.Digest);
            Assert.Equal(expected[tile].Values, reader.Values(tile).ToArray());
            Assert.True(reader.DigestHolds(tile));
            Assert.Equal(expected[tile].Header.Tensor, found.Metadata["tensor"]);
            if (found.ValueLength > 0) Assert.Equal(0, found.ValueOffset % alignment);
        }
        Assert.Equal([0, 4], reader.TilesOf("model.layers.0.mlp.up_proj.weight"));
        Assert.Empty(reader.TilesOf("nothing"));
    }

    [Theory]
    [InlineData("crc32")]
    [InlineData("sha256")]
    public void Written_files_hold_the_plan_and_its_values(string digest)
    {
        Plan plan = TestPlans.Small(digest: digest);
        using TestDirectory directory = new();
        directory.Write(plan);
        FakeSource source = new(plan);
        for (int file = 0; file < plan.Files.Length; file++)
        {
            using ShardReader reader = ShardReader.Open(directory.File(plan.Files[file].Name));
            Assert.Equal(plan.Files[file].Tiles.Length, reader.TileCount);
            Assert.Equal(plan.PlanId, reader.Metadata["plan_id"]);
            Assert.Equal(plan.ValuesId, reader.Metadata["values_id"]);
            Assert.Equal("7", reader.Metadata["seed"]);
            Assert.Equal("TestModel", reader.Metadata["model"]);
            Assert.Equal(plan.Files[file].Group.ToString(), reader.Metadata["group"]);
            Assert.Equal(reader.Metadata.Keys.Order(StringComparer.Ordinal),
                ["digest", "format", "group", "model", "namespace", "plan_id", "seed", "spec", "tiles", "values_id"]);
            for (int tile = 0; tile < reader.TileCount; tile++)
            {
                Tile planned = plan.Files[file].Tiles[tile];
                byte[] expected = new byte[reader.Tile(tile).ValueLength];
                source.Fill(planned.Tensor, planned.FirstElement, planned.ElementCount, expected);
                Assert.Equal(expected, reader.Values(tile).ToArray());
                Assert.True(reader.DigestHolds(tile));
                Assert.Equal(0, reader.Tile(tile).ValueOffset % 64);
            }
        }
    }

    [Fact]
    public void Every_buffer_lies_on_64_and_values_of_large_tiles_on_4096()
    {
        Plan plan = TestPlans.Large();
        using TestDirectory directory = new();
        directory.Write(plan);
        string path = directory.File(plan.Files[0].Name);
        byte[] bytes = File.ReadAllBytes(path);
        ShardLayout layout = ShardLayout.Of(plan, 0);
        Assert.Equal(layout.FileLength, bytes.Length);
        int large = 0;
        foreach ((long body, long offset, long length, int tile) in BuffersOf(bytes))
        {
            Assert.Equal(0, (body + offset) % 64);
            if (body + offset != layout.ValueOffset(tile) || length != layout.ValueLength(tile) || length < 1 << 20) continue;
            Assert.Equal(0, (body + offset) % 4096);
            Assert.Equal(0, offset % 4096);
            large++;
        }
        Assert.Equal(3, large);
    }

    [Fact]
    public void Bytes_between_buffers_are_zero()
    {
        Plan plan = TestPlans.Small();
        using TestDirectory directory = new();
        directory.Write(plan);
        byte[] bytes = File.ReadAllBytes(directory.File(plan.Files[1].Name));
        bool[] used = new bool[bytes.Length];
        long bodies = 0, end = 0;
        foreach ((long body, long offset, long length, int tile) in BuffersOf(bytes))
        {
            if (body > end) end = body;
            for (long index = body + offset; index < body + offset + length; index++) used[index] = true;
            bodies = body;
        }
        ShardLayout layout = ShardLayout.Of(plan, 1);
        int unused = 0;
        for (int tile = 0; tile < layout.TileCount; tile++)
        {
            long body = BuffersOf(bytes).First(buffer => buffer.Tile == tile).Body;
            for (long index = body; index < layout.BodyEnd(tile); index++)
            {
                if (used[index]) continue;
                Assert.Equal(0, bytes[index]);
                unused++;
            }
        }
        Assert.True(unused > 1000);
    }

    /// <summary>Offsets beyond 32 bits: three tiles of 1 GiB of zeros, a sparse file of which only the frame takes space.</summary>
    [Fact]
    public void A_file_of_three_gigabytes_is_mapped_whole()
    {
        const long Gib = 1L << 30;
        using TestDirectory directory = new();
        ShardLayout layout = ShardLayout.OfTiles("big.arrow", Enumerable.Range(0, 3).Select(tile => new TileHeader("w", DType.U8, [3, Gib], [tile, 0], [1, Gib], tile * Gib)), [], "crc32");
        Assert.True(layout.FileLength > 3 * Gib);
        uint zeros = Crc32.Compute(new byte[1]);
        for (long length = 1; length < Gib; length *= 2) zeros = Crc32.Combine(zeros, zeros, length);
        using (FileStream stream = File.Create(directory.File("big.arrow")))
        {
            stream.SetLength(layout.FileLength);
            for (int gap = 0; gap <= 3; gap++)
            {
                stream.Position = layout.GapOffset(gap);
                stream.Write(layout.Gap(gap, Digests.OfCrc32(zeros)));
            }
            stream.Position = layout.ValueOffset(2) + Gib - 1;
            stream.WriteByte(77);
        }
        using ShardReader reader = ShardReader.Open(directory.File("big.arrow"));
        Assert.Equal(2 * Gib, reader.Tile(2).Header.FirstElement);
        Assert.Equal((int)Gib, reader.Values(2).Length);
        Assert.Equal(77, reader.Values(2)[^1]);
        Assert.Equal(0, reader.Values(1)[^1]);
    }

    [Fact]
    public void A_tile_above_1_GiB_is_refused() => Assert.Throws<InvalidOperationException>(() =>
        ShardLayout.OfTiles("x.arrow", [new TileHeader("w", DType.U8, [(1L << 30) + 1], [0], [(1L << 30) + 1], 0)], [], "crc32"));

    [Fact]
    public void Typed_values_and_wrong_sizes()
    {
        using ShardReader reader = ShardReader.Open(GoldenFiles.File(64));
        Assert.Equal([-1.5f, -1f, -0.5f, 0f, 0.5f, 1f, 1.5f], reader.Values<float>(1).ToArray());
        Assert.Throws<ArgumentException>(() => reader.Values<ushort>(1).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => reader.Tile(5));
    }

    [Fact]
    public void Message_metadata_says_tile_and_elements()
    {
        Plan plan = TestPlans.Small();
        using TestDirectory directory = new();
        directory.Write(plan);
        using ShardReader reader = ShardReader.Open(directory.File("embedding.g0.arrow"));
        Assert.Equal("0:30", reader.Tile(0).Metadata["elements"]);
        Assert.Equal("30:60", reader.Tile(1).Metadata["elements"]);
        Assert.Equal("1", reader.Tile(1).Metadata["tile"]);
        Assert.Equal("embedding.weight", reader.Tile(1).Metadata["tensor"]);
    }

    /// <summary>(body start, buffer offset in it, length, tile) straight from the messages, without our reader.</summary>
    private static IEnumerable<(long Body, long Offset, long Length, int Tile)> BuffersOf(byte[] file)
    {
        long position = 8;
        int tile = -1;
        while (true)
        {
            int metadataLength = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan((int)position + 4));
            if (metadataLength == 0) yield break;
            byte[] flat = file[((int)position + 8)..((int)position + 8 + metadataLength)];
            long body = position + 8 + metadataLength;
            (long bodyLength, (long, long)[] buffers) = Message(flat);
            foreach ((long offset, long length) in buffers) yield return (body, offset, length, tile);
            position = body + bodyLength;
            tile++;
        }

        static (long, (long, long)[]) Message(byte[] flat)
        {
            FlatReader message = FlatReader.Root(flat);
            if (message.Byte(1) != 3) return (message.Int64(3), []);
            ReadOnlySpan<byte> structs = message.Table(2, "header").Structs(2, 16, "buffers");
            List<(long, long)> buffers = [];
            for (int at = 0; at < structs.Length; at += 16)
            {
                buffers.Add((BinaryPrimitives.ReadInt64LittleEndian(structs[at..]), BinaryPrimitives.ReadInt64LittleEndian(structs[(at + 8)..])));
            }
            return (message.Int64(3), [.. buffers]);
        }
    }
}
