using System.Globalization;
using ShardInit.Errors;

namespace ShardInit.Model;

/// <summary>
/// Reads the keys of a model configuration, checks them, and remembers what was filled in: a key that is missing takes the default of the class
/// that the library would build, and the resolved configuration shows it. Mistakes go to <see cref="Problems"/> and a harmless value comes back,
/// so that all of them are found in one pass.
/// </summary>
public sealed partial class ConfigReader
{
    /// <summary>Layers of one stack at most.</summary>
    public const int MaxLayers = 10_000;

    /// <summary>Experts of a layer at most.</summary>
    public const int MaxExperts = 65_536;

    private readonly JsonNode _root;
    private readonly string _path;
    private readonly string _prefix;

    internal ConfigReader(JsonNode root, string path, Problems problems, string architecture = "", string prefix = "") =>
        (_root, _path, Problems, Architecture, _prefix) = (root, path, problems, architecture, prefix);

    public Problems Problems { get; }

    /// <summary>The class to build, one of those that the family names.</summary>
    public string Architecture { get; }

    /// <summary>A size ≥ 1. Missing: <paramref name="classDefault"/>, with a warning, because whole models follow from it.</summary>
    public long Size(string key, long classDefault)
    {
        if (_root[key] is JsonNode node) return Positive(key, node);
        _assumedSizes.Add($"{_prefix}{key} = {classDefault}");
        return Fill(key, classDefault);
    }

    /// <summary>A size ≥ 1 that has no default.</summary>
    public long NeededSize(string key)
    {
        if (_root[key] is JsonNode node) return Positive(key, node);
        Problems.Add($"{_path}: {_prefix}{key} is missing");
        return 1;
    }

    /// <summary>A number of layers, from 0 to <see cref="MaxLayers"/>.</summary>
    public int Layers(string key, int classDefault, bool warns = true) => (int)Bounded(key, classDefault, 0, MaxLayers, warns);

    /// <summary>A number of experts, from 1 to <see cref="MaxExperts"/>; also under an alternative key.</summary>
    public int Count(string key, int classDefault, string alternative) => (int)Bounded(Either(key, alternative), classDefault, 1, MaxExperts, warns: true);

    /// <summary>A size ≥ 1 whose absence (and, where <paramref name="nullToo"/>, an explicit null) means <paramref name="derived"/>.</summary>
    public long DerivedSize(string key, Func<long> derived, bool nullToo = true)
    {
        JsonNode? node = _root[key];
        if (node is null || (nullToo && node.Kind == JsonKind.Null)) return Fill(key, derived());
        return Positive(key, node);
    }

    /// <summary>A size ≥ 1; missing: <paramref name="classDefault"/>; an explicit null: <paramref name="ifNull"/>, refused where that is null.</summary>
    public long SizeOrNull(string key, long classDefault, long? ifNull)
    {
        JsonNode? node = _root[key];
        if (node is null) return Fill(key, classDefault);
        return node.Kind == JsonKind.Null && ifNull is long value ? Fill(key, value) : Positive(key, node);
    }

    /// <summary>A size ≥ 1; missing: <paramref name="classDefault"/>; an explicit null: none.</summary>
    public long? SizeOrNone(string key, long classDefault) => _root[key] is { Kind: JsonKind.Null } ? null : SizeOrNull(key, classDefault, ifNull: null);

    /// <summary>A size of 0 or more, 0 where it is missing.</summary>
    public long SizeOrZero(string key) => _root[key] is { Kind: JsonKind.Number, Text: "0" } ? 0 : _root[key] is null ? Fill(key, 0) : Positive(key, _root[key]!);

    /// <summary>One size for both directions, or a list of two: height and width.</summary>
    public (long Height, long Width) Pair(string key, long classDefault)
    {
        if (_root[key] is not { Kind: JsonKind.List } list)
        {
            long size = Size(key, classDefault);
            return (size, size);
        }
        if (list.Items.Count == 2) return (Positive(key, list.Items[0]), Positive(key, list.Items[1]));
        Wrong(key, list, "a size or a list of two");
        return (1, 1);
    }

    /// <summary>A list of whole numbers; missing or null: none.</summary>
    public long[] NumberList(string key)
    {
        if (_root[key] is not JsonNode { Kind: not JsonKind.Null } node) return [];
        if (node.Kind == JsonKind.List && node.Items.All(item => item.TryLong(out _))) return [.. node.Items.Select(item => item.TryLong(out long value) ? value : 0)];
        Wrong(key, node, "a list of whole numbers");
        return [];
    }

    public bool Flag(string key, bool classDefault)
    {
        switch (_root[key])
        {
            case null:
                _filled.Add(new(key, classDefault ? "true" : "false"));
                return classDefault;
            case { Kind: JsonKind.True }: return true;
            case { Kind: JsonKind.False }: return false;
            case JsonNode node:
                Wrong(key, node, "true or false");
                return classDefault;
        }
    }

