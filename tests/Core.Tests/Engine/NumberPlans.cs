using System.Collections.Immutable;
using ShardInit.Engine;
using ShardInit.Initializers;
using ShardInit.Model;
using ShardInit.Planning;

namespace ShardInit.Core.Tests.Engine;

/// <summary>Plans put together by hand, for tests of values: logical tensors and one stored tensor made of parts of them.</summary>
internal static class NumberPlans
{
    public static Plan Of(DType dtype, long[] stored, Part[] parts, params (string Name, long[] Shape, Distribution Init)[] logical) =>
        Of(dtype, stored, parts, [.. logical.Select(tensor => new LogicalTensor(tensor.Name, new Shape(tensor.Shape), tensor.Init, [], "test"))]);

    public static Plan Of(DType dtype, long[] stored, Part[] parts, LogicalTensor[] logical) => new()
    {
        Spec = 1, Format = 1, Seed = 42, Namespace = "", Model = "Test", Recipe = "test@1", StorageFormat = "arrow", DigestKind = "crc32", ShardBytes = 1 << 30, TileBytes = 1 << 20,
        Logical = [.. logical], Files = [], Tied = ImmutableSortedDictionary<string, string>.Empty, ValuesId = "", PlanId = "",
        Tensors = [new StoredTensor("stored", dtype, new Shape(stored), null, false, LayerGroup.Head, [.. parts])],
    };

    public static Plan Whole(DType dtype, Distribution distribution, long[] shape, params long[] zeroRows) =>
        Of(dtype, shape, [Part.Whole(0, new Shape(shape))], [new LogicalTensor("whole", new Shape(shape), distribution, [.. zeroRows], "test")]);

    public static AxisRange Range(long start, long end, long step = 1) => new(start, end, step);

    /// <summary>
    /// The stored tensor by the definition of <see cref="Part"/>: for every position of every part, one element of a logical tensor that was written whole.
    /// Bytes that no part covers stay as <paramref name="background"/>.
    /// </summary>
    public static byte[] Expected(Plan plan, byte background)
    {
        StoredTensor stored = plan.Tensors[0];
        int size = stored.DType.ByteSize();
        byte[] bytes = new byte[stored.ByteLength];
        Array.Fill(bytes, background);
        foreach (Part part in stored.Parts)
        {
            LogicalTensor logical = plan.Logical[part.Logical];
            byte[] whole = new byte[logical.Shape.ElementCount * size];
            Plan alone = plan with { Tensors = [stored with { Shape = logical.Shape, Parts = [Part.Whole(part.Logical, logical.Shape)] }] };
            new PlanValues(alone, LaneChoice.Scalar).Fill(0, 0, logical.Shape.ElementCount, whole);
            long positions = part.Destination.Aggregate(1L, (product, range) => product * range.Count);
            for (long number = 0; number < positions; number++)
            {
                long[] position = Unravel(number, [.. part.Destination.Select(range => range.Count)]);
                long[] target = [.. position.Select((p, axis) => part.Destination[axis].Start + (p * part.Destination[axis].Step))];
                long[] source = [.. part.Source.Select(range => range.Start)];
                for (int axis = 0; axis < target.Length; axis++)
                    if (part.Permutation[axis] >= 0) source[part.Permutation[axis]] += position[axis] * part.Source[part.Permutation[axis]].Step;
                whole.AsSpan((int)(Ravel(source, logical.Shape) * size), size).CopyTo(bytes.AsSpan((int)(Ravel(target, stored.Shape) * size)));
            }
        }
        return bytes;
    }

    private static long[] Unravel(long number, long[] dims)
    {
        long[] position = new long[dims.Length];
        for (int axis = dims.Length - 1; axis >= 0; axis--) (number, position[axis]) = (number / dims[axis], number % dims[axis]);
        return position;
    }

    private static long Ravel(long[] index, Shape shape)
    {
        long number = 0;
        for (int axis = 0; axis < shape.Rank; axis++)
        {
            Assert.InRange(index[axis], 0, shape[axis] - 1);
            number = (number * shape[axis]) + index[axis];
        }
        return number;
    }
}
