using System.Diagnostics;
using ShardInit.Core.Tests.Kernels;
using ShardInit.Engine;
using ShardInit.Initializers;
using ShardInit.Model;
using ShardInit.Planning;
using Xunit.Abstractions;
using static ShardInit.Core.Tests.Engine.NumberPlans;

namespace ShardInit.Core.Tests.Engine;

/// <summary>Joined, cut, stepped and transposed storage against the definition of a part, element by element.</summary>
public sealed class PartFillTests(ITestOutputHelper output)
{
    private static readonly Distribution s_normal = new Normal(0, 0.02);
    private static readonly Distribution s_uniform = new Uniform(-1, 3);

    private static readonly Dictionary<string, Func<DType, Plan>> s_layouts = new()
    {
        ["Conv1D: transposed"] = dtype => Of(dtype, [70, 130], [new Part(0, [Range(0, 130), Range(0, 70)], [1, 0], [Range(0, 70), Range(0, 130)])], ("w", [130, 70], s_normal)),
        ["transposed, long rows"] = dtype => Of(dtype, [5, 1300], [new Part(0, [Range(0, 1300), Range(0, 5)], [1, 0], [Range(0, 5), Range(0, 1300)])], ("w", [1300, 5], s_normal)),
        ["transposed, long columns"] = dtype => Of(dtype, [1300, 5], [new Part(0, [Range(0, 5), Range(0, 1300)], [1, 0], [Range(0, 1300), Range(0, 5)])], ("w", [5, 1300], s_normal)),
        ["gate and up joined"] = dtype => Of(dtype, [26, 33],
            [
                new Part(0, [Range(0, 13), Range(0, 33)], [0, 1], [Range(0, 13), Range(0, 33)]),
                new Part(1, [Range(0, 13), Range(0, 33)], [0, 1], [Range(13, 26), Range(0, 33)]),
            ], ("gate", [13, 33], s_normal), ("up", [13, 33], s_uniform)),
        ["joined along columns"] = dtype => Of(dtype, [11, 99],
            [
                new Part(0, [Range(0, 11), Range(0, 33)], [0, 1], [Range(0, 11), Range(0, 33)]),
                new Part(1, [Range(0, 11), Range(0, 66)], [0, 1], [Range(0, 11), Range(33, 99)]),
            ], ("a", [11, 33], s_normal), ("b", [11, 66], s_uniform)),
        ["rows interleaved"] = dtype => Of(dtype, [26, 33],
            [
                new Part(0, [Range(0, 13), Range(0, 33)], [0, 1], [Range(0, 25, 2), Range(0, 33)]),
                new Part(1, [Range(0, 13), Range(0, 33)], [0, 1], [Range(1, 26, 2), Range(0, 33)]),
            ], ("gate", [13, 33], s_normal), ("up", [13, 33], s_uniform)),
        ["columns interleaved"] = dtype => Of(dtype, [7, 66],
            [
                new Part(0, [Range(0, 7), Range(0, 33)], [0, 1], [Range(0, 7), Range(0, 66, 2)]),
                new Part(1, [Range(0, 7), Range(0, 33)], [0, 1], [Range(0, 7), Range(1, 66, 2)]),
            ], ("gate", [7, 33], s_normal), ("up", [7, 33], s_uniform)),
        ["every second column and row taken"] = dtype => Of(dtype, [9, 150], [new Part(0, [Range(1, 19, 2), Range(1, 300, 2)], [0, 1], [Range(0, 9), Range(0, 150)])], ("w", [19, 300], s_normal)),
        ["every hundredth column taken"] = dtype => Of(dtype, [9, 4], [new Part(0, [Range(0, 9), Range(5, 400, 100)], [0, 1], [Range(0, 9), Range(0, 4)])], ("w", [9, 400], s_normal)),
        ["every third taken and transposed"] = dtype => Of(dtype, [100, 9], [new Part(0, [Range(0, 9), Range(2, 302, 3)], [1, 0], [Range(0, 100), Range(0, 9)])], ("w", [9, 302], s_normal)),
        ["experts stacked"] = dtype => Of(dtype, [3, 6, 10], [.. Enumerable.Range(0, 3).Select(e => new Part(e, [Range(0, 6), Range(0, 10)], [-1, 0, 1], [Range(e, e + 1), Range(0, 6), Range(0, 10)]))],
            [.. Enumerable.Range(0, 3).Select(e => ($"e{e}", new long[] { 6, 10 }, s_normal))]),
        ["experts stacked, transposed, gate and up interleaved"] = dtype => Of(dtype, [3, 70, 20],
            [.. Enumerable.Range(0, 6).Select(k => new Part(k, [Range(0, 10), Range(0, 70)], [-1, 1, 0], [Range(k / 2, (k / 2) + 1), Range(0, 70), Range(k % 2, 20, 2)]))],
            [.. Enumerable.Range(0, 6).Select(k => ($"e{k}", new long[] { 10, 70 }, k % 2 == 0 ? s_normal : s_uniform))]),
        ["one expert of a stack"] = dtype => Of(dtype, [6, 10], [new Part(0, [Range(2, 3), Range(0, 6), Range(0, 10)], [1, 2], [Range(0, 6), Range(0, 10)])], ("w", [4, 6, 10], s_normal)),
        ["a middle axis dropped"] = dtype => Of(dtype, [50, 4], [new Part(0, [Range(0, 50), Range(0, 1), Range(0, 4)], [0, 2], [Range(0, 50), Range(0, 4)])], ("w", [50, 1, 4], s_normal)),
        ["the last axis dropped"] = dtype => Of(dtype, [50, 4], [new Part(0, [Range(0, 50), Range(0, 4), Range(0, 1)], [0, 1], [Range(0, 50), Range(0, 4)])], ("w", [50, 4, 1], s_normal)),
        ["one column of many"] = dtype => Of(dtype, [50], [new Part(0, [Range(0, 50), Range(90, 91)], [0], [Range(0, 50)])], ("w", [50, 100], s_normal)),
        ["q, k, v by heads"] = dtype => Of(dtype, [2, 4, 5, 12],
            [
                new Part(0, [Range(0, 10), Range(0, 12)], [-1, -1, 0, 1], [Range(0, 1), Range(0, 1), Range(0, 5), Range(0, 12)]) with { Source = [Range(0, 5), Range(0, 12)] },
                new Part(0, [Range(5, 10), Range(0, 12)], [-1, -1, 0, 1], [Range(0, 1), Range(1, 2), Range(0, 5), Range(0, 12)]),
                new Part(1, [Range(0, 5), Range(0, 12)], [-1, -1, 0, 1], [Range(0, 1), Range(2, 3), Range(0, 5), Range(0, 12)]),
                new Part(2, [Range(0, 5), Range(0, 12)], [-1, -1, 0, 1], [Range(0, 1), Range(3, 4), Range(0, 5), Range(0, 12)]),
                new Part(0, [Range(10, 15), Range(0, 12)], [-1, -1, 0, 1], [Range(1, 2), Range(0, 1), Range(0, 5), Range(0, 12)]),
                new Part(0, [Range(15, 20), Range(0, 12)], [-1, -1, 0, 1], [Range(1, 2), Range(1, 2), Range(0, 5), Range(0, 12)]),
                new Part(1, [Range(5, 10), Range(0, 12)], [-1, -1, 0, 1], [Range(1, 2), Range(2, 3), Range(0, 5), Range(0, 12)]),
                new Part(2, [Range(5, 10), Range(0, 12)], [-1, -1, 0, 1], [Range(1, 2), Range(3, 4), Range(0, 5), Range(0, 12)]),
            ], ("q", [20, 12], s_normal), ("k", [10, 12], s_uniform), ("v", [10, 12], s_normal)),
        ["a scalar"] = dtype => Of(dtype, [], [new Part(0, [], [], [])], ("s", [], s_normal)),
        ["a scalar in a vector"] = dtype => Of(dtype, [3], [new Part(0, [], [-1], [Range(1, 2)])], ("s", [], s_normal)),
        ["one element of a matrix"] = dtype => Of(dtype, [], [new Part(0, [Range(3, 4), Range(70, 71)], [], [])], ("w", [5, 80], s_normal)),
        ["no rows"] = dtype => Of(dtype, [0, 5], [new Part(0, [Range(0, 0), Range(0, 5)], [0, 1], [Range(0, 0), Range(0, 5)])], ("w", [0, 5], s_normal)),
        ["no rows of many, and the rest"] = dtype => Of(dtype, [4, 5],
            [new Part(0, [Range(2, 2), Range(0, 5)], [0, 1], [Range(0, 0), Range(0, 5)]), new Part(0, [Range(0, 4), Range(0, 5)], [0, 1], [Range(0, 4), Range(0, 5)])], ("w", [4, 5], s_normal)),
        ["padding rows, transposed"] = dtype => Of(dtype, [20, 6], [new Part(0, [Range(0, 6), Range(0, 20)], [1, 0], [Range(0, 20), Range(0, 6)])], [new LogicalTensor("w", new Shape([6, 20]), new Normal(1, 0.1), [1, 5], "test")]),
        ["a constant, transposed"] = dtype => Of(dtype, [9, 6], [new Part(0, [Range(0, 6), Range(0, 9)], [1, 0], [Range(0, 9), Range(0, 6)])], ("w", [6, 9], new Constant(0.3))),
        ["a convolution turned"] = dtype => Of(dtype, [9, 40, 3], [new Part(0, [Range(0, 40), Range(0, 9), Range(0, 3)], [1, 0, 2], [Range(0, 9), Range(0, 40), Range(0, 3)])], ("w", [40, 9, 3], s_normal)),
        ["a part of the stored tensor only"] = dtype => Of(dtype, [20, 30], [new Part(0, [Range(1, 9), Range(3, 15)], [1, 0], [Range(4, 16), Range(7, 31 - 1, 3)])], ("w", [9, 20], s_normal)),
    };

