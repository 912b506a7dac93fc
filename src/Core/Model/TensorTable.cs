using System.Collections.Immutable;
using ShardInit.Errors;

namespace ShardInit.Model;

/// <summary>
/// Reads a tensor table: <c>{"tensors": [{"name": "enc.w", "shape": [64, 48, 3], "dtype": "F32", "kind": "Conv1d", "layer": 0, "tied_to": null, "zero_rows": []}]}</c>.
/// Only name and shape are needed. <c>config</c> beside <c>tensors</c> may hold numbers for the expressions of recipes.
/// </summary>
internal static class TensorTable
{
    private const int MaxLayer = 999_999;
    private static readonly string[] s_tableKeys = ["tensors", "config"];
    private static readonly string[] s_rowKeys = ["name", "shape", "dtype", "kind", "layer", "tied_to", "zero_rows"];

    private sealed record Row(int Line, string Name, long[] Shape, DType? DType, string? Kind, int? Layer, string? TiedTo, ImmutableArray<long> ZeroRows);

    /// <exception cref="PlanException">All problems of the table.</exception>
    public static ModelSpec Read(JsonNode root, string path)
    {
        Problems problems = new();
        RefuseOtherKeys(root, s_tableKeys, new Place(path, root.Line, null), problems);
        List<Row> rows = [];
        JsonNode list = root["tensors"]!;
        if (list.Kind != JsonKind.List) problems.Add($"{path}:{list.Line}: tensors: expected a list, found {list.Describe()}");
        foreach (JsonNode item in list.Items)
        {
            if (ReadRow(item, path, problems) is Row row) rows.Add(row);
        }
        if (list is { Kind: JsonKind.List, Items.Count: 0 }) problems.Add($"{path}:{list.Line}: tensors: expected at least one tensor, found none");

        ModelBuilder builder = new(path, problems);
        Dictionary<string, Row> byName = new(StringComparer.Ordinal);
        foreach (Row row in rows) byName.TryAdd(row.Name, row);
        foreach (Row row in rows) Add(row, byName, builder, path);
        ImmutableDictionary<string, double> numbers = ReadConfig(root["config"], path, problems);
        problems.ThrowIfAny();
        return builder.Build(ModelSource.Table, "table", numbers: numbers);
    }

    private static void Add(Row row, Dictionary<string, Row> byName, ModelBuilder builder, string path)
    {
        if (row.TiedTo is null)
        {
            builder.Add(row.Name, row.Shape, row.Kind, LayerNames.GroupOf(row.Name, row.Kind, row.Layer), row.Layer, row.ZeroRows, row.DType, row.DType is DType own && !own.IsFloat());
            return;
        }
        Place where = new(path, row.Line, row.Name);
        if (!byName.TryGetValue(row.TiedTo, out Row? target)) builder.Problems.Add($"{where}: tied_to: no tensor is called {Problems.Quote(row.TiedTo)}");
        else if (target.TiedTo is not null) builder.Problems.Add($"{where}: tied_to: {Problems.Quote(row.TiedTo)} is tied itself; name the tensor that holds the values");
        else if (!target.Shape.AsSpan().SequenceEqual(row.Shape)) builder.Problems.Add($"{where}: tied_to: shapes differ, [{string.Join(", ", row.Shape)}] and [{string.Join(", ", target.Shape)}]");
        else if (row.DType is not null && row.DType != target.DType) builder.Problems.Add($"{where}: tied_to: dtypes differ, {row.DType} and {target.DType?.Name() ?? "none"}");
        else builder.Tie(row.Name, row.TiedTo);
    }

