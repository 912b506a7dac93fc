using ShardInit.Errors;
using ShardInit.Model;

namespace ShardInit.Grains.Client;

/// <summary>One object of a settings file. Every key that is asked for is known; <see cref="Close"/> reports the others.</summary>
internal sealed class SettingsObject(string file, string prefix, JsonNode node, Problems problems)
{
    private readonly List<string> _known = [];

    public bool Has(string key) => node[key] is not null;

    public string? Text(string key)
    {
        JsonNode? value = Take(key);
        if (value is null || value.Kind == JsonKind.Null) return null;
        if (value.Kind == JsonKind.Text && value.Text.Length > 0 && !value.Text.Contains('\0')) return value.Text;
        Wrong(value, key, "a text that is not empty");
        return null;
    }

    /// <summary>A path, which counts from the folder of the file.</summary>
    public string? FilePath(string key) => Text(key) is { } path ? Path.Combine(Path.GetDirectoryName(Path.GetFullPath(file))!, path) : null;

    /// <summary>As <see cref="FilePath"/>; missing is a problem.</summary>
    public string RequiredPath(string key)
    {
        if (FilePath(key) is { } path) return path;
        if (node[key] is null or { Kind: JsonKind.Null }) problems.Add($"{file}:{node.Line}: expected {prefix}{key}, found nothing of that name");
        return "";
    }

    public bool Truth(string key)
    {
        JsonNode? value = Take(key);
        if (value is not null and not { Kind: JsonKind.True or JsonKind.False }) Wrong(value, key, "true or false");
        return value?.Kind == JsonKind.True;
    }

    public IReadOnlyList<string>? Texts(string key)
    {
        JsonNode? value = Take(key);
        if (value is null) return null;
        if (value.Kind == JsonKind.List && value.Items.Count > 0 && value.Items.All(item => item.Kind == JsonKind.Text)) return [.. value.Items.Select(item => item.Text)];
        Wrong(value, key, "a list of texts that is not empty");
        return null;
    }

    public SettingsObject? Object(string key)
    {
        JsonNode? value = Take(key);
        if (value is null || value.Kind == JsonKind.Null) return null;
        if (value.Kind == JsonKind.Object) return new SettingsObject(file, $"{prefix}{key}.", value, problems);
        Wrong(value, key, "an object");
        return null;
    }

    /// <summary>Reports what nobody asked for.</summary>
    public void Close()
    {
        foreach ((string key, JsonNode value) in node.Members)
        {
            if (_known.Contains(key)) continue;
            string advice = Nearest.Of(key, _known) is { } near ? $"did you mean {prefix}{near}?" : $"known: {string.Join(", ", _known)}";
            problems.Add($"{file}:{value.Line}: unknown key {Problems.Quote(prefix + key)}; {advice}");
        }
    }

    public void Wrong(string key, string expected)
    {
        if (node[key] is { } value) Wrong(value, key, expected);
    }

    private JsonNode? Take(string key)
    {
        _known.Add(key);
        return node[key];
    }

    private void Wrong(JsonNode value, string key, string expected) => problems.Add($"{file}:{value.Line}: {prefix}{key}: expected {expected}, found {value.Describe()}");
}
