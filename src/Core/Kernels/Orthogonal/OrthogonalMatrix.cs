using ShardInit.Engine;
using ShardInit.Random;

namespace ShardInit.Kernels;

/// <summary>
/// Whole orthogonal matrices: rows × columns, row-major, orthonormal rows or columns (whichever are fewer) times gain. The bits depend on the key, the two sizes
/// and the gain alone (docs/determinism.md).
/// </summary>
internal static unsafe class OrthogonalMatrix
{
    /// <summary>Rows that one task reads out: a strip's width, so that tasks of a transposed matrix share no cache line of it.</summary>
    private const int ReadRows = Strips.Width;

    /// <summary>Each element is the binary64 product gain × q rounded once to binary32.</summary>
    public static void Fill(StreamKey key, long rows, long columns, double gain, Span<float> destination, int threads, CancellationToken cancel, LaneChoice lanes = LaneChoice.Auto) =>
        FillAny(key, rows, columns, gain, destination, threads, cancel, lanes);

    /// <summary>Each element is the binary64 product gain × q.</summary>
    public static void Fill(StreamKey key, long rows, long columns, double gain, Span<double> destination, int threads, CancellationToken cancel, LaneChoice lanes = LaneChoice.Auto) =>
        FillAny(key, rows, columns, gain, destination, threads, cancel, lanes);

    private static void FillAny<TValue>(StreamKey key, long rows, long columns, double gain, Span<TValue> destination, int threads, CancellationToken cancel, LaneChoice lanes)
        where TValue : unmanaged
    {
        if (destination.Length != checked(rows * columns)) throw new ArgumentException($"expected {rows * columns} elements, found {destination.Length}", nameof(destination));
        using OrthogonalFactor factor = OrthogonalFactor.Compute(key, rows, columns, threads, cancel, lanes);
        using Team team = new(threads, cancel);
        fixed (TValue* start = destination)
        {
            TValue* target = start;
            team.Run(checked((int)((rows + ReadRows - 1) / ReadRows)), task =>
            {
                long row = (long)task * ReadRows;
                long count = Math.Min(ReadRows, rows - row) * columns;
                factor.Read(row * columns, gain, new Span<TValue>(target + (row * columns), (int)count));
            });
        }
    }
}
