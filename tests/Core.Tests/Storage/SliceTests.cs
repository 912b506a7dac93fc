using System.Collections.Immutable;
using ShardInit.Errors;
using ShardInit.Model;
using ShardInit.Planning;
using ShardInit.Storage;
using Xunit;

namespace ShardInit.Core.Tests.Storage;

/// <summary>Slices of stored tensors, whatever the tiles and files that they lie in.</summary>
public class SliceTests
{
    private static readonly (string, DType, long[], LayerGroup)[] s_tensors =
    [
        ("a.matrix", DType.BF16, [13, 9], LayerGroup.OfLayer(0)),
        ("b.cube", DType.F32, [5, 4, 6], LayerGroup.OfLayer(0)),
        ("c.scalar", DType.F64, [], LayerGroup.OfLayer(0)),
        ("d.empty", DType.F32, [3, 0], LayerGroup.OfLayer(0)),
        ("e.row", DType.U8, [100], LayerGroup.Head),
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(40)]
    [InlineData(1 << 20)]
    public void Every_box_of_random_boxes_equals_the_tensor(long tileBytes)
    {
        Plan plan = TestPlans.Of(11, "crc32", tileBytes, s_tensors);
        using TestDirectory directory = new(inMemory: true);
        directory.Write(plan);
        using Checkpoint checkpoint = Checkpoint.Open(directory.Path, TestPlans.Codec);
        FakeSource source = new(plan);
        System.Random random = new(3);
        for (int tensor = 0; tensor < plan.Tensors.Length; tensor++)
        {
            byte[] whole = source.Tensor(tensor);
            Shape shape = plan.Tensors[tensor].Shape;
            for (int round = 0; round < 40; round++)
            {
                AxisRange[] ranges = [.. shape.Dims.Select(dim => round == 0 ? new AxisRange(0, dim, 1) : Range(random, dim))];
                Assert.Equal(Box(whole, shape, plan.Tensors[tensor].DType.ByteSize(), ranges), Read(checkpoint, plan.Tensors[tensor].Name, ranges));
            }
        }
    }

    [Fact]
    public void A_tied_name_reads_its_source()
    {
        Plan plan = TestPlans.Small();
        using TestDirectory directory = new();
        directory.Write(plan);
        using Checkpoint checkpoint = Checkpoint.Open(directory.Path, TestPlans.Codec);
        Assert.Equal(new FakeSource(plan).Tensor(0), Read(checkpoint, "head.weight", [new(0, 10, 1), new(0, 6, 1)]));
    }

    [Fact]
    public void Wrong_requests_are_refused()
    {
        Plan plan = TestPlans.Small();
        using TestDirectory directory = new();
        directory.Write(plan);
        using Checkpoint checkpoint = Checkpoint.Open(directory.Path, TestPlans.Codec);
        Assert.Throws<ArgumentException>(() => Read(checkpoint, "nothing", []));
        Assert.Throws<ArgumentException>(() => Read(checkpoint, "embedding.weight", [new(0, 10, 1)]));
        Assert.Throws<ArgumentException>(() => Read(checkpoint, "embedding.weight", [new(0, 11, 1), new(0, 6, 1)]));
        Assert.Throws<ArgumentException>(() => Read(checkpoint, "embedding.weight", [new(-1, 1, 1), new(0, 6, 1)]));
        Assert.Throws<ArgumentException>(() => Read(checkpoint, "embedding.weight", [new(0, 10, 2), new(0, 6, 1)]));
    }

    [Fact]
    public void A_missing_or_foreign_file_is_an_error()
    {
        Plan plan = TestPlans.Small();
        using TestDirectory directory = new();
        directory.Write(plan);
        using Checkpoint checkpoint = Checkpoint.Open(directory.Path, TestPlans.Codec);
        File.Copy(directory.File("layer-0.g0.arrow"), directory.File("embedding.g0.arrow"), overwrite: true);
        Assert.Equal(ShardFormatCode.BadTile, Assert.Throws<ShardFormatException>(() => Read(checkpoint, "embedding.weight", [new(0, 10, 1), new(0, 6, 1)])).Code);
        File.Delete(directory.File("embedding.g0.arrow"));
        Assert.Throws<FileNotFoundException>(() => Read(checkpoint, "embedding.weight", [new(0, 10, 1), new(0, 6, 1)]));
    }

    /// <summary>Names are found by their UTF-8 order, in which characters beyond the basic plane come last.</summary>
    [Fact]
    public void Names_beyond_the_basic_plane_are_found()
    {
        string[] names = ["a", "é", "\uFFFD", "\U0001F600"];
        Plan plan = TestPlans.Of(12, "crc32", 64, [.. names.Select(name => (name, DType.U8, new long[] { 3 }, LayerGroup.Head))]);
        using TestDirectory directory = new();
        directory.Write(plan);
        using Checkpoint checkpoint = Checkpoint.Open(directory.Path, TestPlans.Codec);
        foreach (string name in names) Assert.Equal(name, checkpoint.Plan.Tensors[checkpoint.TensorIndex(name)].Name);
    }

    private static AxisRange Range(System.Random random, long dim)
    {
        long start = random.NextInt64(dim + 1);
        return new AxisRange(start, random.NextInt64(start, dim + 1), 1);
    }

    /// <summary>Element by element, by definition.</summary>
    private static byte[] Box(byte[] whole, Shape shape, int size, AxisRange[] ranges)
    {
        List<byte> box = [];
        Walk(0, 0);
        return [.. box];

        void Walk(int axis, long element)
        {
            if (axis == shape.Rank)
            {
                box.AddRange(whole.AsSpan((int)element * size, size));
                return;
            }
            for (long index = ranges[axis].Start; index < ranges[axis].End; index++) Walk(axis + 1, (element * shape[axis]) + index);
        }
    }

    private static byte[] Read(Checkpoint checkpoint, string tensor, AxisRange[] ranges)
    {
        using MemoryStream stream = new();
        checkpoint.ReadSlice(tensor, ranges, stream);
        return stream.ToArray();
    }
}
