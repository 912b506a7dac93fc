using ShardInit.Arithmetic;

namespace ShardInit.Core.Tests.Kernels;

/// <summary>
/// The normal law in binary64 for tests: upper tail Q, density, and the law conditioned on an interval. Q comes from <see cref="PinnedMath"/> (tested against 50
/// digits) at multiples of 1/64 and from there by Taylor's series, whose terms are Hermite polynomials: relative error about 1e-14, millions a second.
/// </summary>
internal static class NormalLaw
{
    private const int PerUnit = 64;
    private const int Last = 14;
    private static readonly double[] s_upper = [.. Enumerable.Range(0, (Last * PerUnit) + 1).Select(k => PinnedMath.NormalCdf(-k / (double)PerUnit))];

    public static double Density(double x) => Math.Exp(-0.5 * x * x) * 0.3989422804014327;

    /// <summary>P(Z > x).</summary>
    public static double Upper(double x)
    {
        if (x < 0) return 1 - Upper(-x);
        if (x >= Last) return PinnedMath.NormalCdf(-x);
        int node = (int)((x * PerUnit) + 0.5);
        double at = node / (double)PerUnit;
        double h = x - at;
        // Q(at + h) = Q(at) - φ(at) Σ (-1)^n He_n(at) h^(n+1) / (n+1)!
        (double previous, double hermite) = (0, 1);
        (double power, double sum) = (h, 0);
        for (int n = 0; n < 12; n++)
        {
            sum += power * hermite;
            (previous, hermite) = (hermite, (at * hermite) - (n * previous));
            power *= -h / (n + 2);
        }
        return s_upper[node] - (Density(at) * sum);
    }

    /// <summary>P(a &lt; Z &lt; b), without cancellation on either side of 0.</summary>
    public static double Between(double a, double b) => a >= 0 ? Upper(a) - Upper(b) : b <= 0 ? Upper(-b) - Upper(-a) : 1 - Upper(-a) - Upper(b);

    /// <summary>z with P(Z > z) = t, to 1e-13, from a nearby guess.</summary>
    public static double UpperQuantile(double t, double guess)
    {
        for (int step = 0; step < 3; step++)
        {
            // Newton with the second-order term of Halley: f = (Q(z) - t) / φ(z).
            double f = (Upper(guess) - t) / Density(guess);
            guess += f / (1 - (0.5 * guess * f));
        }
        return guess;
    }
}
