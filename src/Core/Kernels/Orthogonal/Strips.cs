using System.Runtime.InteropServices;

namespace ShardInit.Kernels;

/// <summary>
/// A matrix of binary64 in native memory, cut into strips of 16 columns that stand one after the other, each row after row. Columns past the last are zero,
/// and so are the rows that fill up a tile.
/// </summary>
internal sealed unsafe class Strips : IDisposable
{
    /// <summary>Columns of a strip: whole vectors at every lane width.</summary>
    public const int Width = 16;

    /// <summary>Columns of a panel. Pinned: it decides how sums are cut.</summary>
    public const int PanelColumns = 64;

    /// <summary>Numbers in a block of 64 rows of 16: one strip of a 64 × 64 matrix.</summary>
    public const int BlockSize = PanelColumns * Width;

    /// <summary>Rows are filled up to a multiple of this.</summary>
    public const int RowTile = 8;

    private const int Alignment = 64;

    private double* _start;

    public Strips(long rows, long columns)
    {
        Rows = (nint)rows;
        Columns = (nint)columns;
        PaddedRows = (nint)StoredRows(rows);
        Count = checked((int)((columns + Width - 1) / Width));
        _start = (double*)NativeMemory.AlignedAlloc((nuint)Bytes(rows, columns), Alignment);
    }

    ~Strips() => Free();

    public nint Rows { get; }
    public nint Columns { get; }
    public nint PaddedRows { get; }

    /// <summary>Number of strips.</summary>
    public int Count { get; }

    /// <summary>Distance of one strip from the next, in numbers.</summary>
    public nint Stride => PaddedRows * Width;

    public static long Bytes(long rows, long columns) => checked(StoredRows(rows) * ((columns + Width - 1) / Width) * Width * sizeof(double));

    public double* At(int strip, nint row)
    {
        ObjectDisposedException.ThrowIf(_start == null, this);
        return _start + (strip * Stride) + (row * Width);
    }

    public void Clear(int strip, nint fromRow, nint rows) => NativeMemory.Clear(At(strip, fromRow), (nuint)(rows * Width * sizeof(double)));

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private static long StoredRows(long rows) => checked(rows + RowTile - 1) / RowTile * RowTile;

    private void Free()
    {
        NativeMemory.AlignedFree(_start);
        _start = null;
    }
}
