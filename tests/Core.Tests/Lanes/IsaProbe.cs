using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;
using ShardInit.Core.Tests.Kernels;
using ShardInit.Engine;
using ShardInit.Initializers;
using ShardInit.Kernels;
using ShardInit.Model;
using ShardInit.Random;

namespace ShardInit.Core.Tests.Lanes;

/// <summary>
/// The entry point of this assembly when it is started as a program: reports which instruction sets the process has, which backend is chosen, and digests of
/// a fixed set of values by each backend. <see cref="InstructionSetTests"/> starts it with instruction sets switched off. With words behind it, it is
/// <see cref="Storage.ClaimProbe"/>.
/// </summary>
public static class IsaProbe
{
    public static int Main(string[] arguments)
    {
        if (arguments is ["claim", string directory, string file]) return Storage.ClaimProbe.Run(directory, file);
        foreach ((string name, string value) in Report()) Console.WriteLine($"{name}={value}");
        return 0;
    }

    internal static IEnumerable<(string Name, string Value)> Report()
    {
        yield return ("avx512f", $"{Avx512F.IsSupported}");
        yield return ("avx2", $"{Avx2.IsSupported}");
        yield return ("fma", $"{Fma.IsSupported}");
        yield return ("advsimd", $"{AdvSimd.IsSupported}");
        yield return ("vector128", $"{Vector128.IsHardwareAccelerated}");
        yield return ("auto", LaneDispatch.Of(LaneChoice.Auto).Name);
        foreach (LaneWidth width in LaneWidth.All) yield return ($"digest.{width.Backend.Name}", Digest(width.Backend));
        foreach (LaneWidth width in LaneWidth.All) yield return ($"odd.{width.Backend.Name}", OddDigest(width.Backend));
    }

    /// <summary>Odd numbers of blocks, which the widest vectors do not take alone: a whole group and nine blocks, and one block.</summary>
    internal static string OddDigest(Backend backend) =>
        Convert.ToHexStringLower(SHA256.HashData([
            .. Cases.Fill(backend, Cases.Key("odd"), new Normal(0, 1), DType.F32, 77, 2570), .. Cases.Fill(backend, Cases.Key("odd"), new Normal(0, 1), DType.F32, 64, 64)]));

    /// <summary>Two groups of every distribution in binary32 with a ragged start, and every dtype of one of them.</summary>
    internal static string Digest(Backend backend)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        StreamKey key = Cases.Key("isa");
        foreach ((_, Distribution distribution, _) in Cases.Distributions) hash.AppendData(Cases.Fill(backend, key, distribution, DType.F32, 77, 2500));
        foreach (DType dtype in Cases.Floats) hash.AppendData(Cases.Fill(backend, key, new Normal(0, 0.02), dtype, 77, 2500));
        float[] specials = [.. Enumerable.Range(0, 64).Select(k => BitConverter.UInt32BitsToSingle((uint)k * 0x01FE37A9u & 0xFF7FFFFFu))];
        foreach (DType dtype in Cases.Floats)
        {
            byte[] codes = new byte[64 * dtype.ByteSize()];
            LaneWidth.Of(Enum.Parse<LaneChoice>(backend.Name)).Encode(dtype, specials, codes);
            hash.AppendData(codes);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
