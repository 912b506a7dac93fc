using ShardInit.Initializers;
using ShardInit.Kernels;
using ShardInit.Model;
using ShardInit.Random;

namespace ShardInit.Core.Tests.Kernels;

/// <summary>Every backend against the scalar one and against the text, and what a call may touch.</summary>
public sealed class BackendTests
{
    private const byte Poison = 0xA5;
    private const int Guard = 96;

    public static TheoryData<string> Widths => LaneWidth.Names;

    public static TheoryData<string> DistributionNames => [.. Cases.Distributions.Select(entry => entry.Name)];

    /// <summary>The kernels and the text agree, element by element: random elements, seeds, and both sides of the places where a counter carries.</summary>
    [Theory]
    [MemberData(nameof(DistributionNames))]
    public void Values_are_those_of_the_text(string name)
    {
        (_, Distribution distribution, DrawKind kind) = Cases.Distributions.Single(entry => entry.Name == name);
        Assert.Equal(kind, DrawChoice.Of(distribution).Kind);
        System.Random random = new(7);
        long[] starts = [0, 4096 - 100, (1L << 34) - 128, (1L << 34) + 64, (1L << 38) - 64, 1L << 62, .. Enumerable.Range(0, 10).Select(_ => random.NextInt64(1L << 62))];
        foreach (long start in starts)
        {
            StreamKey key = new((uint)random.NextInt64(1L << 32), (uint)random.NextInt64(1L << 32), (uint)random.NextInt64(1L << 32));
            float[] values = Cases.Draw(key, distribution, 200, start);
            for (int k = 0; k < values.Length; k++)
            {
                float expected = SpecReference.Value(key, distribution, (ulong)(start + k));
                Assert.True(Same(expected, values[k]), $"element {start + k} of {key}: text {expected:R}, kernel {values[k]:R}");
            }
        }
    }

    /// <summary>All lengths 0..257 at offsets around every border of a block, every draw kind, every dtype; guards on both sides stay as they were.</summary>
    [Theory]
    [MemberData(nameof(Widths))]
    public void Any_run_is_a_piece_of_the_scalar_stream(string width)
    {
        int[] offsets = [0, 1, 15, 16, 17, 31, 33, 47, 63, 64, 65, 70];
        foreach ((string name, Distribution distribution, DrawKind kind) in Cases.OneOfEachKind)
            foreach (DType dtype in Cases.Floats)
                Runs(width, name, distribution, dtype, offsets, 257);
    }

    /// <summary>The same at each offset 0..70 for the most used kind, with lengths that pass a group of 32 blocks too.</summary>
    [Theory]
    [MemberData(nameof(Widths))]
    public void Any_normal_run_at_any_offset_is_a_piece_of_the_scalar_stream(string width)
    {
        Runs(width, "normal", new Normal(0, 0.02), DType.F32, [.. Enumerable.Range(0, 71)], 257);
        Runs(width, "normal", new Normal(0, 0.02), DType.BF16, [.. Enumerable.Range(0, 71)], 257);
        foreach (int length in (int[])[2047, 2048, 2049, 4095, 4097, 6500])
            Runs(width, "normal", new Normal(0, 0.02), DType.BF16, [0, 1, 63, 64, 70], length, leastLength: length);
    }

    private static void Runs(string width, string name, Distribution distribution, DType dtype, int[] offsets, int longest, int leastLength = 0)
    {
        Backend backend = LaneWidth.Named(width).Backend;
        StreamKey key = Cases.Key("oracle");
        Draw draw = DrawChoice.Of(distribution);
        int size = dtype.ByteSize();
        byte[] expected = Cases.Fill(LaneWidth.Named("1").Backend, key, distribution, dtype, 0, longest + 71);
        byte[] buffer = new byte[Guard + (longest * size) + Guard];
        foreach (int offset in offsets)
        {
            for (int length = leastLength; length <= longest; length++)
            {
                Span<byte> window = buffer.AsSpan(0, Guard + (length * size) + Guard);
                window.Fill(Poison);
                backend.Fill(key, in draw, dtype, offset, length, window.Slice(Guard, length * size));
                bool same = window.Slice(Guard, length * size).SequenceEqual(expected.AsSpan(offset * size, length * size));
                Assert.True(same, $"{name} {dtype}: elements {offset}..{offset + length} differ from those of the scalar backend");
                bool clean = !window[..Guard].ContainsAnyExcept(Poison) && !window[(Guard + (length * size))..].ContainsAnyExcept(Poison);
                Assert.True(clean, $"{name} {dtype}: elements {offset}..{offset + length} wrote outside the destination");
            }
        }
    }

