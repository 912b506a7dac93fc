using System.Globalization;
using ShardInit.Model;

namespace ShardInit.Planning;

/// <summary>What tells two plans apart, for people: the first thing to read when a directory holds another plan, and what <c>diff</c> shows.</summary>
public static class PlanDifferences
{
    /// <summary>Differing tensors that <see cref="Between"/> lists; the rest is counted.</summary>
    public const int MaxTensors = 10;

    /// <summary>One line per difference, inputs first, then tensors; empty exactly where the plan ids are equal.</summary>
    public static IReadOnlyList<string> Between(Plan existing, Plan wanted)
    {
        IReadOnlyList<PlanDifference> all = All(existing, wanted);
        List<string> lines = [.. all.Where(difference => !difference.IsTensor).Select(difference => difference.Line())];
        int tensors = all.Count - lines.Count;
        lines.AddRange(all.Skip(lines.Count).Take(MaxTensors).Select(difference => difference.Line()));
        if (tensors > MaxTensors) lines.Add($"and {tensors - MaxTensors} more tensors differ");
        return lines;
    }

    /// <summary>Every difference, inputs first, then tensors in order of name; empty exactly where the plan ids are equal.</summary>
    public static IReadOnlyList<PlanDifference> All(Plan first, Plan second)
    {
        List<PlanDifference> all = [];
        if (first.PlanId == second.PlanId) return all;
        Input("spec", first.Spec, second.Spec);
        Input("format", first.Format, second.Format);
        Input("seed", first.Seed, second.Seed);
        Input("namespace", Errors.Problems.Quote(first.Namespace), Errors.Problems.Quote(second.Namespace));
        Input("model", first.Model, second.Model);
        Input("recipe", first.Recipe, second.Recipe);
        Input("storage format", first.StorageFormat, second.StorageFormat);
        Input("digest", first.DigestKind, second.DigestKind);
        Input("shard size in bytes", first.ShardBytes, second.ShardBytes);
        Input("tile size in bytes", first.TileBytes, second.TileBytes);
        Input("stored tensors", first.Tensors.Length, second.Tensors.Length);
        Merge(first.Tensors, second.Tensors, tensor => tensor.Name, (left, right) => Compare(first, left, second, right), all);
        Merge([.. first.Tied], [.. second.Tied], tie => tie.Key, (left, right) => left.Value == right.Value ? null : ("tied to ", left.Value, right.Value), all);
        return all;

        void Input<T>(string name, T left, T right)
        {
            if (!Equals(left, right)) all.Add(new PlanDifference(false, name, "", Convert.ToString(left, CultureInfo.InvariantCulture), Convert.ToString(right, CultureInfo.InvariantCulture)));
        }
    }

    /// <summary>Keys of the two configurations that differ, nested ones as <c>outer.inner</c>: they lie outside the ids, but often say why the tensors differ.</summary>
    public static IReadOnlyList<PlanDifference> OfConfigurations(Plan first, Plan second)
    {
        if (first.ConfigJson is not string left || second.ConfigJson is not string right || left == right) return [];
        SortedDictionary<string, string> before = Values(left), after = Values(right);
        return [.. before.Keys.Union(after.Keys).Order(StringComparer.Ordinal)
            .Where(key => before.GetValueOrDefault(key) != after.GetValueOrDefault(key))
            .Select(key => new PlanDifference(false, $"config {key}", "", before.GetValueOrDefault(key), after.GetValueOrDefault(key)))];
    }

    private static SortedDictionary<string, string> Values(string json)
    {
        SortedDictionary<string, string> values = new(StringComparer.Ordinal);
        try
        {
            Collect(JsonText.Parse(System.Text.Encoding.UTF8.GetBytes(json)), "");
        }
        catch (JsonTextException)
        {
            // The text in plan.json lies outside both ids: where it was altered there is nothing to compare.
        }
        return values;

        void Collect(JsonNode node, string name)
        {
            if (node.Kind != JsonKind.Object || node.Members.Count == 0) values[name] = node.ToJson();
            else foreach ((string key, JsonNode value) in node.Members) Collect(value, name.Length == 0 ? key : $"{name}.{key}");
        }
    }

