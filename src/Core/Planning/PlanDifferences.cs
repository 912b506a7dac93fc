using System.Globalization;
using ShardInit.Model;

namespace ShardInit.Planning;

/// <summary>What tells two plans apart, for people: the first thing to read when a directory holds another plan.</summary>
public static class PlanDifferences
{
    /// <summary>Differing tensors that are listed; the rest is counted.</summary>
    public const int MaxTensors = 10;

    /// <summary>One line per difference, inputs first, then tensors; empty exactly where the plan ids are equal.</summary>
    public static IReadOnlyList<string> Between(Plan existing, Plan wanted)
    {
        List<string> lines = [];
        if (existing.PlanId == wanted.PlanId) return lines;
        Compare(lines, "spec", existing.Spec, wanted.Spec);
        Compare(lines, "format", existing.Format, wanted.Format);
        Compare(lines, "seed", existing.Seed, wanted.Seed);
        Compare(lines, "namespace", Errors.Problems.Quote(existing.Namespace), Errors.Problems.Quote(wanted.Namespace));
        Compare(lines, "model", existing.Model, wanted.Model);
        Compare(lines, "recipe", existing.Recipe, wanted.Recipe);
        Compare(lines, "storage format", existing.StorageFormat, wanted.StorageFormat);
        Compare(lines, "digest", existing.DigestKind, wanted.DigestKind);
        Compare(lines, "shard size in bytes", existing.ShardBytes, wanted.ShardBytes);
        Compare(lines, "tile size in bytes", existing.TileBytes, wanted.TileBytes);
        Compare(lines, "stored tensors", existing.Tensors.Length, wanted.Tensors.Length);

        List<string> tensors = [];
        Merge(existing.Tensors, wanted.Tensors, tensor => tensor.Name, (there, here) => Between(existing, there, wanted, here), tensors);
        Merge([.. existing.Tied], [.. wanted.Tied], tie => tie.Key,
            (there, here) => there.Value == here.Value ? null : $"tied to {there.Value} there, {here.Value} here", tensors);
        lines.AddRange(tensors.Take(MaxTensors));
        if (tensors.Count > MaxTensors) lines.Add($"and {tensors.Count - MaxTensors} more tensors differ");
        return lines;
    }

    // Both lists are in name order: one walk finds what is missing on either side and what differs.
    private static void Merge<T>(IReadOnlyList<T> there, IReadOnlyList<T> here, Func<T, string> nameOf, Func<T, T, string?> compare, List<string> lines)
    {
        (int i, int j) = (0, 0);
        while (i < there.Count || j < here.Count)
        {
            int order = i == there.Count ? 1 : j == here.Count ? -1 : TensorNames.Compare(nameOf(there[i]), nameOf(here[j]));
            if (order < 0) lines.Add($"tensor {nameOf(there[i++])}: there only");
            else if (order > 0) lines.Add($"tensor {nameOf(here[j++])}: here only");
            else
            {
                string name = nameOf(there[i]);
                if (compare(there[i++], here[j++]) is string difference) lines.Add($"tensor {name}: {difference}");
            }
        }
    }

    private static string? Between(Plan existing, StoredTensor there, Plan wanted, StoredTensor here)
    {
        if (there.DType != here.DType) return $"dtype {there.DType.Name()} there, {here.DType.Name()} here";
        if (!there.Shape.Equals(here.Shape)) return $"shape {there.Shape} there, {here.Shape} here";
        if (there.Group != here.Group) return $"in {there.Group} there, in {here.Group} here";
        if (there.IsBuffer != here.IsBuffer) return there.IsBuffer ? "a buffer there, a parameter here" : "a parameter there, a buffer here";
        if (there.Parts.Length != here.Parts.Length) return $"{there.Parts.Length} parts there, {here.Parts.Length} here";
        foreach ((Part left, Part right) in there.Parts.Zip(here.Parts))
        {
            LogicalTensor old = existing.Logical[left.Logical];
            LogicalTensor @new = wanted.Logical[right.Logical];
            if (old.Name != @new.Name || !left.Source.AsSpan().SequenceEqual(right.Source.AsSpan()) || !left.Permutation.AsSpan().SequenceEqual(right.Permutation.AsSpan())
                || !left.Destination.AsSpan().SequenceEqual(right.Destination.AsSpan())) return $"made of {old.Name} there, of {@new.Name} here, or of other parts of it";
            if (!old.Shape.Equals(@new.Shape)) return $"part of {old.Name} of shape {old.Shape} there, {@new.Shape} here";
            if (DistributionJson.Key(old.Init) != DistributionJson.Key(@new.Init)) return $"{TensorLines.Describe(old.Init)} there, {TensorLines.Describe(@new.Init)} here";
            if (old.Seed != @new.Seed) return $"{SeedOf(old)} there, {SeedOf(@new)} here";
            if (!old.ZeroRows.AsSpan().SequenceEqual(@new.ZeroRows.AsSpan())) return $"zero rows [{string.Join(", ", old.ZeroRows)}] there, [{string.Join(", ", @new.ZeroRows)}] here";
        }
        return null;
    }

    private static string SeedOf(LogicalTensor tensor) => tensor.Seed is ulong seed ? $"its own seed {Seeds.Text(seed)}" : "the plan's seed";

    private static void Compare<T>(List<string> lines, string what, T there, T here)
    {
        if (!Equals(there, here)) lines.Add(string.Create(CultureInfo.InvariantCulture, $"{what}: {there} there, {here} here"));
    }
}