    public static TheoryData<string> Layouts => [.. s_layouts.Keys];

    /// <summary>Each layout in each element size, whole and in random pieces; bytes that no part covers and bytes outside the destination stay.</summary>
    [Theory]
    [MemberData(nameof(Layouts))]
    public void A_layout_is_what_its_parts_say(string layout)
    {
        foreach (DType dtype in (DType[])[DType.BF16, DType.F32, DType.F8_E4M3, DType.F64]) Check(s_layouts[layout](dtype), layout, rounds: 12);
    }

    /// <summary>All permutations of three axes, with random sizes, ranges and steps.</summary>
    [Fact]
    public void Random_boxes_are_what_their_parts_say()
    {
        int[][] permutations = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        System.Random random = new(17);
        for (int round = 0; round < (Cases.Long ? 5000 : 400); round++)
        {
            int[] permutation = permutations[round % permutations.Length];
            AxisRange[] source = new AxisRange[3], destination = new AxisRange[3];
            long[] logical = new long[3], stored = new long[3];
            for (int axis = 0; axis < 3; axis++)
            {
                int count = random.Next(4) switch { 0 => 1, 1 => random.Next(0, 5), 2 => random.Next(1, 20), _ => random.Next(1, 90) };
                (source[permutation[axis]], logical[permutation[axis]]) = range(count);
                (destination[axis], stored[axis]) = range(count);
            }
            if (stored.Aggregate(1L, (a, b) => a * b) > 100_000 || logical.Aggregate(1L, (a, b) => a * b) > 200_000) continue;
            DType dtype = Cases.Floats[random.Next(Cases.Floats.Length)];
            Check(Of(dtype, stored, [new Part(0, [.. source], [.. permutation], [.. destination])], ("w", logical, s_normal)), $"round {round}", rounds: 3);
        }

        (AxisRange, long) range(int count)
        {
            long step = random.Next(3) == 0 ? random.Next(1, 5) : 1;
            long start = random.Next(3) == 0 ? random.Next(0, 7) : 0;
            long end = count == 0 ? start : start + ((count - 1) * step) + 1 + random.Next((int)step);
            return (new AxisRange(start, end, step), Math.Max(1, end) + (random.Next(2) * random.Next(4)));
        }
    }

