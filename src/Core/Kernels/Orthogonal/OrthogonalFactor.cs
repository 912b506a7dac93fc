using ShardInit.Engine;
using ShardInit.Random;

namespace ShardInit.Kernels;

/// <summary>
/// A Haar-distributed matrix with orthonormal rows or columns, whichever are fewer, in binary64: Q × sign(diag R) of the QR decomposition of a matrix of
/// standard normal draws. Source: F. Mezzadri, "How to generate random matrices from the classical compact groups", Notices AMS 54 (2007).
///
/// Computed once, in place, by Householder reflections in blocks; read in any runs, from any number of threads.
/// </summary>
internal sealed unsafe class OrthogonalFactor : IDisposable
{
    private const int PanelStrips = Strips.PanelColumns / Strips.Width;

    private readonly Strips _matrix;
    private readonly double[] _signs;
    private readonly bool _transposed;

    private OrthogonalFactor(long rows, long columns, Strips matrix, double[] signs)
    {
        Rows = rows;
        Columns = columns;
        _transposed = rows < columns;
        _matrix = matrix;
        _signs = signs;
    }

    public long Rows { get; }
    public long Columns { get; }

    /// <summary>Memory of the finished matrix, and the most that is held while it is computed: both without what a caller reads it into.</summary>
    public static (long Held, long Peak) Bytes(long rows, long columns)
    {
        (long tall, long narrow) = (Math.Max(rows, columns), Math.Min(rows, columns));
        long held = Strips.Bytes(tall, narrow);
        return (held, checked(held + Strips.Bytes(tall, Math.Min(narrow, Strips.PanelColumns)) + (Panels(narrow) * PanelStrips * Strips.BlockSize * sizeof(double))));
    }

