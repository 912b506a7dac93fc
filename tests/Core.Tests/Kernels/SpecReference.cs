using ShardInit.Arithmetic;
using ShardInit.Initializers;
using ShardInit.Random;

namespace ShardInit.Core.Tests.Kernels;

/// <summary>
/// docs/determinism.md sections 2 to 4 once more, element by element and as near to the text as C# allows: plain floats, no lanes, no tables of
/// constants shared with the kernels. What the kernels are compared with; slow.
/// </summary>
internal static class SpecReference
{
    public static float Value(StreamKey key, Distribution distribution, ulong i)
    {
        uint word(uint attempt) => Word(key, i, attempt);
        switch (distribution)
        {
            case Constant constant: return (float)constant.Value;
            case Uniform uniform: return OfUniform((float)uniform.Low, (float)uniform.High, word(0));
            case Normal normal: return OfNormal((float)normal.Mean, (float)normal.Std, key, i);
            case TruncatedNormal truncated: return OfTruncated((float)truncated.Mean, (float)truncated.Std, (float)truncated.Low, (float)truncated.High, key, i);
            default: throw new ArgumentException(distribution.Kind);
        }
    }

    public static uint Word(StreamKey key, ulong i, uint attempt)
    {
        ulong block = ((i >> 6) << 4) | (i & 15);
        (uint w0, uint w1, uint w2, uint w3) = Philox((uint)block, (uint)(block >> 32), attempt, key.Counter3, key.Key0, key.Key1);
        return ((i >> 4) & 3) switch { 0 => w0, 1 => w1, 2 => w2, _ => w3 };
    }

    private static (uint, uint, uint, uint) Philox(uint c0, uint c1, uint c2, uint c3, uint k0, uint k1)
    {
        for (int round = 0; round < 10; round++)
        {
            ulong p0 = 0xD2511F53ul * c0;
            ulong p1 = 0xCD9E8D57ul * c2;
            uint high(ulong p) => (uint)(p / 4294967296);
            uint low(ulong p) => (uint)(p % 4294967296);
            (c0, c1, c2, c3) = (high(p1) ^ c1 ^ k0, low(p1), high(p0) ^ c3 ^ k1, low(p0));
            k0 += 0x9E3779B9;
            k1 += 0xBB67AE85;
        }
        return (c0, c1, c2, c3);
    }

    private static float Float(uint bits) => BitConverter.UInt32BitsToSingle(bits);

    private static float Least(float a, float b) => a < b ? a : b;

    private static float Most(float a, float b) => a > b ? a : b;

    private static float Poly(float x, params ReadOnlySpan<uint> coefficients)
    {
        float p = Float(coefficients[0]);
        foreach (uint c in coefficients[1..]) p = MathF.FusedMultiplyAdd(p, x, Float(c));
        return p;
    }

    public static float MinusTwoLog(float x)
    {
        uint s = BitConverter.SingleToUInt32Bits(x) - 0x3F3504F3;
        int e = (int)s >> 23;
        float t = Float((s & 0x007FFFFF) + 0x3F3504F3) - 1f;
        float p = Poly(t, 0x3E4E815A, 0xBEA5AF01, 0x3EB090B3, 0xBECBD8D0, 0x3EFFB4BA, 0xBF2AAC7A, 0x3F800036, 0xC0000000);
        return MathF.FusedMultiplyAdd(e, Float(0xBFB17218), t * p);
    }

    public static float Sin(float f) => Poly(f * f, 0xBB97ACC9, 0x3DA33590, 0xBF255DF6, 0x3FC90FDB) * f;

    public static float Cos(float f) => Poly(f * f, 0xBCA73EF4, 0x3E81D834, 0xBF9DE9CE, 0x3F800000);

    public static float Quantile(float t, float x)
    {
        float w = MinusTwoLog((4f * t) * (1f - t));
        if (w < 11f)
            return x * Poly(w - 5.5f, 0xADB35FAD, 0x2E35B050, 0x31B54122, 0xB37C9FEE, 0xB4E0D610, 0x379B3087, 0xB94083D1, 0xBAE961CC, 0x3E30E9FC, 0x400D7294);
        float s = MathF.Sqrt(w);
        float v = (1f / s) - Float(0x3E50CD88);
        return x * (s * Poly(v, 0x47652B04, 0xC5759F00, 0xC5332C42, 0xBE1478AC, 0x4292E59E, 0x40B5E76C, 0x3FDC1173, 0x3E9498E5, 0xBE893F72, 0x3F73D67A));
    }

    private static float OfUniform(float low, float high, uint word)
    {
        if (low == high) return low;
        float scale = (high - low) * Float(0x33800000);
        return Least(MathF.FusedMultiplyAdd(word >> 8, scale, low), MathF.BitDecrement(high));
    }

    private static float OfNormal(float mean, float std, StreamKey key, ulong i)
    {
        bool odd = ((i >> 4) & 1) == 1;
        ulong even = odd ? i - 16 : i;
        uint a = Word(key, even, 0);
        uint b = Word(key, even + 16, 0);
        // k = 2^8 a + (bits 30..23 of b), u = (k + ½) / 2^40 rounded once: from the exact binary64 number.
        double k = (256.0 * a) + ((b >> 23) & 255);
        float u = (float)((k + 0.5) * double.Exp2(-40));
        float r = MathF.Sqrt(MinusTwoLog(u));
        float f = (float)((((b >> 1) & 0x3FFFFF) + 0.5) * double.Exp2(-22) - 0.5);
        float c = (b & 1) == 1 ? -Cos(f) : Cos(f);
        float s = Sin(f);
        bool swapped = b >> 31 == 1;
        float z = r * (odd == swapped ? c : s);
        return MathF.FusedMultiplyAdd(z, std, mean);
    }

