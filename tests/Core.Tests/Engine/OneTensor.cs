using System.Collections.Immutable;
using System.Runtime.InteropServices;
using ShardInit.Engine;
using ShardInit.Initializers;
using ShardInit.Model;
using ShardInit.Planning;

namespace ShardInit.Core.Tests.Engine;

/// <summary>A plan of one tensor, and its values.</summary>
internal static class OneTensor
{
    public static Plan Plan(Distribution init, DType dtype, params long[] shape) => Plan(init, dtype, shape, "w");

    public static Plan Plan(Distribution init, DType dtype, long[] shape, string name, ulong? seed = null, params ImmutableArray<long> zeroRows)
    {
        ImmutableArray<LogicalTensor> logical = [new(name, new Shape(shape), init, zeroRows, "rule") { Seed = seed }];
        ImmutableArray<StoredTensor> stored = [new(name, dtype, new Shape(shape), null, false, LayerGroup.Head, [Part.Whole(0, new Shape(shape))])];
        Plan plan = new()
        {
            Spec = 1, Format = 1, Seed = 42, Namespace = "", Model = "table", Recipe = "mine", StorageFormat = "arrow", DigestKind = "crc32", ShardBytes = 1 << 30, TileBytes = 1 << 20,
            Logical = logical, Tensors = stored, Files = FilePacker.Pack(stored, 1 << 30, 1 << 20), Tied = ImmutableSortedDictionary<string, string>.Empty, ValuesId = "", PlanId = "",
        };
        plan = plan with { ValuesId = PlanIds.ValuesId(plan.Spec, plan.Seed, plan.Namespace, plan.Logical) };
        return plan with { PlanId = PlanIds.PlanId(plan) };
    }

    public static byte[] Bytes(Plan plan, LaneChoice lanes = LaneChoice.Auto, long first = 0, long count = -1)
    {
        StoredTensor tensor = plan.Tensors[0];
        if (count < 0) count = tensor.Shape.ElementCount - first;
        byte[] bytes = new byte[count * tensor.DType.ByteSize()];
        new PlanValues(plan, lanes).Fill(0, first, count, bytes);
        return bytes;
    }

    public static float[] Floats(Distribution init, params long[] shape) => MemoryMarshal.Cast<byte, float>(Bytes(Plan(init, DType.F32, shape))).ToArray();

    public static double[] Doubles(Distribution init, params long[] shape) => MemoryMarshal.Cast<byte, double>(Bytes(Plan(init, DType.F64, shape))).ToArray();

    public static long[] Longs(Distribution init, params long[] shape) => MemoryMarshal.Cast<byte, long>(Bytes(Plan(init, DType.I64, shape))).ToArray();
}