    private static void Check(Plan plan, string layout, int rounds)
    {
        byte[] expected = Expected(plan, 0xA5);
        StoredTensor stored = plan.Tensors[0];
        int size = stored.DType.ByteSize();
        long count = stored.Shape.ElementCount;
        System.Random random = new(19);
        PlanValues values = new(plan);
        for (int round = 0; round < rounds; round++)
        {
            long from = round == 0 ? 0 : random.NextInt64(count + 1);
            long to = round == 0 ? count : from + random.NextInt64(Math.Min(count - from, round % 3 == 0 ? 7 : long.MaxValue) + 1);
            byte[] buffer = new byte[((to - from) * size) + 64];
            Array.Fill(buffer, (byte)0xA5);
            values.Fill(0, from, to - from, buffer.AsSpan(32, buffer.Length - 64));
            int wrong = buffer.AsSpan(32, buffer.Length - 64).CommonPrefixLength(expected.AsSpan((int)(from * size), (int)((to - from) * size)));
            Assert.True(wrong == buffer.Length - 64, $"{layout}, {stored.DType} {stored.Shape}: elements {from}..{to}: first difference at element {from + (wrong / size)}");
            Assert.False(buffer.AsSpan(0, 32).ContainsAnyExcept((byte)0xA5) || buffer.AsSpan(buffer.Length - 32).ContainsAnyExcept((byte)0xA5), $"{layout}: wrote outside the destination");
        }
    }

