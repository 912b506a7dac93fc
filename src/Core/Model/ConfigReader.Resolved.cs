using System.Collections.Immutable;
using System.Globalization;

namespace ShardInit.Model;

/// <summary>What comes out of reading: the configuration with its gaps filled, for loaders and recipes.</summary>
public sealed partial class ConfigReader
{
    private static readonly JsonNode s_empty = new(JsonKind.Object, 0);

    private readonly List<KeyValuePair<string, string>> _filled = [];
    private readonly List<(string Key, string Alternative)> _synonyms = [];
    private readonly List<string> _assumedSizes = [];
    private readonly List<string> _doubts = [];
    private readonly List<(string Key, ConfigReader Reader)> _sections = [];

    /// <summary>A nested object as a configuration of its own; missing: an empty one, so that all its keys take their defaults.</summary>
    /// <param name="key">Where it stands, and under which name its numbers are known to recipes (<c>text_config.hidden_size</c>).</param>
    /// <param name="override">A second key that wins where it holds an object.</param>
    public ConfigReader Section(string key, string? @override = null) => Open(key, @override, Architecture);

    /// <summary>A nested object that describes a model of its own.</summary>
    internal ConfigReader Model(string key, string architecture) => Open(key, null, architecture);

    private ConfigReader Open(string key, string? @override, string architecture)
    {
        string place = @override is not null && _root[@override] is { Kind: JsonKind.Object } ? @override : key;
        JsonNode node = _root[place] ?? s_empty;
        if (node.Kind is not (JsonKind.Object or JsonKind.Null)) Wrong(place, node, "an object");
        ConfigReader section = new(node.Kind == JsonKind.Object ? node : s_empty, _path, Problems, architecture, $"{_prefix}{place}.");
        _sections.Add((key, section));
        return section;
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
    internal string ResolvedJson() => Resolved().ToJson();

    private JsonNode Resolved()
    {
        List<KeyValuePair<string, JsonNode>> members = [.. _root.Members];
        foreach ((string key, string json) in _filled)
        {
            JsonNode value = json is "true" or "false"
                ? new JsonNode(json == "true" ? JsonKind.True : JsonKind.False, 0)
                : new JsonNode(JsonKind.Number, 0) { Text = json };
            Put(members, key, value);
        }
        foreach ((string key, ConfigReader section) in _sections) Put(members, key, section.Resolved());
        return new JsonNode(JsonKind.Object, 0) { Members = members };
    }

    private static void Put(List<KeyValuePair<string, JsonNode>> members, string key, JsonNode value)
    {
        int present = members.FindIndex(member => member.Key == key);
        if (present >= 0) members[present] = new(key, value);
        else members.Add(new(key, value));
    }

    /// <summary>Every number of the configuration and every one filled in, nested ones as <c>outer.inner</c>; true and false are 1 and 0.</summary>
    internal ImmutableDictionary<string, double> Numbers()
    {
        ImmutableDictionary<string, double>.Builder numbers = ImmutableDictionary.CreateBuilder<string, double>(StringComparer.Ordinal);
        CollectAll("", numbers);
        return numbers.ToImmutable();
    }

    private void CollectAll(string prefix, ImmutableDictionary<string, double>.Builder numbers)
    {
        Collect(_root, prefix, numbers);
        foreach ((string key, string json) in _filled) numbers[prefix + key] = json switch { "true" => 1, "false" => 0, _ => double.Parse(json, CultureInfo.InvariantCulture) };
        foreach ((string key, string alternative) in _synonyms)
        {
            if (numbers.TryGetValue(prefix + key, out double number)) numbers.TryAdd(prefix + alternative, number);
            else if (numbers.TryGetValue(prefix + alternative, out number)) numbers.Add(prefix + key, number);
        }
        foreach ((string key, ConfigReader section) in _sections) section.CollectAll($"{prefix}{key}.", numbers);
    }

    internal ImmutableArray<string> Warnings()
    {
        string[] assumed = [.. _assumedSizes, .. _sections.SelectMany(section => section.Reader._assumedSizes)];
        string[] doubts = [.. _doubts, .. _sections.SelectMany(section => section.Reader._doubts)];
        return assumed.Length == 0 ? [.. doubts] : [$"{_path} lacks {(assumed.Length == 1 ? "a size" : "sizes")}; taken from the defaults of its class: {string.Join(", ", assumed)}", .. doubts];
    }

    private static void Collect(JsonNode node, string prefix, ImmutableDictionary<string, double>.Builder numbers)
    {
        foreach ((string key, JsonNode value) in node.Members)
        {
            if (value.TryDouble(out double number)) numbers[prefix + key] = number;
            else if (value.Kind is JsonKind.True or JsonKind.False) numbers[prefix + key] = value.Kind == JsonKind.True ? 1 : 0;
            else if (value.Kind == JsonKind.Object) Collect(value, $"{prefix}{key}.", numbers);
        }
    }

    private static readonly SortedDictionary<string, DType> s_dtypes = new(StringComparer.Ordinal)
    {
        ["float64"] = DType.F64, ["float32"] = DType.F32, ["float16"] = DType.F16, ["bfloat16"] = DType.BF16,
        ["float8_e4m3fn"] = DType.F8_E4M3, ["float8_e5m2"] = DType.F8_E5M2,
    };
}
