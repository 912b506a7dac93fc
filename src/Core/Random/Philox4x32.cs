using System.Runtime.CompilerServices;
using ShardInit.Lanes;

namespace ShardInit.Random;

/// <summary>
/// Philox4x32-10: a bijection of 128-bit counters for each 64-bit key. Source: J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw,
/// "Parallel random numbers: as easy as 1, 2, 3", SC'11. The only place where its constants stand.
///
/// A round: (hi0, lo0) = M0 × c0, (hi1, lo1) = M1 × c2; c = (hi1 ^ c1 ^ k0, lo1, hi0 ^ c3 ^ k1, lo0). The key grows by (W0, W1) before every round but
/// the first. Ten rounds.
///
/// Departure for speed, which changes no bit: in one call only c0 differs between lanes, so what the first two rounds make of c1, c2 and c3 is the
/// same in every lane and is computed once (<see cref="Uniform"/>).
/// </summary>
internal static class Philox4x32
{
    public const uint M0 = 0xD2511F53;
    public const uint M1 = 0xCD9E8D57;
    public const uint W0 = 0x9E3779B9;
    public const uint W1 = 0xBB67AE85;
    public const int Rounds = 10;

    /// <summary>Attempts of a rejection draw; after the last, its value stands.</summary>
    public const uint Rejections = 1000;

    /// <summary>Third counter word: what the words are for, and which attempt.</summary>
    public static uint Purpose(Purpose purpose, uint attempt) => ((uint)purpose << 24) | attempt;

    /// <summary>Length of the table that <see cref="ExpandKey"/> fills, in 64-bit words: two rows a round.</summary>
    public const int ScheduleLength = Rounds * 2 * KeyRow.Words;

    /// <summary>Writes the ten round keys as rows of copies: k0 of round r at row 2r, k1 at row 2r+1.</summary>
    public static void ExpandKey(uint key0, uint key1, Span<ulong> schedule)
    {
        for (int round = 0; round < Rounds; round++)
        {
            schedule.Slice(2 * round * KeyRow.Words, KeyRow.Words).Fill(key0);
            schedule.Slice(((2 * round) + 1) * KeyRow.Words, KeyRow.Words).Fill(key1);
            key0 += W0;
            key1 += W1;
        }
    }

    /// <summary>One block, plainly: the definition.</summary>
    public static (uint W0, uint W1, uint W2, uint W3) Block(uint c0, uint c1, uint c2, uint c3, uint key0, uint key1)
    {
        for (int round = 0; round < Rounds; round++)
        {
            ulong product0 = (ulong)M0 * c0;
            ulong product1 = (ulong)M1 * c2;
            (c0, c1, c2, c3) = ((uint)(product1 >> 32) ^ c1 ^ key0, (uint)product1, (uint)(product0 >> 32) ^ c3 ^ key1, (uint)product0);
            key0 += W0;
            key1 += W1;
        }
        return (c0, c1, c2, c3);
    }

    /// <summary>What is the same in every lane after the first two rounds, as words to combine: a function of c1, c2, c3 and the key.</summary>
    public readonly struct Uniform
    {
        internal readonly uint Key1Counter3;
        internal readonly uint Second0;
        internal readonly uint Second2;
        internal readonly uint Second3;

        public Uniform(uint c1, uint c2, uint c3, uint key0, uint key1)
        {
            ulong first = (ulong)M1 * c2;
            uint c0 = (uint)(first >> 32) ^ c1 ^ key0;
            ulong second = (ulong)M0 * c0;
            Key1Counter3 = c3 ^ key1;
            Second0 = (uint)first ^ (key0 + W0);
            Second2 = (uint)(second >> 32) ^ (key1 + W1);
            Second3 = (uint)second;
        }
    }

