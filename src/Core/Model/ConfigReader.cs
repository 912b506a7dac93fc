using System.Collections.Immutable;
using System.Globalization;
using ShardInit.Errors;

namespace ShardInit.Model;

/// <summary>
/// Reads the keys of a model configuration, checks them, and remembers what was filled in: a key that is missing takes the default of the class
/// that the library would build, and the resolved configuration shows it. Mistakes go to <see cref="Problems"/> and a harmless value comes back,
/// so that all of them are found in one pass.
/// </summary>
public sealed class ConfigReader
{
    private readonly JsonNode _root;
    private readonly string _path;
    private readonly List<KeyValuePair<string, string>> _filled = [];
    private readonly List<string> _assumedSizes = [];

    internal ConfigReader(JsonNode root, string path, Problems problems)
    {
        _root = root;
        _path = path;
        Problems = problems;
    }

    public Problems Problems { get; }

    /// <summary>A size ≥ 1. Missing: <paramref name="classDefault"/>, with a warning, because whole models follow from it.</summary>
    public long Size(string key, long classDefault)
    {
        if (_root[key] is JsonNode node) return Positive(key, node);
        _assumedSizes.Add($"{key} = {classDefault}");
        return Fill(key, classDefault);
    }

    /// <summary>A number of layers, from 0 to <paramref name="limit"/>.</summary>
    public int Layers(string key, int classDefault, int limit = 10_000)
    {
        if (_root[key] is not JsonNode node)
        {
            _assumedSizes.Add($"{key} = {classDefault}");
            return (int)Fill(key, classDefault);
        }
        if (node.TryLong(out long value) && value >= 0 && value <= limit) return (int)value;
        Wrong(key, node, $"a whole number from 0 to {limit}");
        return 0;
    }

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

    /// <summary>A token number whose embedding row is zeroed: null where the key is missing or null; negative numbers count from the end.</summary>
    public long? PaddingRow(string key, long rows)
    {
        if (_root[key] is not JsonNode { Kind: not JsonKind.Null } node) return null;
        if (node.TryLong(out long token) && token >= -rows && token < rows) return token < 0 ? token + rows : token;
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

    /// <summary>Reports that values do not suit each other; not after another problem, because then they may be stand-ins.</summary>
    public void Misfit(string message)
    {
        if (!Problems.Any) Problems.Add($"{_path}: {message}");
    }

    /// <summary>Product of sizes below 2^63; a larger one is a problem.</summary>
    public long Product(string what, long left, long right)
    {
        Int128 product = (Int128)left * right;
        if (product <= long.MaxValue) return (long)product;
        Misfit($"{what} = {left} x {right} is 2^63 or more");
        return 1;
    }

    /// <summary>Element type of the key <c>dtype</c> (new) or <c>torch_dtype</c> (old); the new one wins.</summary>
    internal DType? ReadDType()
    {
        foreach (string key in (string[])["dtype", "torch_dtype"])
        {
            if (_root[key] is not JsonNode { Kind: not JsonKind.Null } node) continue;
            if (node.Kind == JsonKind.Text && s_dtypes.TryGetValue(node.Text.StartsWith("torch.", StringComparison.Ordinal) ? node.Text[6..] : node.Text, out DType dtype)) return dtype;
            Wrong(key, node, $"one of {string.Join(", ", s_dtypes.Keys)}");
            return null;
        }
        return null;
    }

    /// <summary>The configuration as it was, then the keys that were filled in, as JSON.</summary>
    internal string ResolvedJson()
    {
        List<KeyValuePair<string, JsonNode>> members = [.. _root.Members];
        foreach ((string key, string json) in _filled)
        {
            JsonNode value = json is "true" or "false"
                ? new JsonNode(json == "true" ? JsonKind.True : JsonKind.False, 0)
                : new JsonNode(JsonKind.Number, 0) { Text = json };
            int present = members.FindIndex(member => member.Key == key);
            if (present >= 0) members[present] = new(key, value);
            else members.Add(new(key, value));
        }
        return new JsonNode(JsonKind.Object, 0) { Members = members }.ToJson();
    }

    /// <summary>Every number of the configuration and every one filled in, nested ones as <c>outer.inner</c>.</summary>
    internal ImmutableDictionary<string, double> Numbers()
    {
        ImmutableDictionary<string, double>.Builder numbers = ImmutableDictionary.CreateBuilder<string, double>(StringComparer.Ordinal);
        Collect(_root, "", numbers);
        foreach ((string key, string json) in _filled)
        {
            if (json is not ("true" or "false")) numbers[key] = double.Parse(json, CultureInfo.InvariantCulture);
        }
        return numbers.ToImmutable();
    }

    internal ImmutableArray<string> Warnings() => _assumedSizes.Count == 0
        ? []
        : [$"{_path} lacks {(_assumedSizes.Count == 1 ? "a size" : "sizes")}; taken from the defaults of its class: {string.Join(", ", _assumedSizes)}"];

    private static void Collect(JsonNode node, string prefix, ImmutableDictionary<string, double>.Builder numbers)
    {
        foreach ((string key, JsonNode value) in node.Members)
        {
            if (value.TryDouble(out double number)) numbers[prefix + key] = number;
            else if (value.Kind == JsonKind.Object) Collect(value, $"{prefix}{key}.", numbers);
        }
    }

    private long Positive(string key, JsonNode node)
    {
        if (node.TryLong(out long value) && value >= 1) return value;
        Wrong(key, node, "a whole number of 1 or more, below 2^63");
        return 1;
    }

    private long Fill(string key, long value)
    {
        _filled.Add(new(key, value.ToString(CultureInfo.InvariantCulture)));
        return value;
    }

    private void Wrong(string key, JsonNode node, string expected) => Problems.Add($"{_path}:{node.Line}: {key}: expected {expected}, found {node.Describe()}");

    private static readonly SortedDictionary<string, DType> s_dtypes = new(StringComparer.Ordinal)
    {
        ["float64"] = DType.F64, ["float32"] = DType.F32, ["float16"] = DType.F16, ["bfloat16"] = DType.BF16,
        ["float8_e4m3fn"] = DType.F8_E4M3, ["float8_e5m2"] = DType.F8_E5M2,
    };
}
