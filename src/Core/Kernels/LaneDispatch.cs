using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using ShardInit.Engine;
using ShardInit.Lanes;

namespace ShardInit.Kernels;

/// <summary>
/// The table of backends, widest first. Every width is available everywhere, since the platform emulates what the hardware lacks, and gives the same bytes;
/// only an accelerated one is fast, and only those are chosen by themselves. A width counts as accelerated with its fused multiply-add: emulated, that
/// one operation costs more than all others together.
/// </summary>
internal static class LaneDispatch
{
    private static readonly (LaneChoice Choice, Backend Backend, bool Accelerated)[] s_table =
    [
        (LaneChoice.Bits512, new Backend<Wide512, Reals512, Bits512>("512"), Vector512.IsHardwareAccelerated && Avx512F.IsSupported),
        (LaneChoice.Bits256, new Backend<Wide256, Reals256, Bits256>("256"), Vector256.IsHardwareAccelerated && Fma.IsSupported),
        (LaneChoice.Bits128, new Backend<Wide128, Reals128, Bits128>("128"), Vector128.IsHardwareAccelerated && (Fma.IsSupported || AdvSimd.IsSupported)),
        (LaneChoice.Scalar, new Backend<Wide1, Reals1, Bits1>("1"), true),
    ];

    public static Backend Of(LaneChoice choice) =>
        choice == LaneChoice.Auto
            ? s_table.First(row => row.Accelerated).Backend
            : s_table.Single(row => row.Choice == choice).Backend;

    public static IEnumerable<LaneChoice> All => s_table.Select(row => row.Choice);

    public static bool IsAccelerated(LaneChoice choice) => choice == LaneChoice.Auto || s_table.Single(row => row.Choice == choice).Accelerated;
}