    /// <summary>
    /// The words of whole element blocks: 64 words each, word q of Philox block 16 b + j at 64 b + 16 q + j. Two vectors of counters go side by side,
    /// each as even and odd lanes: four independent chains hide the latency of the multiplier.
    /// </summary>
    /// <param name="blockPairs">Pairs of element blocks; the counters of all lie in one span of 2^32.</param>
    /// <param name="words">128 × blockPairs words.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Words<TWide, TBits>(in Uniform uniform, ref readonly ulong schedule, uint firstCounter, int blockPairs, ref byte words)
        where TWide : struct, IWide<TWide, TBits>
        where TBits : struct, IBits<TBits>
    {
        TBits counter = TBits.Splat(firstCounter) + TBits.Iota;
        TBits step = TBits.Splat((uint)TBits.Count);
        TWide key1Counter3 = TWide.Splat(uniform.Key1Counter3);
        TWide second0 = TWide.Splat(uniform.Second0);
        TWide second2 = TWide.Splat(uniform.Second2);
        TWide second3 = TWide.Splat(uniform.Second3);
        for (int lane = 0; lane < 32 * blockPairs; lane += 2 * TBits.Count)
        {
            TWide a0 = TWide.Widen(counter);
            counter += step;
            TWide b0 = TWide.Widen(counter);
            counter += step;
            TWide a3 = TWide.Multiply(a0, M0);
            TWide b3 = TWide.Multiply(b0, M0);
            TWide a1 = TWide.Multiply(TWide.High(a3) ^ key1Counter3, M1);
            TWide b1 = TWide.Multiply(TWide.High(b3) ^ key1Counter3, M1);
            a0 = TWide.High(a1) ^ second0;
            b0 = TWide.High(b1) ^ second0;
            TWide a2 = a3 ^ second2;
            TWide b2 = b3 ^ second2;
            a3 = second3;
            b3 = second3;
            // Two rounds a turn, so that the words change places without moves.
            ref ulong row = ref Unsafe.Add(ref Unsafe.AsRef(in schedule), 4 * KeyRow.Words);
            for (int round = 2; round < Rounds; round += 2)
            {
                TWide aProduct = TWide.Multiply(a0, M0);
                TWide bProduct = TWide.Multiply(b0, M0);
                TWide aOther = TWide.Multiply(a2, M1);
                TWide bOther = TWide.Multiply(b2, M1);
                a0 = TWide.Mix(aOther, a1, in row);
                b0 = TWide.Mix(bOther, b1, in row);
                a2 = TWide.Mix(aProduct, a3, in Unsafe.Add(ref row, KeyRow.Words));
                b2 = TWide.Mix(bProduct, b3, in Unsafe.Add(ref row, KeyRow.Words));
                a3 = TWide.Multiply(a0, M0);
                b3 = TWide.Multiply(b0, M0);
                a1 = TWide.Multiply(a2, M1);
                b1 = TWide.Multiply(b2, M1);
                a0 = TWide.Mix(a1, aOther, in Unsafe.Add(ref row, 2 * KeyRow.Words));
                b0 = TWide.Mix(b1, bOther, in Unsafe.Add(ref row, 2 * KeyRow.Words));
                a2 = TWide.Mix(a3, aProduct, in Unsafe.Add(ref row, 3 * KeyRow.Words));
                b2 = TWide.Mix(b3, bProduct, in Unsafe.Add(ref row, 3 * KeyRow.Words));
                row = ref Unsafe.Add(ref row, 4 * KeyRow.Words);
            }
            Store<TWide, TBits>(a0, a1, a2, a3, ref WordsOf(ref words, lane));
            Store<TWide, TBits>(b0, b1, b2, b3, ref WordsOf(ref words, lane + TBits.Count));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref byte WordsOf(ref byte words, int lane) => ref Unsafe.Add(ref words, (256 * (lane >> 4)) + (4 * (lane & 15)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<TWide, TBits>(TWide c0, TWide c1, TWide c2, TWide c3, ref byte words)
        where TWide : struct, IWide<TWide, TBits>
        where TBits : struct, IBits<TBits>
    {
        TBits.Store(TWide.Narrow(c0), ref words);
        TBits.Store(TWide.Narrow(c1), ref Unsafe.Add(ref words, 64));
        TBits.Store(TWide.Narrow(c2), ref Unsafe.Add(ref words, 128));
        TBits.Store(TWide.Narrow(c3), ref Unsafe.Add(ref words, 192));
    }
}
