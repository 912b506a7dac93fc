using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Ipc;
using ShardInit.Core.Tests.Storage;
using ShardInit.Planning;
using ShardInit.Storage;
using Xunit;

namespace ShardInit.Core.Tests.Arrow;

/// <summary>The Apache.Arrow package for C#, which shares no code with our reader and writer, opens the golden files and ours and finds the same tiles and values in them.</summary>
public sealed class ApacheArrowTests
{
    [Theory]
    [InlineData(64)]
    [InlineData(4096)]
    public void It_reads_the_golden_files(int alignment)
    {
        Seen[] expected = [.. GoldenFiles.Tiles().Select(tile => new Seen(tile.Header, tile.Digest, tile.Values))];
        AssertSame(expected, Read(GoldenFiles.File(alignment)));
    }

    [Theory]
    [InlineData(64)]
    [InlineData(4096)]
    public void It_reads_the_golden_tiles_as_our_writer_writes_them(int alignment)
    {
        using TestDirectory directory = new();
        ShardReaderTests.WriteGolden(directory.File("golden.arrow"), alignment);
        AssertSame([.. GoldenFiles.Tiles().Select(tile => new Seen(tile.Header, tile.Digest, tile.Values))], Read(directory.File("golden.arrow")));
    }

    /// <summary>Every dtype, scalars, tensors without elements, tiles cut by rows, tiles that lie on pages.</summary>
    [Theory]
    [InlineData("small")]
    [InlineData("portable")]
    [InlineData("large")]
    public void It_reads_every_shard_that_we_write(string name)
    {
        Plan plan = name switch { "small" => TestPlans.Small(), "portable" => TestPlans.Portable(), _ => TestPlans.Large() };
        using TestDirectory directory = new();
        directory.Write(plan);
        FakeSource source = new(plan);
        for (int file = 0; file < plan.Files.Length; file++)
        {
            using ShardReader ours = ShardReader.Open(directory.File(plan.Files[file].Name));
            Seen[] expected = [.. plan.Files[file].Tiles.Select((tile, number) =>
            {
                // Out of the source, so that our reader has no say in what the values are.
                byte[] values = new byte[tile.ElementCount * ShardInit.Model.DTypes.ByteSize(plan.Tensors[tile.Tensor].DType)];
                source.Fill(tile.Tensor, tile.FirstElement, tile.ElementCount, values);
                return new Seen(ours.Tile(number).Header, ours.Tile(number).Digest, values);
            })];
            AssertSame(expected, Read(directory.File(plan.Files[file].Name)));
        }
    }

    [Fact]
    public void It_reads_what_a_shard_says_of_itself_and_the_index()
    {
        Plan plan = TestPlans.Small();
        using TestDirectory directory = new();
        directory.Write(plan);
        using ShardReader ours = ShardReader.Open(directory.File("head.g0.arrow"));
        using ArrowFileReader reader = new(File.OpenRead(directory.File("head.g0.arrow")));
        Assert.NotEmpty(ours.Metadata);
        Assert.Equal(ours.Metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal), reader.Schema.Metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal));

        using ArrowFileReader index = new(File.OpenRead(directory.File(CheckpointFiles.Index)));
        int rows = 0;
        while (index.ReadNextRecordBatch() is { } batch)
        {
            using (batch)
            {
                StringArray files = (StringArray)batch.Column("file");
                for (int row = 0; row < batch.Length; row++) Assert.Contains(plan.Files, file => file.Name == files.GetString(row));
                rows += batch.Length;
            }
        }
        Assert.Equal(plan.Files.Sum(file => file.Tiles.Length), rows);
    }

    private sealed record Seen(string Tensor, string DType, long[] GlobalShape, long[] Start, long[] Shape, string Column, string Digest, byte[] Values)
    {
        public Seen(TileHeader header, string digest, byte[] values)
            : this(header.Tensor, $"{header.DType}", [.. header.GlobalShape], [.. header.Start], [.. header.Shape], $"{header.DType}".ToLowerInvariant(), digest, values) { }
    }

    private static void AssertSame(Seen[] expected, List<Seen> found)
    {
        Assert.NotEmpty(expected);
        Assert.Equal(expected.Length, found.Count);
        for (int tile = 0; tile < expected.Length; tile++)
        {
            Assert.Equivalent(expected[tile] with { Values = [] }, found[tile] with { Values = [] }, strict: true);
            Assert.True(expected[tile].Values.AsSpan().SequenceEqual(found[tile].Values), $"values of tile {tile} of '{expected[tile].Tensor}'");
        }
    }

    private static List<Seen> Read(string path)
    {
        string[] plain = ["tensor", "dtype", "global_shape", "start", "shape", "digest"];
        List<Seen> tiles = [];
        using ArrowFileReader reader = new(File.OpenRead(path));
        while (reader.ReadNextRecordBatch() is { } batch)
        {
            using (batch)
            {
                Assert.Equal(1, batch.Length);
                Field filled = Assert.Single(batch.Schema.FieldsList, field => !plain.Contains(field.Name) && batch.Column(field.Name).IsValid(0));
                tiles.Add(new Seen(
                    Text("tensor"), Text("dtype"), Numbers("global_shape"), Numbers("start"), Numbers("shape"), filled.Name, Text("digest"), Bytes(((ListArray)batch.Column(filled.Name)).GetSlicedValues(0))));

                string Text(string column) => ((StringArray)batch.Column(column)).GetString(0);

                long[] Numbers(string column) => ((Int64Array)((ListArray)batch.Column(column)).GetSlicedValues(0)).Values.ToArray();
            }
        }
        return tiles;
    }

    /// <summary>The elements in the package's own memory, as bytes.</summary>
    private static byte[] Bytes(IArrowArray elements) => elements switch
    {
        DoubleArray array => MemoryMarshal.AsBytes(array.Values).ToArray(),
        FloatArray array => MemoryMarshal.AsBytes(array.Values).ToArray(),
        HalfFloatArray array => MemoryMarshal.AsBytes(array.Values).ToArray(),
        UInt16Array array => MemoryMarshal.AsBytes(array.Values).ToArray(),
        UInt8Array array => array.Values.ToArray(),
        Int32Array array => MemoryMarshal.AsBytes(array.Values).ToArray(),
        Int64Array array => MemoryMarshal.AsBytes(array.Values).ToArray(),
        _ => throw new InvalidOperationException($"a value column of {elements.GetType().Name}"),
    };
}
