using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using ShardInit.Initializers;
using ShardInit.Model;
using ShardInit.Planning;
using ShardInit.Random;

namespace ShardInit.Engine;

/// <summary>Why one element has its value: everything between its place in a file and the random words, as docs/determinism.md computes it.</summary>
public sealed record Explanation
{
    public required ElementPlace Place { get; init; }
    public required StoredTensor Tensor { get; init; }
    public required LogicalTensor Logical { get; init; }
    /// <summary>The distribution of the element itself: that of its rows where the tensor has several.</summary>
    public required Distribution Init { get; init; }
    /// <summary>Seed that the key comes from: the plan's, or the rule's own.</summary>
    public required ulong Seed { get; init; }
    public required StreamKey Key { get; init; }
    /// <summary>What the value is computed from; empty where no random word is used or a whole tensor is computed at once.</summary>
    public required ImmutableArray<ExplainedBlock> Blocks { get; init; }
    /// <summary>How, in one sentence.</summary>
    public required string Draw { get; init; }
    /// <summary>The element is in a padding row: 0 whatever was drawn.</summary>
    public required bool IsZeroRow { get; init; }
    /// <summary>The value before the rounding to the stored dtype; null for integers.</summary>
    public required float? Single { get; init; }
    /// <summary>Its bytes in the file, little-endian.</summary>
    public required ImmutableArray<byte> Bytes { get; init; }

    /// <summary>The bits as one number.</summary>
    public ulong Bits
    {
        get
        {
            Span<byte> bytes = stackalloc byte[8];
            bytes.Clear();
            Bytes.AsSpan().CopyTo(bytes);
            return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        }
    }

    /// <param name="tensor">Number in <see cref="Plan.Tensors"/>.</param>
    /// <param name="element">Row-major number in the stored tensor.</param>
    /// <exception cref="Errors.PlanException">A distribution that cannot be computed here, for instance a plug-in that is not there.</exception>
    public static Explanation Of(Plan plan, int tensor, long element, ValueOptions? options = null)
    {
        ElementPlace place = ElementPlace.Of(plan, tensor, element);
        StoredTensor stored = plan.Tensors[tensor];
        LogicalTensor logical = plan.Logical[place.Logical];
        Distribution init = logical.Init is Rows rows ? rows.Ranges.First(range => place.LogicalIndex[0] < range.End).Init : logical.Init;
        StreamKey key = plan.KeyOf(logical);
        ElementDraw draw = ElementDraw.Of(init);
        // The one logical tensor alone: a plan may have a hundred thousand.
        Plan alone = plan with { Logical = [logical], Tensors = [new StoredTensor(logical.Name, stored.DType, logical.Shape, null, false, stored.Group, [Part.Whole(0, logical.Shape)])] };
        PlanValues values = new(alone, options ?? new ValueOptions());
        byte[] bytes = new byte[stored.DType.ByteSize()];
        values.Run(0, stored.DType, place.LogicalElement, 1, bytes);
        float single = 0;
        if (stored.DType.IsFloat()) values.Run(0, DType.F32, place.LogicalElement, 1, MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(ref single, 1)));
        return new Explanation
        {
            Place = place,
            Tensor = stored,
            Logical = logical,
            Init = init,
            Seed = logical.Seed ?? plan.Seed,
            Key = key,
            Blocks = [.. draw.Words.Select(words => ExplainedBlock.Of(key, place.LogicalElement, words.Purpose, words.Attempt))],
            Draw = draw.Sentence,
            IsZeroRow = place.LogicalIndex.Length > 0 && logical.ZeroRows.Contains(place.LogicalIndex[0]),
            Single = stored.DType.IsFloat() ? single : null,
            Bytes = ImmutableCollectionsMarshal.AsImmutableArray(bytes),
        };
    }
}

/// <summary>One Philox block that belongs to an element.</summary>
/// <param name="Purpose">Top byte of the third counter word (docs/determinism.md, section 2).</param>
/// <param name="Counter">c0 to c3.</param>
/// <param name="Words">The four words that come out.</param>
/// <param name="Own">Which of them is the element's: 0 to 3. Its partner of a pair has the one with the last bit flipped.</param>
public sealed record ExplainedBlock(int Purpose, int Attempt, ImmutableArray<uint> Counter, ImmutableArray<uint> Words, int Own)
{
    internal static ExplainedBlock Of(StreamKey key, long element, Purpose purpose, uint attempt)
    {
        ulong block = StreamKey.BlockOf((ulong)element);
        ImmutableArray<uint> counter = [(uint)block, (uint)(block >> 32), Philox4x32.Purpose(purpose, attempt), key.Counter3];
        (uint w0, uint w1, uint w2, uint w3) = Philox4x32.Block(counter[0], counter[1], counter[2], counter[3], key.Key0, key.Key1);
        return new ExplainedBlock((int)purpose, (int)attempt, counter, [w0, w1, w2, w3], (int)((element >> 4) & 3));
    }
}
