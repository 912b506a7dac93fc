using System.Runtime.InteropServices;
using ShardInit.Initializers;
using ShardInit.Kernels;
using ShardInit.Model;
using ShardInit.Random;

namespace ShardInit.Engine;

/// <summary>An orthogonal tensor, or an orthogonal matrix in a tensor of zeros: runs of the matrix that <see cref="OrthogonalTensors"/> keeps.</summary>
internal sealed class OrthogonalSource : ElementSource
{
    private const int Chunk = 1024;

    private readonly Backend _backend;
    private readonly OrthogonalTensors _tensors;
    private readonly OrthogonalKey _key;
    private readonly OrthogonalShape _matrix;
    private readonly long _start;

    private OrthogonalSource(OrthogonalKey key, OrthogonalShape matrix, long start, Backend backend, OrthogonalTensors tensors) =>
        (_key, _matrix, _start, _backend, _tensors) = (key, matrix, start, backend, tensors);

    public static OrthogonalSource Of(Orthogonal orthogonal, Shape shape, StreamKey key, Backend backend, OrthogonalTensors tensors)
    {
        OrthogonalShape matrix = orthogonal.ColumnAxis is int axis ? OrthogonalShape.Jax(shape.Dims.AsSpan(), axis) : OrthogonalShape.Torch(shape.Dims.AsSpan());
        return new OrthogonalSource(new OrthogonalKey(key, matrix.Rows, matrix.Columns, orthogonal.Gain), matrix, 0, backend, tensors);
    }

    public static OrthogonalSource Of(Initializers.DeltaOrthogonal orthogonal, Shape shape, StreamKey key, Backend backend, OrthogonalTensors tensors)
    {
        Kernels.DeltaOrthogonal kernel = Kernels.DeltaOrthogonal.Of(shape.Dims.AsSpan(), orthogonal.ColumnAxis ?? 1);
        return new OrthogonalSource(new OrthogonalKey(key, kernel.Matrix.Rows, kernel.Matrix.Columns, orthogonal.Gain), kernel.Matrix, kernel.First, backend, tensors);
    }

    public override void Fill(DType dtype, long first, long count, Span<byte> destination)
    {
        int size = dtype.ByteSize();
        long from = Math.Max(first, _start);
        long to = Math.Min(first + count, _start + (_matrix.Rows * _matrix.Columns));
        if (from >= to)
        {
            destination.Clear();
            return;
        }
        destination[..(int)((from - first) * size)].Clear();
        destination[(int)((to - first) * size)..].Clear();
        Span<byte> wanted = destination.Slice((int)((from - first) * size), (int)((to - from) * size));
        using OrthogonalTensors.Lease lease = _tensors.Take(_key, isWide: dtype == DType.F64);
        if (dtype == DType.F64) Copy(lease.Doubles, from - _start, MemoryMarshal.Cast<byte, double>(wanted));
        else Encode(lease.Floats, dtype, from - _start, to - from, wanted, size);
    }

    private void Encode(ReadOnlySpan<float> values, DType dtype, long first, long count, Span<byte> destination, int size)
    {
        if (_matrix.IsInOrder)
        {
            _backend.Encode(values.Slice((int)first, (int)count), dtype, destination);
            return;
        }
        Span<float> chunk = stackalloc float[Chunk];
        for (long done = 0; done < count;)
        {
            int take = (int)Math.Min(Chunk, count - done);
            Copy(values, first + done, chunk[..take]);
            _backend.Encode(chunk[..take], dtype, destination.Slice((int)(done * size), take * size));
            done += take;
        }
    }

    // A little-endian machine is given (HostGuard), so doubles are their bytes.
    private void Copy<T>(ReadOnlySpan<T> values, long first, Span<T> destination)
    {
        if (_matrix.IsInOrder) values.Slice((int)first, destination.Length).CopyTo(destination);
        else for (int i = 0; i < destination.Length; i++) destination[i] = values[(int)_matrix.MatrixElement(first + i)];
    }
}
