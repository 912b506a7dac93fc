using System.Collections.Immutable;
using System.Globalization;
using ShardInit.Initializers;
using ShardInit.Model;

namespace ShardInit.Planning;

/// <summary>The tensors of a plan with their rules: one JSON object a line (<c>plan --tensors --json</c>), or a table for people. In name order.</summary>
public static class TensorLines
{
    /// <summary>
    /// Keys <c>name</c>, <c>dtype</c>, <c>shape</c>, <c>kind</c> and <c>layer</c> where known, <c>init</c> with every number resolved; a tensor made of several parts has
    /// <c>parts</c> too, each with its own <c>logical</c> name and <c>init</c>, and the common <c>init</c> where they have one.
    /// </summary>
    public static void Write(Plan plan, Stream utf8)
    {
        JsonOutput json = new();
        foreach (StoredTensor tensor in plan.Tensors)
        {
            json.Clear();
            json.Open('{');
            json.Name("name"); json.Text(tensor.Name);
            json.Name("dtype"); json.Text(tensor.DType.Name());
            json.Name("shape"); json.Longs(tensor.Shape.Dims);
            if (tensor.Kind is not null) { json.Name("kind"); json.Text(tensor.Kind); }
            if (tensor.Group.Kind == GroupKind.Layer) { json.Name("layer"); json.Number(tensor.Group.Layer); }
            if (tensor.Parts is [Part only])
            {
                WriteInit(json, plan.Logical[only.Logical]);
            }
            else
            {
                if (HaveOneInit(plan, tensor.Parts)) WriteInit(json, plan.Logical[tensor.Parts[0].Logical]);
                else { json.Name("init"); json.Null(); }
                json.Name("parts");
                json.Open('[');
                foreach (Part part in tensor.Parts)
                {
                    json.Open('{');
                    json.Name("logical"); json.Text(plan.Logical[part.Logical].Name);
                    WriteInit(json, plan.Logical[part.Logical]);
                    json.Close('}');
                }
                json.Close(']');
            }
            json.Close('}');
            json.Break();
            utf8.Write(json.Written);
        }
    }

    private static bool HaveOneInit(Plan plan, ImmutableArray<Part> parts)
    {
        if (parts.IsEmpty || parts.Any(part => !plan.Logical[part.Logical].ZeroRows.IsDefaultOrEmpty)) return false;
        LogicalTensor first = plan.Logical[parts[0].Logical];
        string text = InitJson(first.Init);
        return parts.Select(part => plan.Logical[part.Logical])
            .All(other => other.Seed == first.Seed && (ReferenceEquals(other.Init, first.Init) || InitJson(other.Init) == text));
    }

    /// <summary>A distribution as the object that <c>init</c> has.</summary>
    public static string InitJson(Distribution init) => DistributionJson.Text(init);

    /// <summary>The same for people: columns name, dtype, shape, init, rule.</summary>
    public static void WriteTable(Plan plan, TextWriter text)
    {
        (string Name, string DType, string Shape, string Init, string Rule)[] rows =
            [.. plan.Tensors.Select(tensor => (tensor.Name, tensor.DType.Name(), tensor.Shape.ToString(), Inits(plan, tensor), plan.Logical[tensor.Parts[0].Logical].Rule))];
        int name = rows.Max(row => row.Name.Length);
        int dtype = rows.Max(row => row.DType.Length);
        int shape = rows.Max(row => row.Shape.Length);
        int init = rows.Max(row => row.Init.Length);
        foreach ((string Name, string DType, string Shape, string Init, string Rule) row in rows)
        {
            text.WriteLine($"{row.Name.PadRight(name)}  {row.DType.PadRight(dtype)}  {row.Shape.PadRight(shape)}  {row.Init.PadRight(init)}  {row.Rule}");
        }
    }

    /// <summary>A distribution in one phrase: <c>normal mean 0 std 0.02</c>.</summary>
    public static string Describe(Distribution init)
    {
        if (init is Rows rows) return $"rows {string.Join("; ", rows.Ranges.Select(range => $"{range.Start}:{range.End} {Describe(range.Init)}"))}";
        (string content, IEnumerable<string> names) = init switch
        {
            FormulaDistribution formula => ($" {formula.Formula}", formula.Names.AsEnumerable()),
            Plugin plugin => ($" {plugin.Type} of {plugin.Assembly[..12]}", plugin.Names),
            _ => ("", DistributionJson.NumberNames(init.Kind)!),
        };
        IEnumerable<string> numbers = DistributionJson.Numbers(init).Zip(names, (value, name) => $" {name} {value.ToString("R", CultureInfo.InvariantCulture)}");
        return init.Kind + content + string.Concat(numbers);
    }

    private static void WriteInit(JsonOutput json, LogicalTensor tensor)
    {
        json.Name("init");
        DistributionJson.Write(json, tensor.Init, tensor.ZeroRows.AsSpan());
        if (tensor.Seed is ulong seed) { json.Name("seed"); json.Text(Seeds.Text(seed)); }
    }

    private static string Inits(Plan plan, StoredTensor tensor) =>
        string.Join("; ", tensor.Parts.Select(part => plan.Logical[part.Logical]).Select(logical =>
            Describe(logical.Init) + (logical.ZeroRows.IsEmpty ? "" : $", rows {string.Join(", ", logical.ZeroRows)} zero") + (logical.Seed is ulong seed ? $", seed {Seeds.Text(seed)}" : "")).Distinct());
}
