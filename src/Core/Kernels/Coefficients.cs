using System.Runtime.InteropServices;

namespace ShardInit.Kernels;

/// <summary>
/// Coefficients of the elementary functions, each once: minimax polynomials with binary32 coefficients, found with Sollya's fpminimax (relative error; ranges
/// where they are used), constant term first. Each is a row of copies, enough for the widest vector.
///
/// Memory, and not constants: what the compiler knows it writes into each instruction that uses it, to be read anew for each vector; what it has to load it can
/// load before the loop and hold in a register (a normal's transform is 8 % faster for it). A loop takes all rows that it needs before it loads the first,
/// since the call that makes them, on first use, would push what is held out of its registers. With 16 registers nothing is held, and a row is an operand.
/// </summary>
internal static unsafe class Coefficients
{
    /// <summary>Copies of a coefficient.</summary>
    public const int Copies = 16;

    /// <summary>P of -2 log1p(t) = t P(t) on t in [√½ - 1, √2 - 1].</summary>
    public static readonly float* Log = Rows(-2f, 1.00000644f, -0.666694283f, 0.499425709f, -0.398138523f, 0.344853967f, -0.323600799f, 0.201665312f);

    /// <summary>sin(π f / 2) = f P(f²) for |f| ≤ ½.</summary>
    public static readonly float* Sin = Rows(1.57079637f, -0.64596498f, 0.0796920061f, -0.00462875189f);

    /// <summary>cos(π f / 2) = P(f²) for |f| ≤ ½.</summary>
    public static readonly float* Cos = Rows(1f, -1.23369765f, 0.253602624f, -0.0204157606f);

    /// <summary>G(W) = P(W - 5.5) of the normal quantile, W in [0, 11).</summary>
    public static readonly float* QuantileCenter = Rows(
        2.21011829f, 0.17276758f, -0.0017805635f, -0.000183596523f, 1.85000372e-05f, -4.18790023e-07f, -5.88187774e-08f, 5.27519806e-09f, 4.13112322e-11f, -2.03924325e-11f);

    /// <summary>H(1/√W) = P(1/√W - 0.203909039) of the normal quantile, W in [11, 88].</summary>
    public static readonly float* QuantileTail = Rows(
        0.952491403f, -0.268062174f, 0.290228993f, 1.71928251f, 5.68449974f, 73.4484711f, -0.144991577f, -2866.76611f, -3929.9375f, 58667.0156f);

    private static float* Rows(params ReadOnlySpan<float> coefficients)
    {
        float* rows = (float*)NativeMemory.AlignedAlloc((nuint)(coefficients.Length * Copies * sizeof(float)), 64);
        for (int k = 0; k < coefficients.Length; k++) new Span<float>(rows + (k * Copies), Copies).Fill(coefficients[k]);
        return rows;
    }
}
