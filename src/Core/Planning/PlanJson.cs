using System.Collections.Immutable;
using ShardInit.Errors;
using ShardInit.Initializers;
using ShardInit.Model;

namespace ShardInit.Planning;

/// <summary>
/// <c>plan.json</c>: the whole plan as text, every number resolved, complete enough to be read without the code of families and recipes
/// (docs/plan-format.md). Tiles and files are not in it: they follow from the tensors and the two sizes.
/// </summary>
public static class PlanJson
{
    /// <summary>What the line of a whole tensor takes beside its name, generously.</summary>
    private const int RowLength = 112;

    /// <summary>The bytes of <c>plan.json</c>: the same for equal plans. One tensor a line.</summary>
    public static byte[] Write(Plan plan)
    {
        // Room for all of it at once: doubling would leave twice its size behind.
        JsonOutput json = new((1 << 16) + plan.Tensors.Sum(tensor => tensor.Name.Length + RowLength));
        Numbering<DistributionJson.Identity, Distribution> inits = new();
        Numbering<string, string> rules = new();
        foreach (LogicalTensor tensor in plan.Logical)
        {
            inits.Add(DistributionJson.Key(tensor.Init), tensor.Init);
            rules.Add(tensor.Rule, tensor.Rule);
        }
        json.Open('{');
        Line(json, "format"); json.Number(plan.Format);
        Line(json, "spec"); json.Number(plan.Spec);
        Line(json, "plan_id"); json.Text(plan.PlanId);
        Line(json, "values_id"); json.Text(plan.ValuesId);
        Line(json, "seed"); json.Text(Seeds.Text(plan.Seed));
        Line(json, "namespace"); json.Text(plan.Namespace);
        Line(json, "model"); json.Text(plan.Model);
        Line(json, "recipe"); json.Text(plan.Recipe);
        Line(json, "storage_format"); json.Text(plan.StorageFormat);
        Line(json, "digest"); json.Text(plan.DigestKind);
        Line(json, "shard_bytes"); json.Number(plan.ShardBytes);
        Line(json, "tile_bytes"); json.Number(plan.TileBytes);
        Line(json, "tied"); WriteTexts(json, plan.Tied);
        Line(json, "metadata"); WriteTexts(json, plan.UserMetadata);
        Line(json, "config"); WriteTextOrNull(json, plan.ConfigJson);
        Line(json, "recipe_text"); WriteTextOrNull(json, plan.RecipeText);
        WriteList(json, "rules", rules.Values, json.Text);
        WriteList(json, "inits", inits.Values, init => DistributionJson.Write(json, init));

        bool[] isWhole = [.. plan.Tensors.Select(tensor => IsWhole(plan, tensor))];
        HashSet<int> merged = [.. plan.Tensors.Where((_, index) => isWhole[index]).Select(tensor => tensor.Parts[0].Logical)];
        WriteList(json, "logical", Enumerable.Range(0, plan.Logical.Length).Where(index => !merged.Contains(index)), index =>
        {
            json.Open('{');
            json.Name("name"); json.Text(plan.Logical[index].Name);
            json.Name("shape"); json.Longs(plan.Logical[index].Shape.Dims);
            WriteRule(json, plan.Logical[index], inits, rules);
            json.Close('}');
        });
        WriteList(json, "tensors", Enumerable.Range(0, plan.Tensors.Length), index => WriteTensor(json, plan, plan.Tensors[index], isWhole[index], inits, rules));
        json.Break();
        json.Close('}');
        json.Break();
        return json.Written.ToArray();
    }

    /// <summary>Reads and checks a plan: structure, names, shapes, parts, numbers; tiles and files are cut anew and both ids must come out the same.</summary>
    /// <exception cref="ShardFormatException">The text is no such plan, or a newer one.</exception>
    public static Plan Read(ReadOnlyMemory<byte> utf8, string path) => PlanJsonReader.Read(utf8, path);