    public string Word(string key, string classDefault)
    {
        if (_root[key] is not JsonNode node) return classDefault;
        if (node.Kind == JsonKind.Text) return node.Text;
        Wrong(key, node, "a text");
        return classDefault;
    }

    /// <summary>Number of classes: as many as <c>id2label</c> has entries, otherwise <c>num_labels</c>, otherwise 2.</summary>
    public long Labels() => _root["id2label"] is { Kind: JsonKind.Object, Members.Count: > 0 } labels ? labels.Members.Count : DerivedSize("num_labels", () => 2);

    /// <summary>A token number whose embedding row is zeroed: that of the class where the key is missing, null where it is null; negative numbers count from the end.</summary>
    public long? PaddingRow(string key, long rows, long? classDefault = null)
    {
        if (_root[key] is not JsonNode node)
        {
            if (classDefault is long token && token >= rows) Misfit($"{key} is missing, and the default of its class, {token}, is no token below vocab_size ({rows}); give it, or null");
            return classDefault is long value && value < rows ? Fill(key, value) : null;
        }
        if (node.Kind == JsonKind.Null) return null;
        if (node.TryLong(out long given) && given >= -rows && given < rows) return given < 0 ? given + rows : given;
        // After another problem the number of rows may be a stand-in.
        if (!Problems.Any) Wrong(key, node, $"null or a token number below vocab_size ({rows})");
        return null;
    }

    /// <summary>
    /// A number that recipes read; missing: <paramref name="classDefault"/>. Its value is checked where a rule uses it; that it is a number (or null) is checked here,
    /// because a formula's <c>or</c> would take a text for a name that is not there.
    /// </summary>
    public void Number(string key, double classDefault)
    {
        if (_root[key] is not JsonNode node) _filled.Add(new(key, classDefault.ToString("R", CultureInfo.InvariantCulture)));
        else if (node.Kind != JsonKind.Null && !node.TryDouble(out _)) Wrong(key, node, "a number or null");
    }

    public bool Has(string key) => _root[key] is not null;

    /// <summary>There, and neither null nor an empty list or object.</summary>
    public bool IsGiven(string key) => _root[key] is { Kind: not JsonKind.Null } node && node is not ({ Kind: JsonKind.List, Items.Count: 0 } or { Kind: JsonKind.Object, Members.Count: 0 });

    /// <summary>The alternative name of a key where only that one is given. Formulas know the number by both.</summary>
    public string Either(string key, string alternative)
    {
        _synonyms.Add((key, alternative));
        return _root[key] is null && _root[alternative] is not null ? alternative : key;
    }

    /// <summary>Reports that values do not suit each other; not after another problem, because then they may be stand-ins.</summary>
    public void Misfit(string message)
    {
        if (!Problems.Any) Problems.Add($"{_path}: {message}");
    }

    /// <summary>Values that can be planned and that the library builds too, though it could not run the model.</summary>
    public void Warn(string message) => _doubts.Add($"{_path}: {message}");

    /// <summary>Product of sizes below 2^63; a larger one is a problem.</summary>
    public long Product(string what, long left, long right) => Checked($"{what} = {left} x {right}", (Int128)left * right);

    /// <summary>Sum of sizes below 2^63; a larger one is a problem.</summary>
    public long Sum(string what, long left, long right) => Checked($"{what} = {left} + {right}", (Int128)left + right);

    private long Checked(string what, Int128 value)
    {
        if (value <= long.MaxValue) return (long)value;
        Misfit($"{what} is 2^63 or more");
        return 1;
    }

    private long Bounded(string key, long classDefault, long least, long most, bool warns)
    {
        if (_root[key] is not JsonNode node)
        {
            if (warns) _assumedSizes.Add($"{_prefix}{key} = {classDefault}");
            return Fill(key, classDefault);
        }
        if (node.TryLong(out long value) && value >= least && value <= most) return value;
        Wrong(key, node, $"a whole number from {least} to {most}");
        return least;
    }

    private long Positive(string key, JsonNode node)
    {
        if (node.TryLong(out long value) && value >= 1) return value;
        bool isWritten = node.TryDouble(out double number) && number >= 1 && number < 1e18 && number == Math.Floor(number);
        Wrong(key, node, isWritten ? "a whole number, written without decimal point and exponent" : "a whole number of 1 or more, below 2^63");
        return 1;
    }

    private long Fill(string key, long value)
    {
        _filled.Add(new(key, value.ToString(CultureInfo.InvariantCulture)));
        return value;
    }

    private void Wrong(string key, JsonNode node, string expected) => Problems.Add($"{_path}:{node.Line}: {_prefix}{key}: expected {expected}, found {node.Describe()}");
}
