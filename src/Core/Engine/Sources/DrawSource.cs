using ShardInit.Kernels;
using ShardInit.Model;
using ShardInit.Random;

namespace ShardInit.Engine;

/// <summary>A constant or a draw of the kernels, as a part of something else.</summary>
internal sealed class DrawSource(Backend backend, StreamKey key, Draw draw) : ElementSource
{
    private readonly Draw _draw = draw;

    public override void Fill(DType dtype, long first, long count, Span<byte> destination)
    {
        if (_draw.Kind == DrawKind.Constant) ConstantFill.Fill(_draw.Value, dtype, destination);
        else backend.Fill(key, in _draw, dtype, first, count, destination);
    }
}
