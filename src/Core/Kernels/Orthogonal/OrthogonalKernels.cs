using ShardInit.Engine;
using ShardInit.Lanes;

namespace ShardInit.Kernels;

/// <summary>The kernels of an orthogonal matrix at one lane width.</summary>
internal sealed record OrthogonalKernels(NormalRun Normals, Reflectors Reflectors)
{
    private static readonly OrthogonalKernels s_512 = new(new NormalRun<Wide512, Reals512, Bits512>(), new Reflectors<Doubles512>());
    private static readonly OrthogonalKernels s_256 = new(new NormalRun<Wide256, Reals256, Bits256>(), new Reflectors<Doubles256>());
    private static readonly OrthogonalKernels s_128 = new(new NormalRun<Wide128, Reals128, Bits128>(), new Reflectors<Doubles128>());
    private static readonly OrthogonalKernels s_1 = new(new NormalRun<Wide1, Reals1, Bits1>(), new Reflectors<Doubles1>());

    public static OrthogonalKernels Of(LaneChoice lanes) => lanes switch
    {
        LaneChoice.Auto => Of(LaneDispatch.All.First(LaneDispatch.IsAccelerated)),
        LaneChoice.Bits512 => s_512,
        LaneChoice.Bits256 => s_256,
        LaneChoice.Bits128 => s_128,
        LaneChoice.Scalar => s_1,
        _ => throw new ArgumentOutOfRangeException(nameof(lanes), lanes, "no such lane width"),
    };
}
