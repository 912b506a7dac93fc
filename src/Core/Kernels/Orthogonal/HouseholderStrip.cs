using System.Runtime.CompilerServices;

namespace ShardInit.Kernels;

/// <summary>
/// Householder's QR of one strip, column by column, in place. Source: A. S. Householder, "Unitary triangularization of a nonsymmetric matrix", J. ACM 5 (1958);
/// the scaling v_j = 1 is LAPACK's.
/// </summary>
internal static unsafe class HouseholderStrip<T> where T : struct, IDoubles<T>
{
    private const int Width = Strips.Width;

    /// <summary>Afterwards the strip holds the reflectors: ones on the diagonal, zeros above.</summary>
    /// <param name="b">Row and column 0 of the strip's diagonal.</param>
    /// <param name="rows">Rows from there on.</param>
    /// <param name="columns">Columns that are in use.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Factor(double* b, nint rows, int columns, double* tau, double* signs)
    {
        double* sums = stackalloc double[Width];
        double* factors = stackalloc double[Width];
        double* later = stackalloc double[Width];
        double* here = stackalloc double[Width];
        double allBits = BitConverter.Int64BitsToDouble(-1);
        for (int j = 0; j < columns; j++)
        {
            double* top = b + ((nint)j * Width);
            for (int c = 0; c < Width; c += 2 * T.Count) Sum(top + Width, j, c, rows - j - 1, sums);

            double x = top[j];
            double below = sums[j];
            double diagonal, inverse;
            if (below == 0)
            {
                (diagonal, tau[j], inverse) = (x, 0, 0);
            }
            else
            {
                double norm = Math.Sqrt(Math.FusedMultiplyAdd(x, x, below));
                diagonal = x < 0 ? norm : -norm;
                tau[j] = (diagonal - x) / diagonal;
                inverse = 1 / (x - diagonal);
            }
            signs[j] = diagonal < 0 ? -1 : 1;
            for (int c = 0; c < Width; c++)
            {
                factors[c] = -(tau[j] * Math.FusedMultiplyAdd(sums[c], inverse, top[c]));
                later[c] = c > j ? allBits : 0;
                here[c] = c == j ? allBits : 0;
                if (c > j) top[c] += factors[c];
            }
            for (int c = 0; c < Width; c += 2 * T.Count) Reflect(top + Width, j, c, rows - j - 1, inverse, factors, later, here);
        }
        for (int row = 0; row < columns; row++)
        {
            b[(row * Width) + row] = 1;
            for (int c = row + 1; c < Width; c++) b[(row * Width) + c] = 0;
        }
    }

    /// <summary>sums[c] = Σ_i B[i][j] B[i][c], i ascending.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Sum(double* b, int j, int c, nint rows, double* sums)
    {
        T left = T.Splat(0), right = T.Splat(0);
        for (; rows > 0; rows--)
        {
            T x = T.Splat(b[j]);
            left = T.Fma(x, T.Load(b + c), left);
            right = T.Fma(x, T.Load(b + c + T.Count), right);
            b += Width;
        }
        T.Store(left, sums + c);
        T.Store(right, sums + c + T.Count);
    }

    /// <summary>v = B[i][j] × inverse; B[i][c] = fma(v, factors[c], B[i][c]) for the later columns, v in column j.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Reflect(double* b, int j, int c, nint rows, double inverse, double* factors, double* later, double* here)
    {
        T scale = T.Splat(inverse);
        T left = T.Load(factors + c), right = T.Load(factors + c + T.Count);
        T leftLater = T.Load(later + c), rightLater = T.Load(later + c + T.Count);
        T leftHere = T.Load(here + c), rightHere = T.Load(here + c + T.Count);
        // Column j keeps its old value until the vectors that hold it are done; vectors after it read its new value, which is v itself.
        bool scaled = c > j;
        for (; rows > 0; rows--)
        {
            T v = scaled ? T.Splat(b[j]) : T.Splat(b[j]) * scale;
            T x = T.Load(b + c), y = T.Load(b + c + T.Count);
            T.Store(T.Select(leftHere, v, T.Select(leftLater, T.Fma(v, left, x), x)), b + c);
            T.Store(T.Select(rightHere, v, T.Select(rightLater, T.Fma(v, right, y), y)), b + c + T.Count);
            b += Width;
        }
    }
}