    /// <summary>A stored tensor that is one whole logical tensor of the same name: written as one line.</summary>
    private static bool IsWhole(Plan plan, StoredTensor tensor) =>
        tensor.Parts is [Part part] && plan.Logical[part.Logical].Name == tensor.Name && part.IsWhole(plan.Logical[part.Logical].Shape, tensor.Shape);

    private static void WriteTensor(JsonOutput json, Plan plan, StoredTensor tensor, bool isWhole, Numbering<DistributionJson.Identity, Distribution> inits, Numbering<string, string> rules)
    {
        json.Open('{');
        json.Name("name"); json.Text(tensor.Name);
        json.Name("dtype"); json.Text(tensor.DType.Name());
        json.Name("shape"); json.Longs(tensor.Shape.Dims);
        if (tensor.Kind is not null) { json.Name("kind"); json.Text(tensor.Kind); }
        if (tensor.IsBuffer) { json.Name("buffer"); json.Flag(true); }
        if (tensor.Group.Kind == GroupKind.Layer) { json.Name("layer"); json.Number(tensor.Group.Layer); }
        else { json.Name("group"); json.Text(tensor.Group.ToString()); }
        if (isWhole)
        {
            WriteRule(json, plan.Logical[tensor.Parts[0].Logical], inits, rules);
        }
        else
        {
            json.Name("parts");
            json.Open('[');
            foreach (Part part in tensor.Parts) WritePart(json, plan, part);
            json.Close(']');
        }
        json.Close('}');
    }

    private static void WriteRule(JsonOutput json, LogicalTensor tensor, Numbering<DistributionJson.Identity, Distribution> inits, Numbering<string, string> rules)
    {
        json.Name("init"); json.Number(inits.Of(DistributionJson.Key(tensor.Init)));
        json.Name("rule"); json.Number(rules.Of(tensor.Rule));
        if (!tensor.ZeroRows.IsEmpty) { json.Name("zero_rows"); json.Longs(tensor.ZeroRows); }
        if (tensor.Seed is ulong seed) { json.Name("seed"); json.Text(Seeds.Text(seed)); }
    }

    private static void WritePart(JsonOutput json, Plan plan, Part part)
    {
        json.Open('{');
        json.Name("logical"); json.Text(plan.Logical[part.Logical].Name);
        json.Name("source"); WriteRanges(json, part.Source);
        json.Name("permutation");
        json.Longs([.. part.Permutation.Select(axis => (long)axis)]);
        json.Name("destination"); WriteRanges(json, part.Destination);
        json.Close('}');
    }

    private static void WriteRanges(JsonOutput json, ImmutableArray<AxisRange> ranges)
    {
        json.Open('[');
        foreach (AxisRange range in ranges) json.Longs([range.Start, range.End, range.Step]);
        json.Close(']');
    }

    private static void WriteTexts(JsonOutput json, ImmutableSortedDictionary<string, string> texts)
    {
        json.Open('{');
        foreach ((string name, string value) in texts.OrderBy(entry => entry.Key, TensorNames.Order))
        {
            json.Name(name);
            json.Text(value);
        }
        json.Close('}');
    }

    private static void WriteTextOrNull(JsonOutput json, string? text)
    {
        if (text is null) json.Null();
        else json.Text(text);
    }

    private static void WriteList<T>(JsonOutput json, string name, IEnumerable<T> items, Action<T> write)
    {
        Line(json, name);
        json.Open('[');
        foreach (T item in items)
        {
            json.NewLine();
            write(item);
        }
        json.Close(']');
    }

    private static void Line(JsonOutput json, string name)
    {
        json.NewLine();
        json.Name(name);
    }

    /// <summary>Distinct values by the order of their first appearance.</summary>
    private sealed class Numbering<TKey, TValue> where TKey : notnull
    {
        private readonly Dictionary<TKey, int> _numbers = [];

        public List<TValue> Values { get; } = [];

        public void Add(TKey key, TValue value)
        {
            if (_numbers.TryAdd(key, Values.Count)) Values.Add(value);
        }

        public int Of(TKey key) => _numbers[key];
    }
}
