using ShardInit.Core.Tests.Kernels;
using ShardInit.Engine;
using ShardInit.Errors;
using ShardInit.Initializers;
using ShardInit.Kernels;
using ShardInit.Model;
using ShardInit.Planning;
using ShardInit.Random;
using static ShardInit.Core.Tests.Engine.NumberPlans;

namespace ShardInit.Core.Tests.Engine;

/// <summary>A tensor is the same however it is asked for.</summary>
public sealed class PlanValuesTests
{
    public static TheoryData<string> DistributionNames => [.. Cases.Distributions.Select(entry => entry.Name)];

    [Theory]
    [MemberData(nameof(DistributionNames))]
    public void Any_partition_gives_the_bytes_of_one_call(string name)
    {
        Distribution distribution = Cases.Distributions.Single(entry => entry.Name == name).Distribution;
        System.Random random = new(13);
        foreach (DType dtype in Cases.Floats)
        {
            Plan plan = Whole(dtype, distribution, [37, 271], 0, 5, 36);
            long count = plan.Tensors[0].Shape.ElementCount;
            int size = dtype.ByteSize();
            byte[] all = new byte[count * size];
            new PlanValues(plan, LaneChoice.Scalar).Fill(0, 0, count, all);
            foreach (LaneChoice lanes in Enum.GetValues<LaneChoice>())
            {
                PlanValues values = new(plan, lanes);
                byte[] pieces = new byte[all.Length];
                Array.Fill(pieces, (byte)0xA5);
                // Pieces in any order, of any length, from single elements to half the tensor.
                List<(long From, long To)> cuts = [];
                for (long from = 0; from < count;)
                {
                    long to = Math.Min(count, from + 1 + (long)(Math.Pow(random.NextDouble(), 4) * count / 2));
                    cuts.Add((from, to));
                    from = to;
                }
                random.Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(cuts));
                foreach ((long from, long to) in cuts) values.Fill(0, from, to - from, pieces.AsSpan((int)(from * size), (int)((to - from) * size)));
                Assert.True(all.AsSpan().SequenceEqual(pieces), $"{dtype}, lanes {lanes}, cuts at {string.Join(' ', cuts)}");
            }
        }
    }

    [Fact]
    public void Threads_share_one_source()
    {
        Plan plan = Whole(DType.BF16, new TruncatedNormal(0, 0.02, -0.04, 0.04), [512, 1024]);
        PlanValues values = new(plan);
        byte[] all = new byte[plan.Tensors[0].ByteLength];
        values.Fill(0, 0, 512 * 1024, all);
        byte[] parts = new byte[all.Length];
        Parallel.For(0, 512, new ParallelOptions { MaxDegreeOfParallelism = 4 }, row => values.Fill(0, row * 1024, 1024, parts.AsSpan(row * 2048, 2048)));
        Assert.Equal(all, parts);
    }

    /// <summary>The stream belongs to (seed, namespace, name): the key's inputs come from the plan and nowhere else.</summary>
    [Fact]
    public void Values_follow_seed_namespace_and_name_only()
    {
        Plan plan = Whole(DType.F32, new Normal(0, 1), [4, 64]) with { Seed = 9, Namespace = "tower" };
        byte[] bytes = new byte[1024];
        new PlanValues(plan).Fill(0, 0, 256, bytes);
        byte[] expected = Cases.Fill(LaneDispatch.Of(LaneChoice.Scalar), StreamKey.Derive(1, 9, "tower", "whole"), new Normal(0, 1), DType.F32, 0, 256);
        Assert.Equal(expected, bytes);
        Plan reshaped = Whole(DType.F32, new Normal(0, 1), [256]) with { Seed = 9, Namespace = "tower", Model = "Other", Recipe = "other@2", TileBytes = 4096 };
        new PlanValues(reshaped).Fill(0, 0, 256, bytes);
        Assert.Equal(expected, bytes);
    }

    [Fact]
    public void Zero_rows_are_plus_zero_and_move_nothing_else()
    {
        foreach (Distribution distribution in (Distribution[])[new Normal(1, 0.5), new Constant(3), new Uniform(1, 2)])
        {
            byte[] plain = new byte[10 * 7 * 4];
            byte[] padded = new byte[plain.Length];
            new PlanValues(Whole(DType.F32, distribution, [10, 7])).Fill(0, 0, 70, plain);
            new PlanValues(Whole(DType.F32, distribution, [10, 7], 0, 4, 9)).Fill(0, 0, 70, padded);
            for (int row = 0; row < 10; row++)
            {
                if (row is 0 or 4 or 9) Assert.Equal(new byte[28], padded[(28 * row)..(28 * (row + 1))]);
                else Assert.Equal(plain[(28 * row)..(28 * (row + 1))], padded[(28 * row)..(28 * (row + 1))]);
            }
        }
    }

    [Fact]
    public void A_bad_request_throws_and_writes_nothing()
    {
        PlanValues values = new(Whole(DType.BF16, new Normal(0, 1), [5, 10]));
        byte[] bytes = new byte[200];
        Array.Fill(bytes, (byte)0xA5);
        foreach ((long first, long count, int length) in ((long, long, int)[])[(0, 51, 102), (-1, 2, 4), (50, 1, 2), (51, 0, 0), (0, -1, 0), (0, 10, 19), (0, 10, 21), (0, 0, 2), (long.MaxValue, 1, 2), (1, long.MaxValue, 2)])
        {
            Assert.ThrowsAny<ArgumentException>(() => values.Fill(0, first, count, bytes.AsSpan(0, length)));
            Assert.False(bytes.AsSpan().ContainsAnyExcept((byte)0xA5), $"{count} from {first}");
        }
        values.Fill(0, 50, 0, []);
    }

    [Fact]
    public void All_bad_distributions_are_reported_together()
    {
        Distribution[] bad =
        [
            new Uniform(1, 0), new Uniform(-3e38, 3e38), new Normal(0, -1), new Normal(double.NaN, 1),
            new TruncatedNormal(0, 0, -1, 1), new TruncatedNormal(0, 1, 1, -1), new TruncatedNormal(0, 1e-60, -1, 1), new Normal(1e39, 1),
        ];
        Plan plan = Of(DType.F32, [1], [Part.Whole(0, new Shape([1]))], [.. bad.Select((init, k) => ($"t{k}", new long[] { 1 }, init))]);
        PlanException error = Assert.Throws<PlanException>(() => new PlanValues(plan));
        Assert.Equal(bad.Length, error.Problems.Count);
        for (int k = 0; k < bad.Length; k++) Assert.StartsWith($"tensor 't{k}': ", error.Problems[k], StringComparison.Ordinal);
    }

    [Fact]
    public void Equal_bounds_are_a_constant()
    {
        foreach (Distribution distribution in (Distribution[])[new Uniform(0.1, 0.1), new TruncatedNormal(0, 1, 0.1, 0.1), new Uniform(0.1, 0.1 + 1e-12)])
        {
            byte[] bytes = new byte[12];
            new PlanValues(Whole(DType.F32, distribution, [3])).Fill(0, 0, 3, bytes);
            Assert.Equal([.. BitConverter.GetBytes(0.1f), .. BitConverter.GetBytes(0.1f), .. BitConverter.GetBytes(0.1f)], bytes);
        }
    }
}