    private static float OfTruncated(float mean, float std, float low, float high, StreamKey key, ulong i)
    {
        if (low == high) return low;
        double a = ((double)low - mean) / std;
        double b = ((double)high - mean) / std;
        if (a <= -7.6 && b >= 7.6) return OfNormal(mean, std, key, i);
        if (b - a <= 0.0625 && (b - a) * Math.Max(Math.Abs(a), Math.Abs(b)) <= 1) return OfNarrow(mean, std, low, high, a, b, key, i);
        if (a >= 4 || b <= -4) return OfFar(std, low, high, a, b, key, i);
        float z = a >= 0 || b <= 0 ? OfOneSided(a, b, key, i) : OfFolded(a, b, key, i);
        return Most(Least(MathF.FusedMultiplyAdd(z, std, mean), high), low);
    }

    private static float OfFolded(double a, double b, StreamKey key, ulong i)
    {
        double cdfA = PinnedMath.NormalCdf(a), cdfB = PinnedMath.NormalCdf(-b), m = 1 - cdfA - cdfB;
        bool wide = !(a >= -3.5 && b <= 3.5);
        uint w = Word(key, i, 0);
        // v = (n + ½) / 2^31, or / 2^45 with 14 more bits: the text's float steps, since v need not be exact in binary32.
        uint ext = wide ? (Word(key, i, 1) >> 17) | 1 : 0x4000;
        float v = (Float(((w >> 8) & 0x007FFFFF) | 0x3F800000) - Float(0x3F800001)) + Float(((w << 15) & 0x007F8000) | ext | 0x34000000);
        bool above = w >> 31 == 1;
        double side = above ? cdfB : cdfA;
        float t = MathF.FusedMultiplyAdd(v, (float)(0.5 * m), (float)side);
        float x = MathF.FusedMultiplyAdd(v, -(float)m, (float)(1 - (2 * side)));
        return above ? Quantile(t, x) : -Quantile(t, x);
    }

    private static float OfOneSided(double a, double b, StreamKey key, ulong i)
    {
        bool mirrored = b <= 0;
        (double near, double far) = mirrored ? (-b, -a) : (a, b);
        double beyond = PinnedMath.NormalCdf(-far), m = PinnedMath.NormalCdf(-near) - beyond;
        bool wide = !(far <= 3.5);
        uint w = Word(key, i, 0);
        uint ext = wide ? (Word(key, i, 1) >> 18) | 1 : 0x2000;
        float v = (Float((w >> 9) | 0x3F800000) - Float(0x3F800001)) + Float(((w << 14) & 0x007FC000) | ext | 0x34000000);
        float t = MathF.FusedMultiplyAdd(v, (float)m, (float)beyond);
        float x = MathF.FusedMultiplyAdd(v, -(float)(2 * m), (float)(1 - (2 * beyond)));
        return mirrored ? -Quantile(t, x) : Quantile(t, x);
    }

    private static float OfNarrow(float mean, float std, float low, float high, double a, double b, StreamKey key, ulong i)
    {
        (float anchor, float d) = a >= 0 ? (low, (float)a) : b <= 0 ? (high, (float)b) : (mean, 0f);
        float scale = (high - low) * Float(0x33800000);
        float x = 0;
        for (uint j = 0; j <= 999; j++)
        {
            x = Least(MathF.FusedMultiplyAdd(Word(key, i, 2 * j) >> 8, scale, low), high);
            float e = (x - anchor) / std;
            float u = Float((Word(key, i, (2 * j) + 1) >> 9) | 0x3F800000) - Float(0x3F7FFFFF);
            if (e * (e + (2f * d)) < MinusTwoLog(u)) break;
        }
        return x;
    }

    private static float OfFar(float std, float low, float high, double a, double b, StreamKey key, ulong i)
    {
        bool below = b <= -4;
        (double near, double far) = below ? (-b, -a) : (a, b);
        (float anchor, float step) = below ? (high, -std) : (low, std);
        double end = double.IsPositiveInfinity(far) ? 0 : PinnedMath.Exp(-((far - near) * (far + near) * 0.5));
        float expEnd = (float)end, expSpan = (float)(1 - end), d = (float)near;
        float x = 0;
        for (uint j = 0; j <= 999; j++)
        {
            uint w = Word(key, i, 2 * j), w2 = Word(key, i, (2 * j) + 1);
            float v = (Float((w >> 9) | 0x3F800000) - Float(0x3F800001)) + Float(((w << 14) & 0x007FC000) | ((w2 << 5) & 0x00003FE0) | 0x34000010);
            float e2 = MinusTwoLog(MathF.FusedMultiplyAdd(v, expSpan, expEnd));
            float square = d * d;
            float g = e2 / (d + MathF.Sqrt(square + e2));
            x = Most(Least(MathF.FusedMultiplyAdd(g, step, anchor), high), low);
            float u = Float((w2 >> 9) | 0x3F800000) - Float(0x3F7FFFFF);
            if (u * (d + g) < d) break;
        }
        return x;
    }
}
