namespace ShardInit.Kernels;

/// <summary>From strips to row-major runs of gain × sign × q.</summary>
internal readonly unsafe ref struct OrthogonalReader(Strips matrix, ReadOnlySpan<double> signs, long columns, double gain)
{
    /// <summary>Columns of a transposed read that go together: 16 rows of them are in the first-level cache while each of the 16 is read.</summary>
    private const int CutColumns = 128;

    private readonly Strips _matrix = matrix;
    private readonly ReadOnlySpan<double> _signs = signs;
    private readonly long _columns = columns;
    private readonly double _gain = gain;

    /// <summary>Element (r, c) is entry (r, c) of Q.</summary>
    public void ReadStraight<TValue>(long first, Span<TValue> destination) where TValue : unmanaged
    {
        nint row = (nint)(first / _columns);
        long column = first % _columns;
        for (int at = 0; at < destination.Length;)
        {
            int strip = (int)(column / Strips.Width);
            int lane = (int)(column % Strips.Width);
            int length = (int)Math.Min(Math.Min(Strips.Width - lane, _columns - column), destination.Length - at);
            double* source = _matrix.At(strip, row) + lane;
            for (int i = 0; i < length; i++) destination[at + i] = Round<TValue>(_gain * _signs[(int)column + i] * source[i]);
            at += length;
            column += length;
            if (column == _columns) (row, column) = (row + 1, 0);
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
                    double factor = _gain * _signs[(int)row];
                    double* source = _matrix.At((int)(row / Strips.Width), (nint)from) + (row % Strips.Width);
                    Span<TValue> target = destination.Slice((int)((row * _columns) + from - first), (int)(to - from));
                    for (int i = 0; i < target.Length; i++) target[i] = Round<TValue>(factor * source[(nint)i * Strips.Width]);
                }
            }
        }
    }

    // The comparison is decided when the method is compiled for the type.
    private static TValue Round<TValue>(double value) where TValue : unmanaged
    {
        if (typeof(TValue) == typeof(float)) return (TValue)(object)(float)value;
        if (typeof(TValue) == typeof(double)) return (TValue)(object)value;
        throw new ArgumentException($"an orthogonal matrix is read as float or double, not as {typeof(TValue).Name}");
    }
}
