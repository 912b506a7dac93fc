using System.Collections.Immutable;
using ShardInit.Model;

namespace ShardInit.Planning;

/// <summary>Do the parts of a stored tensor cover it exactly once? Each inside its tensors, counts equal, no two meeting, counts adding up to the whole.</summary>
internal static class PartChecks
{
    /// <summary>Null where they do, otherwise why not.</summary>
    public static string? Refusal(ImmutableArray<Part> parts, ImmutableArray<LogicalTensor> logical, Shape stored)
    {
        Int128 covered = 0;
        foreach (Part part in parts)
        {
            Shape source = logical[part.Logical].Shape;
            if (part.Source.Length != source.Rank || part.Destination.Length != stored.Rank || part.Permutation.Length != stored.Rank) return "a range for each axis is needed";
            if (!NamesEachAxisOnce(part.Permutation, source.Rank)) return "permutation names each logical axis once, and -1 elsewhere";
            Int128 elements = 1;
            for (int axis = 0; axis < stored.Rank; axis++)
            {
                AxisRange to = part.Destination[axis];
                int along = part.Permutation[axis];
                if (!IsInside(to, stored[axis]) || (along >= 0 && !IsInside(part.Source[along], source[along]))) return $"a range of axis {axis} is outside its tensor";
                long count = along < 0 ? 1 : part.Source[along].Count;
                if (count != to.Count) return $"{count} indices go to {to.Count} on axis {axis}";
                elements *= to.Count;
            }
            covered += elements;
        }
        if (covered != stored.ElementCount) return $"{covered} elements for {stored.ElementCount}";
        return Overlap(parts, stored.Rank);
    }

    // In order of the first axis, so that each part is compared with those alone that begin before it ends: hundreds of experts lie one behind the other there.
    private static string? Overlap(ImmutableArray<Part> parts, int rank)
    {
        if (parts.Length < 2) return null;
        if (rank == 0) return "parts 0 and 1 overlap";
        int[] order = [.. Enumerable.Range(0, parts.Length).OrderBy(part => parts[part].Destination[0].Start)];
        for (int i = 0; i < order.Length; i++)
        {
            Part first = parts[order[i]];
            for (int j = i + 1; j < order.Length && parts[order[j]].Destination[0].Start < first.Destination[0].End; j++)
            {
                if (Meet(first.Destination, parts[order[j]].Destination)) return $"parts {order[i]} and {order[j]} overlap";
            }
        }
        return null;
    }

    private static bool NamesEachAxisOnce(ImmutableArray<int> permutation, int logicalAxes)
    {
        UInt128 seen = 0;
        int named = 0;
        foreach (int axis in permutation)
        {
            if (axis == -1) continue;
            if (axis < 0 || axis >= logicalAxes || (seen & (UInt128.One << axis)) != 0) return false;
            seen |= UInt128.One << axis;
            named++;
        }
        return named == logicalAxes;
    }

    private static bool IsInside(AxisRange range, long size) => range.Start >= 0 && range.End <= size && range.Start <= range.End && range.Step >= 1 && range.Step <= Math.Max(1, size);

    private static bool Meet(ImmutableArray<AxisRange> left, ImmutableArray<AxisRange> right)
    {
        for (int axis = 0; axis < left.Length; axis++) if (!Meet(left[axis], right[axis])) return false;
        return true;
    }

    // Two arithmetic progressions share a number where their bounds overlap and a solution of the congruences lies in the common interval.
    private static bool Meet(AxisRange left, AxisRange right)
    {
        if (left.Count == 0 || right.Count == 0) return false;
        long first = Math.Max(left.Start, right.Start);
        long last = Math.Min(left.Start + ((left.Count - 1) * left.Step), right.Start + ((right.Count - 1) * right.Step));
        if (first > last) return false;
        (long divisor, long factor) = Gcd(left.Step, right.Step);
        Int128 distance = (Int128)right.Start - left.Start;
        if (distance % divisor != 0) return false;
        // left.Start + left.Step * k ≡ right.Start (mod right.Step): k = distance / divisor * factor (mod right.Step / divisor).
        Int128 period = right.Step / divisor;
        Int128 k = distance / divisor % period * factor % period;
        if (k < 0) k += period;
        Int128 common = left.Start + (left.Step * k);
        Int128 cycle = left.Step * period;
        if (common < first) common += (first - common + cycle - 1) / cycle * cycle;
        else common -= (common - first) / cycle * cycle;
        return common <= last;
    }

    // Greatest common divisor d of a and b, and f with a f ≡ d (mod b).
    private static (long Divisor, long Factor) Gcd(long a, long b)
    {
        (long oldFactor, long factor) = (1, 0);
        while (b != 0)
        {
            long quotient = a / b;
            (a, b) = (b, a - (quotient * b));
            (oldFactor, factor) = (factor, oldFactor - (quotient * factor));
        }
        return (a, oldFactor);
    }
}
