using ShardInit.Initializers;

namespace ShardInit.Core.Tests.Kernels;

/// <summary>
/// What a distribution should be, in binary64, and how far a sample may be from it.
///
/// Every test statistic below is compared at 4.5 standard errors (two-sided probability 7e-6) or, for Kolmogorov–Smirnov, at the distance that is passed with
/// probability 1e-5. Seeds are fixed, so a test that passes once passes always; with about 300 statistics in all, a correct generator would have met a bound somewhere
/// with probability 0.2 %.
/// </summary>
internal static class Statistics
{
    public const double Sigmas = 4.5;

    /// <summary>P(sqrt(n) D > c) = 2 exp(-2 c²) = 1e-5.</summary>
    public static readonly double KolmogorovBound = Math.Sqrt(Math.Log(2 / 1e-5) / 2);

    /// <summary>The law as a density on an interval: distribution function, and moments by integration.</summary>
    public sealed class Law
    {
        private readonly Func<double, double> _density;
        private readonly double _from;
        private readonly double _to;

        private Law(Func<double, double> cdf, Func<double, double> density, double from, double to)
        {
            (Cdf, _density, _from, _to) = (cdf, density, from, to);
            Mean = Integral(x => x);
        }

        public Func<double, double> Cdf { get; }
        public double Mean { get; }

        public double CentralMoment(int k) => Integral(x => Math.Pow(x - Mean, k));

        public static Law Of(Distribution distribution)
        {
            switch (distribution)
            {
                case Uniform u:
                    (double low, double high) = ((float)u.Low, (float)u.High);
                    return new Law(x => Math.Clamp((x - low) / (high - low), 0, 1), _ => 1 / (high - low), low, high);
                case Normal n:
                    (double mean, double std) = ((float)n.Mean, (float)n.Std);
                    return new Law(x => NormalLaw.Upper((mean - x) / std), x => NormalLaw.Density((x - mean) / std) / std, mean - (12 * std), mean + (12 * std));
                case TruncatedNormal t:
                    (double m, double s) = ((float)t.Mean, (float)t.Std);
                    (double a, double b) = (((float)t.Low - m) / s, ((float)t.High - m) / s);
                    double mass = NormalLaw.Between(a, b);
                    // Beyond 12 std, or 40 / a from a far bound, nothing is left (e^-40).
                    double from = Math.Max(a, b <= -4 ? b + (40 / b) : -12);
                    double to = Math.Min(b, a >= 4 ? a + (40 / a) : 12);
                    return new Law(x => Math.Clamp(NormalLaw.Between(a, Math.Max(a, (x - m) / s)) / mass, 0, 1), x => NormalLaw.Density((x - m) / s) / (s * mass), m + (from * s), m + (to * s));
                default: throw new ArgumentException(distribution.Kind);
            }
        }

        /// <summary>Simpson's rule on 20,000 intervals: error far below 1e-10 for these smooth functions.</summary>
        private double Integral(Func<double, double> function)
        {
            const int steps = 20000;
            double h = (_to - _from) / steps;
            double sum = 0;
            for (int k = 0; k <= steps; k++)
            {
                double x = _from + (k * h);
                sum += (k == 0 || k == steps ? 1 : k % 2 == 1 ? 4 : 2) * function(x) * _density(x);
            }
            return sum * h / 3;
        }
    }

    /// <summary>
    /// Standard scores of the sample's central moments of order 1 to 4 about the true mean. The k-th, mean of (x - μ)^k, has expectation μ_k and
    /// variance (μ_2k - μ_k²) / n exactly.
    /// </summary>
    public static double[] MomentScores(float[] sample, Law law)
    {
        double[] sums = new double[5];
        foreach (float value in sample)
        {
            double d = value - law.Mean;
            sums[1] += d;
            sums[2] += d * d;
            sums[3] += d * d * d;
            sums[4] += d * d * d * d;
        }
        return [.. Enumerable.Range(1, 4).Select(k =>
        {
            double expected = k == 1 ? 0 : law.CentralMoment(k);
            return ((sums[k] / sample.Length) - expected) / Math.Sqrt((law.CentralMoment(2 * k) - (expected * expected)) / sample.Length);
        })];
    }

    /// <summary>sqrt(n) times the largest distance between the sample's distribution function and the law's.</summary>
    public static double Kolmogorov(float[] sample, Func<double, double> cdf)
    {
        float[] sorted = [.. sample];
        Array.Sort(sorted);
        double worst = 0;
        for (int k = 0; k < sorted.Length; k++)
        {
            // Ties are one step: its lower end before the first, its upper end after the last of them.
            int first = k;
            while (k + 1 < sorted.Length && sorted[k + 1] == sorted[first]) k++;
            double p = cdf(sorted[first]);
            worst = Math.Max(worst, Math.Max(p - (first / (double)sorted.Length), ((k + 1) / (double)sorted.Length) - p));
        }
        return worst * Math.Sqrt(sample.Length);
    }

    /// <summary>Standard score of a sum of (observed - expected)² / expected over n cells whose counts are multinomial.</summary>
    public static double ChiSquareScore(IReadOnlyList<(double Observed, double Expected)> cells)
    {
        double sum = cells.Sum(cell => (cell.Observed - cell.Expected) * (cell.Observed - cell.Expected) / cell.Expected);
        // Wilson and Hilferty: the cube root of chi²/f is normal with mean 1 - 2/(9f) and variance 2/(9f), to 0.01 of a sigma here.
        double f = cells.Count - 1;
        return (Math.Cbrt(sum / f) - (1 - (2 / (9 * f)))) / Math.Sqrt(2 / (9 * f));
    }

    /// <summary>Standard score of the correlation of two samples: under independence r sqrt(n) is standard normal.</summary>
    public static double CorrelationScore(ReadOnlySpan<float> a, ReadOnlySpan<float> b, Func<float, double>? of = null)
    {
        int n = Math.Min(a.Length, b.Length);
        double sumA = 0, sumB = 0, squareA = 0, squareB = 0, product = 0;
        for (int k = 0; k < n; k++)
        {
            double x = of is null ? a[k] : of(a[k]);
            double y = of is null ? b[k] : of(b[k]);
            sumA += x;
            sumB += y;
            squareA += x * x;
            squareB += y * y;
            product += x * y;
        }
        double covariance = product - (sumA * sumB / n);
        return covariance / Math.Sqrt((squareA - (sumA * sumA / n)) * (squareB - (sumB * sumB / n))) * Math.Sqrt(n);
    }
}
