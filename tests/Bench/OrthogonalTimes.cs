using System.Diagnostics;
using ShardInit.Engine;
using ShardInit.Kernels;
using ShardInit.Random;

namespace ShardInit.Bench;

/// <summary>Seconds of orthogonal matrices, from the draws to float32 values.</summary>
internal static class OrthogonalTimes
{
    public static void Print(string lanes, string sizes, int threads, int repeats)
    {
        foreach (LaneChoice choice in LaneDispatch.All)
        {
            string name = LaneDispatch.Of(choice).Name;
            if (lanes.Length > 0 ? lanes != name : choice != LaneDispatch.All.First(LaneDispatch.IsAccelerated)) continue;
            foreach (string size in sizes.Split(','))
            {
                long[] sides = [.. size.Split('x').Select(long.Parse)];
                (long rows, long columns) = (sides[0], sides[^1]);
                float[] target = GC.AllocateUninitializedArray<float>(checked((int)(rows * columns)), pinned: true);
                double[] seconds = new double[repeats];
                double[] processor = new double[repeats];
                for (int repeat = 0; repeat < repeats; repeat++)
                {
                    TimeSpan before = Process.GetCurrentProcess().TotalProcessorTime;
                    long start = Stopwatch.GetTimestamp();
                    OrthogonalMatrix.Fill(StreamKey.Derive(1, (ulong)repeat, "", "bench"), rows, columns, 1, target, threads, CancellationToken.None, choice);
                    seconds[repeat] = Stopwatch.GetElapsedTime(start).TotalSeconds;
                    processor[repeat] = (Process.GetCurrentProcess().TotalProcessorTime - before).TotalSeconds;
                }
                Array.Sort(seconds);
                Array.Sort(processor);
                double narrow = Math.Min(rows, columns);
                // QR and the forming of Q take 2 n² (m - n / 3) operations each.
                double operations = 4 * narrow * narrow * (Math.Max(rows, columns) - (narrow / 3));
                Console.WriteLine(FormattableString.Invariant(
                    $"{name} {rows}x{columns} threads {threads}: {seconds[repeats / 2]:F3} s ({seconds[0]:F3} to {seconds[^1]:F3}), ")
                    + FormattableString.Invariant($"CPU {processor[repeats / 2]:F3} s ({processor[0]:F3} to {processor[^1]:F3}), {operations / processor[repeats / 2] * 1e-9:F1} GFLOP per CPU second, ")
                    + FormattableString.Invariant($"matrix and work space {OrthogonalFactor.Bytes(rows, columns).Peak / 1048576.0:F0} MiB, process peak {Process.GetCurrentProcess().PeakWorkingSet64 / 1048576.0:F0} MiB"));
            }
        }
    }
}
