using System.Buffers;
using ShardInit.Initializers;
using ShardInit.Kernels;
using ShardInit.Model;
using ShardInit.Random;

namespace ShardInit.Engine;

/// <summary>The normal draw, with the elements of the mask put to 0 (docs/determinism.md, "Sparse masks").</summary>
internal sealed class SparseSource(Backend backend, StreamKey key, Sparse sparse, Shape shape, LaneChoice lanes) : ElementSource
{
    /// <summary>Short columns are decided from their first row on, whatever rows are wanted: runs as long as this make that no cost.</summary>
    private const int Chunk = 1 << 16;

    private readonly Draw _draw = DrawChoice.Of(new Normal(sparse.Mean, sparse.Std));
    private readonly long _zeros = SparseMask.ZerosPerColumn(sparse.Sparsity, shape[0]);

    public override void Fill(DType dtype, long first, long count, Span<byte> destination)
    {
        backend.Fill(key, in _draw, dtype, first, count, destination);
        if (_zeros == 0) return;
        int size = dtype.ByteSize();
        byte[] rented = ArrayPool<byte>.Shared.Rent((int)Math.Min(Chunk, count));
        try
        {
            for (long done = 0; done < count;)
            {
                int take = (int)Math.Min(Chunk, count - done);
                Span<byte> mask = rented.AsSpan(0, take);
                SparseMask.Fill(key, shape[0], shape[1], _zeros, first + done, mask, lanes);
                Span<byte> elements = destination.Slice((int)(done * size), take * size);
                for (int i = 0; i < take; i++) if (mask[i] != 0) elements.Slice(i * size, size).Clear();
                done += take;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }
}
