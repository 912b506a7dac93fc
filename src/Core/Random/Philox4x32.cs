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
    public const int ScheduleLength = Rounds * 2 * Row.Words;

    /// <summary>Writes the ten round keys as rows of copies: k0 of round r at row 2r, k1 at row 2r+1.</summary>
    public static void ExpandKey(uint key0, uint key1, Span<ulong> schedule)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(schedule.Length, ScheduleLength);
        for (int round = 0; round < Rounds; round++)
        {
            Row.Fill(ref schedule[2 * round * Row.Words], key0);
            Row.Fill(ref schedule[((2 * round) + 1) * Row.Words], key1);
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
    /// The words of whole element blocks: 64 words each, word q of Philox block 16 b + j at 64 b + 16 q + j. Each vector of counters goes as even and odd
    /// lanes, and with enough registers two vectors side by side: four independent chains hide the latency of the multiplier. Rounds are written out, since a
    /// loop around them costs moves; what is the same in every lane is read from memory, since the chains take the registers.
    /// </summary>
    /// <param name="blocks">Element blocks; the counters of all lie in one span of 2^32: none may wrap.</param>
    /// <param name="words">64 × blocks words.</param>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static unsafe void Words<TWide, TBits>(in Uniform uniform, ref readonly ulong schedule, uint firstCounter, int blocks, ref byte words)
        where TWide : struct, IWide<TWide, TBits>
        where TBits : struct, IBits<TBits>
    {
        if (firstCounter > uint.MaxValue - (uint)((16 * blocks) - 1)) throw new ArgumentOutOfRangeException(nameof(firstCounter), firstCounter, $"{blocks} blocks wrap");
        int turn = (TBits.HasManyRegisters ? 2 : 1) * TBits.Count;
        int lanes = 16 * blocks / turn * turn;
        // The widest vectors take two blocks a turn: the last of an odd number goes by narrower ones.
        if (lanes < 16 * blocks) Words<Wide256, Bits256>(in uniform, in schedule, firstCounter + (uint)lanes, 1, ref WordsOf(ref words, lanes));
        if (lanes == 0) return;

        // Rows of the key from the third round on, two a round. Rows of the start, in this order: what the first three rounds add in lanes that are all the
        // same, the last with its key; the step of the products. One row more, so that they can begin on a cache line.
        ref ulong key = ref Unsafe.Add(ref Unsafe.AsRef(in schedule), 4 * Row.Words);
        ulong* memory = stackalloc ulong[6 * Row.Words];
        ref ulong start = ref *(ulong*)(((nuint)memory + 63) & ~(nuint)63);
        Row.Fill(ref start, uniform.Key1Counter3);
        Row.Fill(ref Unsafe.Add(ref start, Row.Words), uniform.Second0);
        Row.Fill(ref Unsafe.Add(ref start, 2 * Row.Words), uniform.Second2);
        Row.Fill(ref Unsafe.Add(ref start, 3 * Row.Words), uniform.Second3 ^ Unsafe.Add(ref key, Row.Words));
        Row.Fill(ref Unsafe.Add(ref start, 4 * Row.Words), (ulong)TBits.Count * M0);

        // Counters follow one another, and so do their products: one multiplication for all.
        TWide next = TWide.Multiply(TWide.Widen(TBits.Splat(firstCounter) + TBits.Iota), M0);
        for (int lane = 0; lane < lanes; lane += turn)
        {
            TWide step = TWide.Load(in Unsafe.Add(ref start, 4 * Row.Words));
            TWide a3 = next;
            next += step;
            TWide b3 = next;
            if (TBits.HasManyRegisters) next += step;
            First(a3, in start, in key, out TWide a0, out TWide a1, out TWide a2, out a3);
            TWide b0 = b3, b1 = b3, b2 = b3;
            if (TBits.HasManyRegisters) First(b3, in start, in key, out b0, out b1, out b2, out b3);
            Round(ref a0, ref a1, ref a2, ref a3, ref Unsafe.Add(ref key, 2 * Row.Words));
            if (TBits.HasManyRegisters) Round(ref b0, ref b1, ref b2, ref b3, ref Unsafe.Add(ref key, 2 * Row.Words));
            Round(ref a0, ref a1, ref a2, ref a3, ref Unsafe.Add(ref key, 4 * Row.Words));
            if (TBits.HasManyRegisters) Round(ref b0, ref b1, ref b2, ref b3, ref Unsafe.Add(ref key, 4 * Row.Words));
            Round(ref a0, ref a1, ref a2, ref a3, ref Unsafe.Add(ref key, 6 * Row.Words));
            if (TBits.HasManyRegisters) Round(ref b0, ref b1, ref b2, ref b3, ref Unsafe.Add(ref key, 6 * Row.Words));
            Round(ref a0, ref a1, ref a2, ref a3, ref Unsafe.Add(ref key, 8 * Row.Words));
            if (TBits.HasManyRegisters) Round(ref b0, ref b1, ref b2, ref b3, ref Unsafe.Add(ref key, 8 * Row.Words));
            Round(ref a0, ref a1, ref a2, ref a3, ref Unsafe.Add(ref key, 10 * Row.Words));
            if (TBits.HasManyRegisters) Round(ref b0, ref b1, ref b2, ref b3, ref Unsafe.Add(ref key, 10 * Row.Words));
            Round(ref a0, ref a1, ref a2, ref a3, ref Unsafe.Add(ref key, 12 * Row.Words));
            if (TBits.HasManyRegisters) Round(ref b0, ref b1, ref b2, ref b3, ref Unsafe.Add(ref key, 12 * Row.Words));
            TBits key0 = TBits.Splat((uint)Unsafe.Add(ref key, 14 * Row.Words));
            TBits key1 = TBits.Splat((uint)Unsafe.Add(ref key, 15 * Row.Words));
            Last(a0, a1, a2, a3, key0, key1, ref WordsOf(ref words, lane));
            if (TBits.HasManyRegisters) Last(b0, b1, b2, b3, key0, key1, ref WordsOf(ref words, lane + TBits.Count));
        }

        // The first three rounds, from the product of counter word 0 with M0.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static void First(TWide product, ref readonly ulong start, ref readonly ulong key, out TWide c0, out TWide c1, out TWide c2, out TWide c3)
        {
            ref ulong row = ref Unsafe.AsRef(in start);
            TWide other = TWide.Multiply(TWide.High(product) ^ TWide.Load(in row), M1);
            c0 = TWide.High(other) ^ TWide.Load(in Unsafe.Add(ref row, Row.Words));
            c2 = product ^ TWide.Load(in Unsafe.Add(ref row, 2 * Row.Words));
            c3 = TWide.Multiply(c0, M0);
            c1 = TWide.Multiply(c2, M1);
            c0 = TWide.Mix(c1, other, in key);
            c2 = TWide.High(c3) ^ TWide.Load(in Unsafe.Add(ref row, 3 * Row.Words));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static void Round(ref TWide c0, ref TWide c1, ref TWide c2, ref TWide c3, ref ulong key)
        {
            TWide product0 = TWide.Multiply(c0, M0);
            TWide product1 = TWide.Multiply(c2, M1);
            c0 = TWide.Mix(product1, c1, in key);
            c2 = TWide.Mix(product0, c3, in Unsafe.Add(ref key, Row.Words));
            c1 = product1;
            c3 = product0;
        }

        // The tenth round makes words of 32 bits at once.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static void Last(TWide c0, TWide c1, TWide c2, TWide c3, TBits key0, TBits key1, ref byte words)
        {
            TWide product0 = TWide.Multiply(c0, M0);
            TWide product1 = TWide.Multiply(c2, M1);
            TBits.Store(TBits.Xor3(TWide.NarrowHigh(product1), TWide.Narrow(c1), key0), ref words);
            TBits.Store(TWide.Narrow(product1), ref Unsafe.Add(ref words, 64));
            TBits.Store(TBits.Xor3(TWide.NarrowHigh(product0), TWide.Narrow(c3), key1), ref Unsafe.Add(ref words, 128));
            TBits.Store(TWide.Narrow(product0), ref Unsafe.Add(ref words, 192));
        }
    }

    /// <summary>Where the words of a counter lane stand: its block, then its place in the first of four runs of 16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref byte WordsOf(ref byte words, int lane) => ref Unsafe.Add(ref words, (256 * (lane >> 4)) + (4 * (lane & 15)));
}
