using ShardInit.Errors;
using ShardInit.Model;
using ShardInit.Planning;

namespace ShardInit.Storage;

/// <summary>
/// The proof, from the plan alone, that every stored element is written exactly once and comes from exactly one logical element, and the
/// totals that follow. Costs O(tiles + parts log parts).
/// </summary>
/// <param name="Tensors">Stored tensors.</param>
/// <param name="Parameters">Elements of stored tensors that are no buffers.</param>
/// <param name="StoredElements">Elements of all stored tensors; each lies in exactly one tile.</param>
/// <param name="LogicalElements">Logical elements that stored ones are taken from.</param>
/// <param name="ZeroElements">Logical elements that are zero because their row is padding.</param>
/// <param name="Ties">Names that share another tensor's values and are not stored.</param>
/// <param name="ValueBytes">Bytes of all value buffers.</param>
public sealed record Coverage(
    long Tensors, long Parameters, long StoredElements, long LogicalElements, long ZeroElements, long Ties, long ValueBytes, long Tiles)
{
    /// <exception cref="ShardFormatException">BadPlan, with the first hole or overlap.</exception>
    public static Coverage Of(Plan plan, string path)
    {
        CheckTiles(plan, path);
        long parameters = 0, stored = 0, logical = 0, bytes = 0, zero = 0;
        bool[] used = new bool[plan.Logical.Length];
        checked
        {
            foreach (StoredTensor tensor in plan.Tensors)
            {
                CheckParts(tensor, path);
                stored += tensor.Shape.ElementCount;
                bytes += tensor.ByteLength;
                if (!tensor.IsBuffer) parameters += tensor.Shape.ElementCount;
                foreach (Part part in tensor.Parts)
                {
                    logical += Count(part.Source);
                    used[part.Logical] = true;
                }
            }
            for (int index = 0; index < used.Length; index++)
            {
                LogicalTensor tensor = plan.Logical[index];
                if (used[index] && tensor.ZeroRows.Length > 0 && tensor.Shape.Rank > 0 && tensor.Shape[0] > 0)
                {
                    zero += tensor.ZeroRows.Length * (tensor.Shape.ElementCount / tensor.Shape[0]);
                }
            }
        }
        return new Coverage(plan.Tensors.Length, parameters, stored, logical, zero, plan.Tied.Count, bytes, plan.Files.Sum(file => (long)file.Tiles.Length));
    }

    /// <summary>The tiles of each tensor, put in order, follow one another from element 0 to the last.</summary>
    private static void CheckTiles(Plan plan, string path)
    {
        long[] covered = new long[plan.Tensors.Length];
        bool[] seen = new bool[plan.Tensors.Length];
        foreach (Tile tile in plan.Files.SelectMany(file => file.Tiles).OrderBy(tile => tile.Tensor).ThenBy(tile => tile.FirstElement))
        {
            StoredTensor tensor = plan.Tensors[tile.Tensor];
            if (tile.FirstElement != covered[tile.Tensor])
            {
                throw Bad(path, $"tensor '{tensor.Name}': expected a tile that starts at element {covered[tile.Tensor]}, found one at {tile.FirstElement}");
            }
            covered[tile.Tensor] = checked(tile.FirstElement + tile.ElementCount);
            seen[tile.Tensor] = true;
        }
        for (int index = 0; index < covered.Length; index++)
        {
            StoredTensor tensor = plan.Tensors[index];
            if (!seen[index] || covered[index] != tensor.Shape.ElementCount)
            {
                throw Bad(path, $"tensor '{tensor.Name}': expected tiles of {tensor.Shape.ElementCount} elements, found {covered[index]}");
            }
        }
    }

    private static void CheckParts(StoredTensor tensor, string path)
    {
        long covered = 0;
        foreach (Part part in tensor.Parts) covered = checked(covered + Count(part.Destination));
        if (covered != tensor.Shape.ElementCount)
        {
            throw Bad(path, $"tensor '{tensor.Name}': expected parts of {tensor.Shape.ElementCount} elements, found {covered}");
        }
        if (tensor.Shape.Rank == 0 || tensor.Parts.Length < 2) return;
        Part[] sorted = [.. tensor.Parts.Where(part => Count(part.Destination) > 0).OrderBy(part => part.Destination[0].Start)];
        for (int first = 0; first < sorted.Length; first++)
        {
            for (int second = first + 1; second < sorted.Length && sorted[second].Destination[0].Start < sorted[first].Destination[0].End; second++)
            {
                if (Overlap(sorted[first], sorted[second])) throw Bad(path, $"tensor '{tensor.Name}': two parts cover the same elements");
            }
        }
    }

    private static bool Overlap(Part first, Part second)
    {
        for (int axis = 0; axis < first.Destination.Length; axis++)
        {
            if (!Meet(first.Destination[axis], second.Destination[axis])) return false;
        }
        return true;
    }

    /// <summary>Whether two arithmetic progressions share an index: Start1 + a·Step1 = Start2 + b·Step2 within both.</summary>
    internal static bool Meet(AxisRange first, AxisRange second)
    {
        if (first.Count == 0 || second.Count == 0) return false;
        Int128 step = 1;
        (Int128 gcd, Int128 inverse) = Euclid(first.Step, second.Step);
        Int128 difference = (Int128)second.Start - first.Start;
        if (difference % gcd != 0) return false;
        step = first.Step / gcd * second.Step;
        Int128 modulus = second.Step / gcd;
        Int128 a = difference / gcd % modulus * (inverse % modulus) % modulus;
        Int128 meeting = first.Start + (((a % modulus) + modulus) % modulus * first.Step);
        Int128 low = Math.Max(first.Start, second.Start);
        if (meeting < low) meeting += (low - meeting + step - 1) / step * step;
        return meeting <= Last(first) && meeting <= Last(second);
    }

    private static long Last(AxisRange range) => range.Start + ((range.Count - 1) * range.Step);

    /// <summary>gcd(a, b) and x with a·x = gcd (mod b).</summary>
    private static (Int128 Gcd, Int128 Inverse) Euclid(Int128 a, Int128 b)
    {
        (Int128 x, Int128 nextX) = (1, 0);
        while (b != 0)
        {
            Int128 quotient = a / b;
            (a, b) = (b, a - (quotient * b));
            (x, nextX) = (nextX, x - (quotient * nextX));
        }
        return (a, x);
    }

    private static long Count(IEnumerable<AxisRange> ranges)
    {
        long count = 1;
        foreach (AxisRange range in ranges) count = checked(count * range.Count);
        return count;
    }

    private static ShardFormatException Bad(string path, string message) => new(ShardFormatCode.BadPlan, path, message);
}