    /// <summary>
    /// How much slower the layouts of real models are than straight storage of the same elements, in the 8 MiB pieces that writers use. Printed, for people; the assertion
    /// is only against a return of element-by-element work, which was 60 times slower.
    /// </summary>
    [Fact]
    public void Transposed_storage_is_not_much_slower_than_straight()
    {
        const long n = 4096;
        (string Name, Plan Plan)[] layouts =
        [
            ("straight", Of(DType.BF16, [n, n], [Part.Whole(0, new Shape([n, n]))], ("w", [n, n], s_normal))),
            ("transposed", Of(DType.BF16, [n, n], [new Part(0, [Range(0, n), Range(0, n)], [1, 0], [Range(0, n), Range(0, n)])], ("w", [n, n], s_normal))),
            ("gate and up joined", Of(DType.BF16, [n, n],
                [new Part(0, [Range(0, n / 2), Range(0, n)], [0, 1], [Range(0, n / 2), Range(0, n)]), new Part(1, [Range(0, n / 2), Range(0, n)], [0, 1], [Range(n / 2, n), Range(0, n)])],
                ("gate", [n / 2, n], s_normal), ("up", [n / 2, n], s_normal))),
            ("rows interleaved", Of(DType.BF16, [n, n],
                [new Part(0, [Range(0, n / 2), Range(0, n)], [0, 1], [Range(0, n, 2), Range(0, n)]), new Part(1, [Range(0, n / 2), Range(0, n)], [0, 1], [Range(1, n, 2), Range(0, n)])],
                ("gate", [n / 2, n], s_normal), ("up", [n / 2, n], s_normal))),
            ("experts transposed and interleaved", Of(DType.BF16, [4, 2048, 2048],
                [.. Enumerable.Range(0, 8).Select(k => new Part(k, [Range(0, 1024), Range(0, 2048)], [-1, 1, 0], [Range(k / 2, (k / 2) + 1), Range(0, 2048), Range(k % 2, 2048, 2)]))],
                [.. Enumerable.Range(0, 8).Select(k => ($"e{k}", new long[] { 1024, 2048 }, s_normal))])),
            ("last axis of size 1", Of(DType.BF16, [n, n, 1], [new Part(0, [Range(0, n), Range(0, n), Range(0, 1)], [0, 1, 2], [Range(0, n), Range(0, n), Range(0, 1)])], ("w", [n + 1, n, 1], s_normal))),
            ("3x3 convolution turned", Of(DType.BF16, [1024, 1024, 3, 3],
                [new Part(0, [Range(0, 1024), Range(0, 1024), Range(0, 3), Range(0, 3)], [1, 0, 2, 3], [Range(0, 1024), Range(0, 1024), Range(0, 3), Range(0, 3)])], ("w", [1024, 1024, 3, 3], s_normal))),
        ];
        double straight = 0;
        foreach ((string name, Plan plan) in layouts)
        {
            PlanValues values = new(plan);
            byte[] buffer = GC.AllocateUninitializedArray<byte>(8 << 20, pinned: true);
            long count = plan.Tensors[0].Shape.ElementCount;
            double best = double.MaxValue;
            for (int repeat = 0; repeat < 7; repeat++)
            {
                long start = Stopwatch.GetTimestamp();
                for (long from = 0; from < count; from += 4 << 20)
                {
                    long take = Math.Min(4 << 20, count - from);
                    values.Fill(0, from, take, buffer.AsSpan(0, (int)(2 * take)));
                }
                best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds / count);
            }
            if (name == "straight") straight = best;
            output.WriteLine($"{name}: {1e-9 / best:F3} Gelem/s, {best / straight:F2} times the time of straight storage");
            Assert.True(best < 40 * straight, $"{name} takes {best / straight:F1} times as long as straight storage");
        }
    }
}