    /// <summary>
    /// Keys at their extremes, and elements where counter words carry or end: the low word wraps every 2^34 elements, the last tensor has 2^63 - 1 elements.
    /// Expected values come from the text, one element at a time.
    /// </summary>
    [Theory]
    [MemberData(nameof(Widths))]
    public void Keys_and_counters_at_their_extremes(string width)
    {
        StreamKey[] keys = [new(0, 0, 0), new(uint.MaxValue, uint.MaxValue, uint.MaxValue), new(0x80000000, 0x7FFFFFFF, 1)];
        (long First, int Count)[] runs =
        [
            ((1L << 34) - 300, 600), ((1L << 34) - 1, 1), ((1L << 34) - 1, 2), (1L << 34, 130), ((1L << 34) - 2048, 4096), ((1L << 35) - 65, 130),
            ((1L << 62) - 70, 141), ((1L << 62) + 5, 1), (long.MaxValue - 130, 130), (long.MaxValue - 64, 64), (long.MaxValue - 63, 63), (long.MaxValue - 1, 1), (long.MaxValue - 5000, 5000),
        ];
        Backend backend = LaneWidth.Named(width).Backend;
        foreach ((string name, Distribution distribution, DrawKind kind) in Cases.OneOfEachKind)
        {
            Draw draw = DrawChoice.Of(distribution);
            foreach (StreamKey key in keys)
            {
                foreach ((long first, int count) in runs)
                {
                    byte[] buffer = new byte[Guard + (4 * count) + Guard];
                    Array.Fill(buffer, Poison);
                    backend.Fill(key, in draw, DType.F32, first, count, buffer.AsSpan(Guard, 4 * count));
                    Assert.False(buffer.AsSpan(0, Guard).ContainsAnyExcept(Poison) || buffer.AsSpan(Guard + (4 * count)).ContainsAnyExcept(Poison), $"{name}: {count} from {first} wrote outside the destination");
                    for (int k = 0; k < count; k += count < 1000 ? 1 : 37)
                    {
                        float expected = SpecReference.Value(key, distribution, (ulong)(first + k));
                        Assert.True(Same(expected, BitConverter.ToSingle(buffer, Guard + (4 * k))), $"{name}: element {first + k} of {key}");
                    }
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void A_destination_of_the_wrong_size_throws_and_is_left_alone(string width)
    {
        Backend backend = LaneWidth.Named(width).Backend;
        foreach ((_, Distribution distribution, _) in Cases.OneOfEachKind)
        {
            foreach (DType dtype in Cases.Floats)
            {
                foreach ((int count, int bytes) in ((int, int)[])[(64, (64 * dtype.ByteSize()) - 1), (64, (64 * dtype.ByteSize()) + 1), (1, 0), (100, 99 * dtype.ByteSize()), (100, 101 * dtype.ByteSize()), (0, 1)])
                {
                    byte[] buffer = new byte[1024];
                    Array.Fill(buffer, Poison);
                    Assert.Throws<ArgumentException>(() => backend.Fill(Cases.Key("short"), DrawChoice.Of(distribution), dtype, 3, count, buffer.AsSpan(0, bytes)));
                    Assert.False(buffer.AsSpan().ContainsAnyExcept(Poison), $"{dtype}: {bytes} bytes for {count} elements");
                }
            }
        }
    }

    [Fact]
    public void An_integer_dtype_has_no_random_values()
    {
        foreach (DType dtype in (DType[])[DType.I64, DType.I32, DType.U8, DType.BOOL])
            Assert.Throws<ArgumentException>(() => Cases.Fill(LaneWidth.Fast.Backend, Cases.Key("i"), new Normal(0, 1), dtype, 0, 3));
    }

    /// <summary>An element's value does not depend on what its neighbours need: rejection attempts run per element.</summary>
    [Fact]
    public void A_run_of_one_is_that_element_of_the_long_run()
    {
        foreach ((string name, Distribution distribution, _) in Cases.OneOfEachKind)
        {
            byte[] all = Cases.Fill(LaneWidth.Fast.Backend, Cases.Key("alone"), distribution, DType.F32, 0, 3000);
            for (int k = 0; k < 3000; k += 7)
                Assert.True(all.AsSpan(4 * k, 4).SequenceEqual(Cases.Fill(LaneWidth.Fast.Backend, Cases.Key("alone"), distribution, DType.F32, k, 1)), $"{name}: element {k}");
        }
    }

    private static bool Same(float a, float b) => BitConverter.SingleToUInt32Bits(a) == BitConverter.SingleToUInt32Bits(b);
}