    // Both lists are in name order: one walk finds what is missing on either side and what differs.
    private static void Merge<T>(IReadOnlyList<T> first, IReadOnlyList<T> second, Func<T, string> nameOf, Func<T, T, (string What, string First, string Second)?> compare, List<PlanDifference> all)
    {
        (int i, int j) = (0, 0);
        while (i < first.Count || j < second.Count)
        {
            int order = i == first.Count ? 1 : j == second.Count ? -1 : TensorNames.Compare(nameOf(first[i]), nameOf(second[j]));
            if (order < 0) all.Add(new PlanDifference(true, nameOf(first[i++]), "", "", null));
            else if (order > 0) all.Add(new PlanDifference(true, nameOf(second[j++]), "", null, ""));
            else
            {
                string name = nameOf(first[i]);
                if (compare(first[i++], second[j++]) is var (what, left, right)) all.Add(new PlanDifference(true, name, what, left, right));
            }
        }
    }

    private static (string What, string First, string Second)? Compare(Plan first, StoredTensor left, Plan second, StoredTensor right)
    {
        if (left.DType != right.DType) return ("dtype ", left.DType.Name(), right.DType.Name());
        if (!left.Shape.Equals(right.Shape)) return ("shape ", left.Shape.ToString(), right.Shape.ToString());
        if (left.Group != right.Group) return ("in ", left.Group.ToString(), right.Group.ToString());
        if (left.IsBuffer != right.IsBuffer) return ("a ", left.IsBuffer ? "buffer" : "parameter", right.IsBuffer ? "buffer" : "parameter");
        if (left.Parts.Length != right.Parts.Length) return ("", $"{left.Parts.Length} parts", $"{right.Parts.Length} parts");
        for (int i = 0; i < left.Parts.Length; i++) if (Compare(first, left.Parts[i], second, right.Parts[i]) is var (what, before, after)) return (what, before, after);
        return null;
    }

    private static (string What, string First, string Second)? Compare(Plan first, Part left, Plan second, Part right)
    {
        LogicalTensor before = first.Logical[left.Logical];
        LogicalTensor after = second.Logical[right.Logical];
        if (before.Name != after.Name) return ("made of ", before.Name, after.Name);
        if (!before.Shape.Equals(after.Shape)) return ($"part of {before.Name} of shape ", before.Shape.ToString(), after.Shape.ToString());
        if (!left.Source.AsSpan().SequenceEqual(right.Source.AsSpan()) || !left.Permutation.AsSpan().SequenceEqual(right.Permutation.AsSpan()) || !left.Destination.AsSpan().SequenceEqual(right.Destination.AsSpan()))
        {
            return ($"of {before.Name} ", Place(left), Place(right));
        }
        if (DistributionJson.Key(before.Init) != DistributionJson.Key(after.Init)) return ("", TensorLines.Describe(before.Init), TensorLines.Describe(after.Init));
        if (before.Seed != after.Seed) return ("", SeedOf(before), SeedOf(after));
        if (!before.ZeroRows.AsSpan().SequenceEqual(after.ZeroRows.AsSpan())) return ("zero rows ", $"[{string.Join(", ", before.ZeroRows)}]", $"[{string.Join(", ", after.ZeroRows)}]");
        return null;
    }

    private static string Place(Part part) =>
        $"{string.Join(",", part.Source.Select(Text))} by axes ({string.Join(", ", part.Permutation)}) at {string.Join(",", part.Destination.Select(Text))}";

    private static string Text(AxisRange range) => range.Step == 1 ? $"{range.Start}:{range.End}" : $"{range.Start}:{range.End}:{range.Step}";

    private static string SeedOf(LogicalTensor tensor) => tensor.Seed is ulong seed ? $"its own seed {Seeds.Text(seed)}" : "the plan's seed";
}