    /// <exception cref="OperationCanceledException"/>
    /// <exception cref="OutOfMemoryException"/>
    public static OrthogonalFactor Compute(StreamKey key, long rows, long columns, int threads, CancellationToken cancel, LaneChoice lanes = LaneChoice.Auto)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        OrthogonalKernels kernels = OrthogonalKernels.Of(lanes);
        (long tall, long narrow) = (Math.Max(rows, columns), Math.Min(rows, columns));
        Strips matrix = new(tall, narrow);
        try
        {
            double[] signs = new double[checked((int)Panels(narrow) * Strips.PanelColumns)];
            if (narrow > 0)
            {
                using Team team = new(threads, cancel);
                Draw(kernels.Normals, key, matrix, team);
                // -T of all panels, one strip a panel's strip.
                using Strips triangles = new(Panels(narrow) * Strips.PanelColumns * PanelStrips, Strips.Width);
                fixed (double* signStart = signs) Factor(kernels.Reflectors, matrix, triangles, signStart, team);
                Multiply(kernels.Reflectors, matrix, triangles, team);
            }
            return new OrthogonalFactor(rows, columns, matrix, signs);
        }
        catch
        {
            matrix.Dispose();
            throw;
        }
    }

    /// <summary>Elements [first, first + count) in row-major order, times <paramref name="gain"/>: the product in binary64, rounded once more for float.</summary>
    public void Read<TValue>(long first, double gain, Span<TValue> destination) where TValue : unmanaged
    {
        if (first < 0 || first > (Rows * Columns) - destination.Length)
            throw new ArgumentOutOfRangeException(nameof(first), first, $"the matrix has {Rows * Columns} elements, asked for {destination.Length} from {first}");
        if (destination.IsEmpty) return;
        OrthogonalReader reader = new(_matrix, _signs, Columns, gain);
        if (_transposed) reader.ReadTransposed(first, destination);
        else reader.ReadStraight(first, destination);
    }

    public void Dispose() => _matrix.Dispose();

    private static long Panels(long columns) => (columns + Strips.PanelColumns - 1) / Strips.PanelColumns;

    /// <summary>G: element (r, c) is draw r × columns + c.</summary>
    private static void Draw(NormalRun normals, StreamKey key, Strips matrix, Team team)
    {
        matrix.Clear(matrix.Count - 1, 0, matrix.PaddedRows);
        for (int strip = 0; strip < matrix.Count; strip++) matrix.Clear(strip, matrix.Rows, matrix.PaddedRows - matrix.Rows);
        long elements = (long)matrix.Rows * matrix.Columns;
        team.Run(checked((int)((elements + NormalRun.Elements - 1) / NormalRun.Elements)), run =>
        {
            float* values = stackalloc float[NormalRun.Elements];
            normals.Fill(key, Purpose.Orthogonal, run, values);
            long first = (long)run * NormalRun.Elements;
            int count = (int)Math.Min(NormalRun.Elements, elements - first);
            // Sixteen rows of one strip before the next strip, so that memory is written forward.
            long lastRow = (first + count - 1) / matrix.Columns;
            for (long groupRow = first / matrix.Columns; groupRow <= lastRow; groupRow += Strips.Width)
            {
                for (int strip = 0; strip < matrix.Count; strip++)
                {
                    for (long row = groupRow; row < Math.Min(groupRow + Strips.Width, lastRow + 1); row++)
                    {
                        long from = Math.Max((long)strip * Strips.Width, first - (row * matrix.Columns));
                        long to = Math.Min(Math.Min(((long)strip + 1) * Strips.Width, matrix.Columns), first + count - (row * matrix.Columns));
                        double* target = matrix.At(strip, (nint)row);
                        float* source = values + ((row * matrix.Columns) - first);
                        for (long column = from; column < to; column++) target[column % Strips.Width] = source[column];
                    }
                }
            }
        });
    }

    /// <summary>The reflectors of all panels. While the others bring the later columns up to date, one thread goes on to the next panel.</summary>
    private static void Factor(Reflectors reflectors, Strips matrix, Strips triangles, double* signs, Team team)
    {
        int panels = (int)Panels(matrix.Columns);
        reflectors.FactorPanel(matrix, 0, TriangleOf(triangles, 0), signs);
        for (int panel = 0; panel + 1 < panels; panel++)
        {
            int current = panel;
            nint top = (nint)panel * Strips.PanelColumns;
            int next = (panel + 1) * PanelStrips;
            int beyond = Math.Min(next + PanelStrips, matrix.Count);
            int group = GroupFor(matrix.Count - beyond, team.Threads);
            int groups = (matrix.Count - beyond + group - 1) / group;
            team.Run(1 + groups, task =>
            {
                int from = task == 0 ? next : beyond + ((task - 1) * group);
                int to = task == 0 ? beyond : Math.Min(from + group, matrix.Count);
                reflectors.Apply(matrix.At(current * PanelStrips, top), matrix.Stride, PanelStrips, TriangleOf(triangles, current),
                    matrix.At(from, top), matrix.Stride, to - from, matrix.Rows - top, matrix.PaddedRows - top);
                if (task == 0) reflectors.FactorPanel(matrix, current + 1, TriangleOf(triangles, current + 1), signs + ((nint)(current + 1) * Strips.PanelColumns));
            });
        }
    }

    /// <summary>Q = (reflectors of panel 0) ... (reflectors of the last panel) × identity, from the last panel to the first, over the reflectors themselves.</summary>
    private static void Multiply(Reflectors reflectors, Strips matrix, Strips triangles, Team team)
    {
        using Strips v = new(matrix.Rows, Math.Min(matrix.Columns, Strips.PanelColumns));
        using Strips transposed = new(Strips.PanelColumns * PanelStrips, Strips.Width);
        for (int panel = (int)Panels(matrix.Columns) - 1; panel >= 0; panel--)
        {
            nint top = (nint)panel * Strips.PanelColumns;
            int first = panel * PanelStrips;
            int strips = Math.Min(PanelStrips, matrix.Count - first);
            Transpose(TriangleOf(triangles, panel), transposed.At(0, 0));
            team.Run(strips, strip =>
            {
                long bytes = (matrix.PaddedRows - top) * Strips.Width * sizeof(double);
                Buffer.MemoryCopy(matrix.At(first + strip, top), v.At(strip, top), bytes, bytes);
                matrix.Clear(first + strip, 0, matrix.PaddedRows);
                for (int c = 0; c < Strips.Width && top + (strip * Strips.Width) + c < matrix.Columns; c++) matrix.At(first + strip, top + (strip * Strips.Width) + c)[c] = 1;
            });
            int group = GroupFor(matrix.Count - first, team.Threads);
            team.Run((matrix.Count - first + group - 1) / group, task =>
            {
                int from = first + (task * group);
                int to = Math.Min(from + group, matrix.Count);
                reflectors.Apply(v.At(0, top), v.Stride, strips, transposed.At(0, 0), matrix.At(from, top), matrix.Stride, to - from, matrix.Rows - top, matrix.PaddedRows - top);
            });
        }
    }

    /// <summary>Strips that go together: fewer where the threads would run short of tasks.</summary>
    private static int GroupFor(int strips, int threads) => Math.Clamp(strips / (threads * 4), 1, Reflectors.GroupStrips);

    private static double* TriangleOf(Strips triangles, int panel) => triangles.At(0, (nint)panel * Strips.PanelColumns * PanelStrips);

    private static void Transpose(double* source, double* target)
    {
        for (int i = 0; i < Strips.PanelColumns; i++)
        {
            for (int j = 0; j < Strips.PanelColumns; j++)
                target[(i / Strips.Width * Strips.BlockSize) + (j * Strips.Width) + (i % Strips.Width)] = source[(j / Strips.Width * Strips.BlockSize) + (i * Strips.Width) + (j % Strips.Width)];
        }
    }
}
