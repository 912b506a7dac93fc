namespace ShardInit.Model;

/// <summary>Element types of stored tensors, under their safetensors names.</summary>
public enum DType { F64, F32, F16, BF16, F8_E4M3, F8_E5M2, I64, I32, U8, BOOL }

/// <summary>Facts about each <see cref="DType"/>: the only place where sizes and names stand.</summary>
public static class DTypes
{
    /// <summary>The safetensors name, for instance <c>BF16</c> or <c>F8_E4M3</c>.</summary>
    public static string Name(this DType dtype) => s_names[(int)dtype];

    /// <summary>Bytes per element.</summary>
    public static int ByteSize(this DType dtype) => dtype switch
    {
        DType.F64 or DType.I64 => 8,
        DType.F32 or DType.I32 => 4,
        DType.F16 or DType.BF16 => 2,
        _ => 1,
    };

    public static bool IsFloat(this DType dtype) => dtype <= DType.F8_E5M2;

    /// <summary>Largest finite magnitude of a floating type (IEEE 754; OCP FP8 1.0 for E4M3, which has no infinity).</summary>
    public static double MaxFinite(this DType dtype) => dtype switch
    {
        DType.F64 => double.MaxValue,
        DType.F32 => float.MaxValue,
        DType.F16 => 65504,
        DType.BF16 => 3.3895313892515355e38,
        DType.F8_E4M3 => 448,
        DType.F8_E5M2 => 57344,
        _ => throw new ArgumentOutOfRangeException(nameof(dtype), dtype, "not a floating type"),
    };

    /// <summary>Smallest positive subnormal of a floating type.</summary>
    public static double SmallestSubnormal(this DType dtype) => dtype switch
    {
        DType.F64 => double.Epsilon,
        DType.F32 => float.Epsilon,
        DType.F16 => 5.9604644775390625e-08,
        DType.BF16 => 9.183549615799121e-41,
        DType.F8_E4M3 => 0.001953125,
        DType.F8_E5M2 => 1.52587890625e-05,
        _ => throw new ArgumentOutOfRangeException(nameof(dtype), dtype, "not a floating type"),
    };

    /// <summary>Reads a safetensors name (exact upper case).</summary>
    public static bool TryParse(string name, out DType dtype)
    {
        dtype = (DType)Array.IndexOf(s_names, name);
        return dtype >= 0;
    }

    /// <summary>What is wrong with a name that <see cref="TryParse"/> does not know.</summary>
    public static string Refusal(string name) => name is "C64" or "C128" or "COMPLEX64" or "COMPLEX128"
        ? $"{name}: complex tensors have no random stream here: store the real and the imaginary part as two tensors, each with 1/sqrt(2) of the standard deviation"
        : $"expected one of {string.Join(", ", s_names)}, found {Errors.Problems.Quote(name)}";

    private static readonly string[] s_names = Enum.GetNames<DType>();
}
