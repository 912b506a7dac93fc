using ShardInit.Model;

namespace ShardInit.Engine;

/// <summary>Another source for each range of axis 0; each knows elements by their index in the whole tensor.</summary>
/// <param name="ranges">End of each range as an element index, ascending.</param>
internal sealed class RowsSource((long End, ElementSource Source)[] ranges) : ElementSource
{
    public override void Fill(DType dtype, long first, long count, Span<byte> destination)
    {
        int size = dtype.ByteSize();
        long start = first;
        foreach ((long end, ElementSource source) in ranges)
        {
            long stop = Math.Min(end, first + count);
            if (start >= stop) continue;
            source.Fill(dtype, start, stop - start, destination.Slice((int)((start - first) * size), (int)((stop - start) * size)));
            start = stop;
        }
    }
}
