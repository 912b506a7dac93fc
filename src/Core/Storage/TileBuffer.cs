using System.Runtime.InteropServices;

namespace ShardInit.Storage;

/// <summary>
/// Native memory at a page boundary, as direct writes need it: one per thread, reused for every tile. Not safe for concurrent use.
/// </summary>
public sealed unsafe class TileBuffer : IDisposable
{
    /// <summary>Large enough that one write amortises its system call and keeps a disk busy, small enough for dozens of threads.</summary>
    public const int DefaultLength = 8 << 20;

    private byte* _start;
    private readonly int _length;

    /// <param name="byteLength">A positive multiple of 8 KiB.</param>
    public TileBuffer(int byteLength = DefaultLength)
    {
        if (byteLength <= 0 || byteLength % (2 * ShardLayout.PageAlignment) != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(byteLength), byteLength, "expected a positive multiple of 8192");
        }
        _start = (byte*)NativeMemory.AlignedAlloc((nuint)byteLength, ShardLayout.PageAlignment);
        _length = byteLength;
    }

    public Span<byte> Bytes
    {
        get
        {
            ObjectDisposedException.ThrowIf(_start is null, this);
            return new Span<byte>(_start, _length);
        }
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(_start);
        _start = null;
        GC.SuppressFinalize(this);
    }

    ~TileBuffer() => NativeMemory.AlignedFree(_start);
}
