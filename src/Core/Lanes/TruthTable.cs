namespace ShardInit.Lanes;

/// <summary>Three-way bit operations as AVX-512 takes them: bit 4a + 2b + c of the table is the result for the bits a, b and c.</summary>
internal static class TruthTable
{
    /// <summary>a ^ b ^ c.</summary>
    public const byte Xor3 = 0x96;

    /// <summary>(a &amp; b) | c.</summary>
    public const byte AndOr = 0xEA;
}
