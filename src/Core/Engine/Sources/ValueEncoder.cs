using System.Buffers.Binary;
using System.Globalization;
using ShardInit.Errors;
using ShardInit.Kernels;
using ShardInit.Model;
using ShardInit.Planning;

namespace ShardInit.Engine;

/// <summary>
/// From computed binary64 values to stored elements: F64 as they are, other floating types by binary32 and one more rounding, integers exactly. A value that the dtype cannot hold
/// is an error that names the element, never an infinity in a file.
/// </summary>
internal sealed class ValueEncoder(Backend backend, LogicalTensor tensor)
{
    /// <param name="scratch">At least as long as <paramref name="values"/>.</param>
    /// <exception cref="PlanException">A value that is no number of the dtype.</exception>
    public void Encode(ReadOnlySpan<double> values, DType dtype, long first, Span<float> scratch, Span<byte> destination)
    {
        if (!dtype.IsFloat())
        {
            for (int i = 0; i < values.Length; i++) Whole(values[i], dtype, first + i, destination.Slice(i * dtype.ByteSize(), dtype.ByteSize()));
            return;
        }
        double limit = dtype == DType.F64 ? double.MaxValue : Math.Min(dtype.MaxFinite(), float.MaxValue);
        for (int i = 0; i < values.Length; i++)
        {
            // The comparison is false for NaN. What rounds up to the limit is still inside it.
            if (!(Math.Abs(dtype == DType.F64 ? values[i] : (float)values[i]) <= limit)) throw Refused(values[i], dtype, first + i);
        }
        if (dtype == DType.F64)
        {
            for (int i = 0; i < values.Length; i++) BinaryPrimitives.WriteDoubleLittleEndian(destination[(8 * i)..], values[i]);
            return;
        }
        for (int i = 0; i < values.Length; i++) scratch[i] = (float)values[i];
        backend.Encode(scratch[..values.Length], dtype, destination);
    }

    private void Whole(double value, DType dtype, long element, Span<byte> destination)
    {
        try
        {
            ConstantFill.Fill(value, dtype, destination);
        }
        catch (ArgumentException)
        {
            throw Refused(value, dtype, element);
        }
    }

    private PlanException Refused(double value, DType dtype, long element) => new(string.Create(CultureInfo.InvariantCulture,
        $"tensor {Problems.Quote(tensor.Name)}: {tensor.Init.Kind}: element {Place(element)} is {value:R}, which is no {(double.IsFinite(value) ? "" : "finite ")}{dtype.Name()}: {TensorLines.Describe(tensor.Init)}"));

    private string Place(long element)
    {
        long[] indices = new long[tensor.Shape.Rank];
        for (int axis = indices.Length - 1; axis >= 0; axis--) (element, indices[axis]) = Math.DivRem(element, tensor.Shape[axis]);
        return $"[{string.Join(", ", indices)}]";
    }
}
