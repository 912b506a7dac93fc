using ShardInit.Initializers;
using ShardInit.Model;

namespace ShardInit.Engine;

/// <summary>Zeros, with one number at most once in each row of axis 0: identities and Dirac kernels.</summary>
internal sealed class OneARowSource : ElementSource
{
    private readonly double _value;
    private readonly long _rowLength;
    private readonly long _period;
    private readonly long _channels;
    private readonly long _spatial;
    private readonly long _center;

    private OneARowSource(double value, long rowLength, long period, long channels, long spatial, long center)
    {
        _value = value;
        _rowLength = rowLength;
        _period = period;
        _channels = channels;
        _spatial = spatial;
        _center = center;
    }

    /// <summary>Row r has the value in column r.</summary>
    public static OneARowSource Of(Eye eye, Shape shape) => new(eye.Value, shape[1], Math.Max(shape[0], 1), shape[1], 1, 0);

    /// <summary>torch.nn.init.dirac_: output channel d of each group has 1 in input channel d, at index ⌊k / 2⌋ of each spatial axis.</summary>
    public static OneARowSource Of(Dirac dirac, Shape shape)
    {
        (long spatial, long center) = (1, 0);
        for (int axis = 2; axis < shape.Rank; axis++) (spatial, center) = (spatial * shape[axis], (center * shape[axis]) + (shape[axis] / 2));
        return new OneARowSource(1, shape[1] * spatial, Math.Max(shape[0] / dirac.Groups, 1), shape[1], spatial, center);
    }

    public override void Fill(DType dtype, long first, long count, Span<byte> destination)
    {
        destination.Clear();
        if (count == 0) return;
        int size = dtype.ByteSize();
        for (long row = first / _rowLength; row <= (first + count - 1) / _rowLength; row++)
        {
            long channel = row % _period;
            if (channel >= _channels) continue;
            long at = (row * _rowLength) + (channel * _spatial) + _center - first;
            if (at >= 0 && at < count) ConstantFill.Fill(_value, dtype, destination.Slice((int)(at * size), size));
        }
    }
}