    private static Row? ReadRow(JsonNode item, string path, Problems problems)
    {
        if (item.Kind != JsonKind.Object) { problems.Add($"{path}:{item.Line}: expected an object for each tensor, found {item.Describe()}"); return null; }
        Place where = new(path, item.Line, item["name"] is { Kind: JsonKind.Text } named ? named.Text : null);
        long before = problems.Count;
        RefuseOtherKeys(item, s_rowKeys, where, problems);
        string name = Text(item, "name", where, problems, needed: true) ?? "";
        long[] shape = Longs(item["shape"], "shape", where, problems);
        if (item["shape"] is null) problems.Add($"{where}: shape is missing");
        DType? dtype = null;
        if (Text(item, "dtype", where, problems) is string dtypeName)
        {
            if (DTypes.TryParse(dtypeName, out DType known)) dtype = known;
            else problems.Add($"{where}: dtype: {DTypes.Refusal(dtypeName)}");
        }
        string? kind = Text(item, "kind", where, problems);
        if (kind is not null && TensorNames.Refusal(kind) is string refusal) problems.Add($"{where}: kind: {refusal.Replace("the name", "it", StringComparison.Ordinal)}");
        int? layer = item["layer"] is null ? LayerNames.LayerOf(name) : null;
        if (item["layer"] is { Kind: not JsonKind.Null } layerNode)
        {
            if (layerNode.TryLong(out long number) && number is >= 0 and <= MaxLayer) layer = (int)number;
            else problems.Add($"{where}: layer: expected null or a whole number from 0 to {MaxLayer}, found {layerNode.Describe()}");
        }
        long[] zeroRows = item["zero_rows"] is { Kind: not JsonKind.Null } rowsNode ? Longs(rowsNode, "zero_rows", where, problems) : [];
        string? tiedTo = Text(item, "tied_to", where, problems);
        return problems.Count > before ? null : new Row(item.Line, name, shape, dtype, kind, layer, tiedTo, [.. zeroRows]);
    }

    private static string? Text(JsonNode item, string key, Place where, Problems problems, bool needed = false)
    {
        JsonNode? node = item[key];
        if (node is { Kind: JsonKind.Text }) return node.Text;
        if (needed && node is null) problems.Add($"{where}: {key} is missing");
        else if (node is not null && (needed || node.Kind != JsonKind.Null)) problems.Add($"{where}: {key}: expected a text{(needed ? "" : " or null")}, found {node.Describe()}");
        return null;
    }

    private static long[] Longs(JsonNode? node, string key, Place where, Problems problems)
    {
        if (node is null) return [];
        if (node.Kind != JsonKind.List) { problems.Add($"{where}: {key}: expected a list of whole numbers, found {node.Describe()}"); return []; }
        long[] values = new long[node.Items.Count];
        for (int i = 0; i < values.Length; i++)
        {
            if (node.Items[i].TryLong(out values[i])) continue;
            problems.Add($"{where}: {key}: expected whole numbers below 2^63, found {node.Items[i].Describe()}");
            return [];
        }
        return values;
    }

    private static ImmutableDictionary<string, double> ReadConfig(JsonNode? node, string path, Problems problems)
    {
        if (node is null) return ImmutableDictionary<string, double>.Empty;
        ImmutableDictionary<string, double>.Builder numbers = ImmutableDictionary.CreateBuilder<string, double>(StringComparer.Ordinal);
        if (node.Kind != JsonKind.Object) problems.Add($"{path}:{node.Line}: config: expected an object of numbers, found {node.Describe()}");
        foreach ((string key, JsonNode value) in node.Members)
        {
            if (value.TryDouble(out double number)) numbers[key] = number;
            else problems.Add($"{path}:{value.Line}: config: {Problems.Quote(key)}: expected a number, found {value.Describe()}");
        }
        return numbers.ToImmutable();
    }

    private static void RefuseOtherKeys(JsonNode node, string[] known, Place where, Problems problems)
    {
        foreach ((string key, _) in node.Members)
        {
            if (known.Contains(key)) continue;
            string? near = Nearest.Of(key, known);
            problems.Add($"{where}: unknown key {Problems.Quote(key)}{(near is null ? "" : $"; did you mean {near}?")} (known: {string.Join(", ", known)})");
        }
    }
}
