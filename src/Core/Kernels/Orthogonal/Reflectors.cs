using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ShardInit.Kernels;

/// <summary>One way to run the kernels of the orthogonal matrices: a lane width. All give the same bits.</summary>
internal abstract unsafe class Reflectors
{
    /// <summary>Most strips of one <see cref="Apply"/>: they share a cut of V while it is in the cache.</summary>
    public const int GroupStrips = 4;

    /// <summary>B = B - V T' (Vᵀ B), T' by its negated, transposed form <paramref name="u"/>.</summary>
    /// <param name="v">Row 0 of V: <paramref name="strips"/> strips, <paramref name="vStride"/> apart.</param>
    /// <param name="u">u[l][k] = -T'[k][l], strip by strip, <see cref="Strips.BlockSize"/> apart.</param>
    /// <param name="b">Row 0 of B: <paramref name="count"/> ≤ <see cref="GroupStrips"/> strips.</param>
    /// <param name="rows">Rows over which the sums run.</param>
    /// <param name="paddedRows">The same, filled up to a tile: V and B are zero there.</param>
    public abstract void Apply(double* v, nint vStride, int strips, double* u, double* b, nint bStride, int count, nint rows, nint paddedRows);

    /// <summary>
    /// Householder's QR of columns [64 panel, 64 panel + 64) below row 64 panel, in place: afterwards they hold the reflectors V, with ones on the diagonal and zeros above.
    /// </summary>
    /// <param name="u">Receives the 64 × 64 matrix -T, u[l][k] = -T[l][k].</param>
    /// <param name="signs">Receives the signs of R's diagonal, +1 or -1.</param>
    public abstract void FactorPanel(Strips matrix, int panel, double* u, double* signs);
}

/// <inheritdoc/>
internal sealed unsafe class Reflectors<T> : Reflectors where T : struct, IDoubles<T>
{
    private const int Width = Strips.Width;
    private const int PanelStrips = Strips.PanelColumns / Width;

    [SkipLocalsInit]
    public override void Apply(double* v, nint vStride, int strips, double* u, double* b, nint bStride, int count, nint rows, nint paddedRows)
    {
        double* space = stackalloc double[(2 * GroupStrips * Strips.BlockSize) + 8];
        double* w = (double*)(((nuint)space + 63) & ~(nuint)63);
        double* w2 = w + (GroupStrips * Strips.BlockSize);
        NativeMemory.Clear(w, (nuint)(count * Strips.BlockSize * sizeof(double)));
        NativeMemory.Clear(w2, (nuint)(count * Strips.BlockSize * sizeof(double)));
        StripProducts<T>.Gather(v, vStride, strips, b, bStride, count, w, rows);
        StripProducts<T>.Gather(u, Strips.BlockSize, strips, w, Strips.BlockSize, count, w2, strips * Width);
        StripProducts<T>.Update(v, vStride, strips, b, bStride, count, w2, paddedRows);
    }

    [SkipLocalsInit]
    public override void FactorPanel(Strips matrix, int panel, double* u, double* signs)
    {
        nint top = (nint)panel * Strips.PanelColumns;
        int firstStrip = panel * PanelStrips;
        int strips = Math.Min(PanelStrips, matrix.Count - firstStrip);
        double* tau = stackalloc double[Strips.PanelColumns];
        double* stripU = stackalloc double[Strips.BlockSize];
        new Span<double>(tau, Strips.PanelColumns).Clear();
        for (int strip = 0; strip < strips; strip++)
        {
            nint row = top + (strip * Width);
            int columns = (int)nint.Min(Width, matrix.Columns - row);
            double* v = matrix.At(firstStrip + strip, row);
            HouseholderStrip<T>.Factor(v, matrix.Rows - row, columns, tau + (strip * Width), signs + (strip * Width));
            if (strip + 1 == strips) break;
            Triangle(v, 0, 1, matrix.Rows - row, tau + (strip * Width), stripU);
            Apply(v, 0, 1, stripU, matrix.At(firstStrip + strip + 1, row), matrix.Stride, strips - strip - 1, matrix.Rows - row, matrix.PaddedRows - row);
        }
        // What is left of R above the diagonal of the later strips.
        for (int strip = 1; strip < strips; strip++) matrix.Clear(firstStrip + strip, top, strip * Width);
        Triangle(matrix.At(firstStrip, top), matrix.Stride, strips, matrix.Rows - top, tau, u);
    }

    /// <summary>
    /// -T of the product of reflectors I - V T Vᵀ, from S = VᵀV: T[j][j] = τ_j, T[i][j] = -τ_j Σ_{l &lt; j} T[i][l] S[l][j], l ascending from i.
    /// Source: R. Schreiber, C. Van Loan, "A storage-efficient WY representation for products of Householder transformations", SIAM J. Sci. Stat. Comput. 10 (1989).
    /// </summary>
    [SkipLocalsInit]
    private static void Triangle(double* v, nint vStride, int strips, nint rows, double* tau, double* u)
    {
        int size = strips * Width;
        double* s = stackalloc double[PanelStrips * Strips.BlockSize];
        double* t = stackalloc double[PanelStrips * Strips.BlockSize];
        NativeMemory.Clear(s, (nuint)(strips * Strips.BlockSize * sizeof(double)));
        StripProducts<T>.Gather(v, vStride, strips, v, vStride, strips, s, rows);

        // t holds T by columns. The sums of a column go side by side, one term each at a time.
        for (int j = 0; j < size; j++)
        {
            double* sums = t + (j * size);
            new Span<double>(sums, size).Clear();
            for (int l = 0; l < j; l++)
            {
                double factor = s[((j / Width) * Strips.BlockSize) + (l * Width) + (j % Width)];
                double* column = t + (l * size);
                for (int i = 0; i <= l; i++) sums[i] = Math.FusedMultiplyAdd(column[i], factor, sums[i]);
            }
            for (int i = 0; i < j; i++) sums[i] = -tau[j] * sums[i];
            sums[j] = tau[j];
        }
        NativeMemory.Clear(u, (nuint)(strips * Strips.BlockSize * sizeof(double)));
        for (int j = 0; j < size; j++)
        {
            for (int i = 0; i <= j; i++) u[((j / Width) * Strips.BlockSize) + (i * Width) + (j % Width)] = -t[(j * size) + i];
        }
    }
}
