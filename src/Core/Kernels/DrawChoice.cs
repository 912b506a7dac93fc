using ShardInit.Arithmetic;
using ShardInit.Initializers;

namespace ShardInit.Kernels;

/// <summary>
/// From a resolved distribution to the algorithm and its binary32 numbers (docs/determinism.md, "Choice of the algorithm"). Pinned: every number is
/// computed in binary64 by <see cref="PinnedMath"/> and the four operations from the numbers already rounded to binary32, then rounded once.
/// </summary>
internal static class DrawChoice
{
    /// <summary>From here out, on both sides, no normal draw can reach: the largest radius is √(82 ln 2) = 7.54.</summary>
    private const double BeyondNormal = 7.6;

    /// <summary>Widest interval, in std, that is drawn by uniform rejection.</summary>
    private const double Narrow = 0.0625;

    /// <summary>Distance from the mean, in std, from which an interval is drawn by exponential rejection.</summary>
    private const double Far = 4;

    /// <summary>Distance from the mean, in std, beyond which an interval is refused: what is left of the normal there is one binary32 number.</summary>
    private const double TooFar = 1e6;

    /// <summary>Bounds within this many std need one word: 2^-32 of the mass is less than a binary32 step of the result even at the bounds.</summary>
    private const double OneWord = 3.5;

    public static Draw Of(Distribution distribution) => distribution switch
    {
        Constant constant => Draw.OfConstant(constant.Value),
        Uniform uniform => OfUniform((float)uniform.Low, (float)uniform.High),
        Normal normal => OfNormal((float)normal.Mean, (float)normal.Std),
        TruncatedNormal truncated => OfTruncated((float)truncated.Mean, (float)truncated.Std, (float)truncated.Low, (float)truncated.High),
        _ => throw new ArgumentException($"no kernel draws '{distribution.Kind}'", nameof(distribution)),
    };

    private static Draw OfUniform(float low, float high)
    {
        if (low == high) return Draw.OfConstant(low);
        float range = high - low;
        if (!(range > 0) || !float.IsFinite(range)) throw new ArgumentException($"uniform from {low:R} to {high:R}: expected low < high and a finite float32 difference");
        return new Draw(DrawKind.Uniform, new DrawConstants { Low = low, High = float.BitDecrement(high), Scale = range * 5.9604645E-08f }, 0);
    }

    private static Draw OfNormal(float mean, float std)
    {
        if (!float.IsFinite(mean) || !float.IsFinite(std) || std < 0) throw new ArgumentException($"normal with mean {mean:R} and std {std:R}: expected finite float32 numbers and std >= 0");
        return new Draw(DrawKind.Normal, new DrawConstants { Mean = mean, Std = std }, 0);
    }

    private static Draw OfTruncated(float mean, float std, float low, float high)
    {
        if (!float.IsFinite(mean) || !float.IsFinite(std) || !(std > 0) || !(low <= high))
            throw new ArgumentException($"truncated normal with mean {mean:R}, std {std:R}, from {low:R} to {high:R}: expected finite float32 numbers, std > 0 and low <= high");
        if (low == high) return Draw.OfConstant(low);

        double a = ((double)low - mean) / std;
        double b = ((double)high - mean) / std;
        if (!(a <= TooFar && b >= -TooFar)) throw new ArgumentException($"truncated normal with mean {mean:R}, std {std:R}, from {low:R} to {high:R}: the interval begins more than 1e6 std from the mean");
        DrawConstants constants = new() { Mean = mean, Std = std, Low = low, High = high };
        if (a <= -BeyondNormal && b >= BeyondNormal) return new Draw(DrawKind.Normal, constants, 0);
        if (b - a <= Narrow && (b - a) * Math.Max(Math.Abs(a), Math.Abs(b)) <= 1) return new Draw(DrawKind.UniformRejection, OfNarrow(constants, a, b), 0);
        if (a >= Far || b <= -Far) return new Draw(DrawKind.ExponentialRejection, OfFar(constants, a, b), 0);
        return a >= 0 || b <= 0
            ? new Draw(DrawKind.OneSidedQuantile, OfOneSided(constants, a, b), 0)
            : new Draw(DrawKind.FoldedQuantile, OfFolded(constants, a, b), 0);
    }

    private static DrawConstants OfNarrow(DrawConstants constants, double a, double b)
    {
        constants.Scale = (constants.High - constants.Low) * 5.9604645E-08f;
        (constants.Anchor, constants.AnchorDistance) = a >= 0 ? (constants.Low, (float)a) : b <= 0 ? (constants.High, (float)b) : (constants.Mean, 0f);
        return constants;
    }

    private static DrawConstants OfFar(DrawConstants constants, double a, double b)
    {
        bool below = b <= -Far;
        double near = below ? -b : a;
        double far = below ? -a : b;
        double end = double.IsPositiveInfinity(far) ? 0 : PinnedMath.Exp(-((far - near) * (far + near) * 0.5));
        constants.Anchor = below ? constants.High : constants.Low;
        constants.AnchorDistance = (float)near;
        constants.ExpEnd = (float)end;
        constants.ExpSpan = (float)(1 - end);
        constants.Mirror = below ? 0x80000000 : 0;
        return constants;
    }

    private static DrawConstants OfOneSided(DrawConstants constants, double a, double b)
    {
        bool below = b <= 0;
        double near = below ? -b : a;
        double far = below ? -a : b;
        double beyondFar = PinnedMath.NormalCdf(-far);
        double mass = PinnedMath.NormalCdf(-near) - beyondFar;
        constants.Mass = (float)mass;
        constants.MassTwice = (float)(2 * mass);
        constants.BaseAbove = (float)beyondFar;
        constants.CenterAbove = (float)(1 - (2 * beyondFar));
        constants.Mirror = below ? 0x80000000 : 0;
        constants.Wide = !(far <= OneWord);
        return constants;
    }

    private static DrawConstants OfFolded(DrawConstants constants, double a, double b)
    {
        double below = PinnedMath.NormalCdf(a);
        double above = PinnedMath.NormalCdf(-b);
        double mass = 1 - below - above;
        constants.Mass = (float)(0.5 * mass);
        constants.MassTwice = (float)mass;
        constants.BaseBelow = (float)below;
        constants.BaseAbove = (float)above;
        constants.CenterBelow = (float)(1 - (2 * below));
        constants.CenterAbove = (float)(1 - (2 * above));
        constants.Wide = !(a >= -OneWord && b <= OneWord);
        return constants;
    }
}
