namespace ShardInit.Kernels;

/// <summary>From strips to row-major runs of gain × sign × q.</summary>
internal readonly unsafe ref struct OrthogonalReader(Strips matrix, ReadOnlySpan<double> signs, long columns, double gain)
{
    /// <summary>Columns of a transposed read that go together: 16 rows of them are in the first-level cache while each of the 16 is read.</summary>
    private const int CutColumns = 128;

    /// <summary>Rows of a straight read that go together: a strip is read forward for that long before the next one begins elsewhere.</summary>
    private const int GroupRows = 16;

    private readonly Strips _matrix = matrix;
    private readonly ReadOnlySpan<double> _signs = signs;
    private readonly long _columns = columns;
    private readonly double _gain = gain;

    /// <summary>Element (r, c) is entry (r, c) of Q.</summary>
    public void ReadStraight<TValue>(long first, Span<TValue> destination) where TValue : unmanaged
    {
        long last = first + destination.Length - 1;
        long lastRow = last / _columns;
        for (long groupRow = first / _columns; groupRow <= lastRow; groupRow += GroupRows)
        {
            long endRow = Math.Min(groupRow + GroupRows, lastRow + 1);
            for (int strip = 0; strip < _matrix.Count; strip++)
            {
                for (long row = groupRow; row < endRow; row++)
                {
                    long from = Math.Max((long)strip * Strips.Width, first - (row * _columns));
                    long to = Math.Min(Math.Min(((long)strip + 1) * Strips.Width, _columns), last + 1 - (row * _columns));
                    if (from >= to) continue;
                    Round(_matrix.At(strip, (nint)row) + (from % Strips.Width), 1, _gain, _signs[(int)from..(int)to], destination.Slice((int)((row * _columns) + from - first), (int)(to - from)));
                }
            }
        }
    }

    /// <summary>Element (r, c) is entry (c, r) of Q.</summary>
    public void ReadTransposed<TValue>(long first, Span<TValue> destination) where TValue : unmanaged
    {
        long last = first + destination.Length - 1;
        long lastRow = last / _columns;
        for (long stripRow = first / _columns; stripRow <= lastRow; stripRow = (stripRow / Strips.Width * Strips.Width) + Strips.Width)
        {
            long endRow = Math.Min((stripRow / Strips.Width * Strips.Width) + Strips.Width, lastRow + 1);
            for (long cut = 0; cut < _columns; cut += CutColumns)
            {
                for (long row = stripRow; row < endRow; row++)
                {
                    long from = Math.Max(cut, first - (row * _columns));
                    long to = Math.Min(Math.Min(cut + CutColumns, _columns), last + 1 - (row * _columns));
                    if (from >= to) continue;
                    double* source = _matrix.At((int)(row / Strips.Width), (nint)from) + (row % Strips.Width);
                    Round(source, Strips.Width, _gain, _signs.Slice((int)row, 1), destination.Slice((int)((row * _columns) + from - first), (int)(to - from)));
                }
            }
        }
    }

    /// <summary>Numbers <paramref name="stride"/> apart, each times gain and its sign; one sign may be that of all.</summary>
    private static void Round<TValue>(double* source, nint stride, double gain, ReadOnlySpan<double> signs, Span<TValue> target) where TValue : unmanaged
    {
        fixed (TValue* start = target)
        fixed (double* sign = signs)
        {
            nint step = signs.Length == target.Length ? 1 : 0;
            // The comparison is decided when the method is compiled for the type.
            if (typeof(TValue) == typeof(float))
            {
                for (int i = 0; i < target.Length; i++) ((float*)start)[i] = (float)(gain * sign[i * step] * source[i * stride]);
            }
            else if (typeof(TValue) == typeof(double))
            {
                for (int i = 0; i < target.Length; i++) ((double*)start)[i] = gain * sign[i * step] * source[i * stride];
            }
            else
            {
                throw new ArgumentException($"an orthogonal matrix is read as float or double, not as {typeof(TValue).Name}");
            }
        }
    }
}
