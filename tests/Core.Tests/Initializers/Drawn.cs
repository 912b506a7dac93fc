using System.Buffers.Binary;
using ShardInit.Engine;
using ShardInit.Model;
using ShardInit.Planning;

namespace ShardInit.Core.Tests.Initializers;

/// <summary>Values of a plan as this machine's kernels make them, widened to binary64.</summary>
internal static class Drawn
{
    public static double[] Values(PlanValues values, int tensor)
    {
        StoredTensor stored = values.Plan.Tensors[tensor];
        int size = stored.DType.ByteSize();
        byte[] bytes = new byte[stored.Shape.ElementCount * size];
        values.Fill(tensor, 0, stored.Shape.ElementCount, bytes);
        double[] numbers = new double[stored.Shape.ElementCount];
        for (int i = 0; i < numbers.Length; i++) numbers[i] = Number(bytes.AsSpan(i * size, size), stored.DType);
        return numbers;
    }

    /// <summary>The values of all tensors of a plan, one after the other.</summary>
    public static double[] Values(Plan plan)
    {
        PlanValues values = new(plan);
        return [.. Enumerable.Range(0, plan.Tensors.Length).SelectMany(tensor => Values(values, tensor))];
    }

    private static double Number(ReadOnlySpan<byte> bytes, DType dtype) => dtype switch
    {
        DType.F64 => BinaryPrimitives.ReadDoubleLittleEndian(bytes),
        DType.F32 => BinaryPrimitives.ReadSingleLittleEndian(bytes),
        DType.F16 => (double)BinaryPrimitives.ReadHalfLittleEndian(bytes),
        DType.BF16 => BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadUInt16LittleEndian(bytes) << 16),
        DType.I64 => BinaryPrimitives.ReadInt64LittleEndian(bytes),
        _ => throw new NotSupportedException(dtype.ToString()),
    };
}
