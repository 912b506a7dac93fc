using System.Runtime.InteropServices;
using ShardInit.Arithmetic;
using ShardInit.Initializers;
using ShardInit.Kernels;
using ShardInit.Model;
using ShardInit.Random;

namespace ShardInit.Engine;

/// <summary>
/// x = exp(u × (ln high - ln low) + ln low) in binary64, rounded to binary32 and kept inside [low, high], u the uniform draw on [0, 1). About two microseconds an element.
/// </summary>
internal sealed class LogUniformSource : ElementSource
{
    private const int Chunk = 512;

    private static readonly Draw s_unit = DrawChoice.Of(new Uniform(0, 1));

    private readonly Backend _backend;
    private readonly StreamKey _key;
    private readonly float _low;
    private readonly float _high;
    private readonly double _start;
    private readonly double _span;

    public LogUniformSource(Backend backend, StreamKey key, LogUniform uniform)
    {
        (_backend, _key) = (backend, key);
        (_low, _high) = ((float)uniform.Low, (float)uniform.High);
        _start = PinnedMath.Log(_low);
        _span = PinnedMath.Log(_high) - _start;
    }

    public override void Fill(DType dtype, long first, long count, Span<byte> destination)
    {
        int size = dtype.ByteSize();
        Span<float> values = stackalloc float[Chunk];
        for (long done = 0; done < count;)
        {
            // Whole blocks of the random stream where the run allows it.
            int take = (int)Math.Min(Chunk - ((first + done) % Chunk), count - done);
            Span<float> chunk = values[..take];
            _backend.Fill(_key, in s_unit, DType.F32, first + done, take, MemoryMarshal.AsBytes(chunk));
            foreach (ref float value in chunk)
            {
                float x = (float)PinnedMath.Exp((value * _span) + _start);
                value = x < _low ? _low : x > _high ? _high : x;
            }
            _backend.Encode(chunk, dtype, destination.Slice((int)(done * size), take * size));
            done += take;
        }
    }
}
