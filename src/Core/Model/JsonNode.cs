using System.Text;

namespace ShardInit.Model;

internal enum JsonKind { Null, True, False, Number, Text, List, Object }

/// <summary>One value of a JSON text, with the line where it begins. Numbers keep the characters that the file has.</summary>
internal sealed class JsonNode(JsonKind kind, int line)
{
    private static readonly List<JsonNode> s_noItems = [];
    private static readonly List<KeyValuePair<string, JsonNode>> s_noMembers = [];

    public JsonKind Kind { get; } = kind;
    public int Line { get; } = line;
    /// <summary>Content of a text; the characters of a number, including <c>Infinity</c>, <c>-Infinity</c> and <c>NaN</c>.</summary>
    public string Text { get; init; } = "";
    public List<JsonNode> Items { get; init; } = s_noItems;
    /// <summary>Members in file order; no name twice.</summary>
    public List<KeyValuePair<string, JsonNode>> Members { get; init; } = s_noMembers;

    /// <summary>The member of that name, or null where there is none.</summary>
    public JsonNode? this[string name]
    {
        get
        {
            foreach ((string key, JsonNode value) in Members) if (key == name) return value;
            return null;
        }
    }

    public bool TryLong(out long value)
    {
        value = 0;
        return Kind == JsonKind.Number && long.TryParse(Text, System.Globalization.NumberStyles.AllowLeadingSign, System.Globalization.CultureInfo.InvariantCulture, out value);
    }

    public bool TryDouble(out double value)
    {
        value = Text switch { "Infinity" => double.PositiveInfinity, "-Infinity" => double.NegativeInfinity, _ => double.NaN };
        if (Kind != JsonKind.Number) return false;
        return Text is "Infinity" or "-Infinity" or "NaN"
            || double.TryParse(Text, System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture, out value);
    }

    /// <summary>What the value is, for messages: <c>the text 'abc'</c>, <c>the number 1.5</c>, <c>a list</c> ...</summary>
    public string Describe() => Kind switch
    {
        JsonKind.Null => "null",
        JsonKind.True => "true",
        JsonKind.False => "false",
        JsonKind.Number => $"the number {Text}",
        JsonKind.Text => $"the text {Errors.Problems.Quote(Text)}",
        JsonKind.List => "a list",
        _ => "an object",
    };

    /// <summary>The value as compact JSON, member order and number text kept.</summary>
    public string ToJson()
    {
        StringBuilder json = new();
        Write(json);
        return json.ToString();
    }

    private void Write(StringBuilder json)
    {
        switch (Kind)
        {
            case JsonKind.Null: json.Append("null"); break;
            case JsonKind.True: json.Append("true"); break;
            case JsonKind.False: json.Append("false"); break;
            case JsonKind.Number: json.Append(Text); break;
            case JsonKind.Text: WriteText(json, Text); break;
            case JsonKind.List:
                json.Append('[');
                for (int i = 0; i < Items.Count; i++)
                {
                    if (i > 0) json.Append(", ");
                    Items[i].Write(json);
                }
                json.Append(']');
                break;
            default:
                json.Append('{');
                for (int i = 0; i < Members.Count; i++)
                {
                    if (i > 0) json.Append(", ");
                    WriteText(json, Members[i].Key);
                    json.Append(": ");
                    Members[i].Value.Write(json);
                }
                json.Append('}');
                break;
        }
    }

    private static void WriteText(StringBuilder json, string text)
    {
        json.Append('"');
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            bool paired = char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]);
            if (c is '"' or '\\') json.Append('\\').Append(c);
            else if (paired) json.Append(c).Append(text[++i]);
            else if (c < 0x20 || char.IsSurrogate(c)) json.Append($"\\u{(int)c:x4}");
            else json.Append(c);
        }
        json.Append('"');
    }
}
