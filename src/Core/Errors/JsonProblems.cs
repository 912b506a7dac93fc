using System.Globalization;
using System.Text.Json;

namespace ShardInit.Errors;

/// <summary>What the platform's JSON reader says, as we say it: lines count from 1, and no words of its programming interface.</summary>
public static class JsonProblems
{
    private const string Position = " LineNumber: ";

    /// <summary>Cut at the reader's own position, which is put in front as a line number where it is known.</summary>
    public static string Of(Exception error)
    {
        string text = error.Message;
        int position = text.IndexOf(Position, StringComparison.Ordinal);
        if (position >= 0) text = text[..position];
        text = text.TrimEnd('.', ' ').Replace("'0x00'", "a zero byte", StringComparison.Ordinal);
        return error is JsonException { LineNumber: { } line } ? string.Create(CultureInfo.InvariantCulture, $"line {line + 1}: {text}") : text;
    }

    /// <summary><c>a list</c>, <c>a text</c> ...: what stands there, in the words of the documents.</summary>
    public static string Found(JsonTokenType token) => token switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "a list",
        JsonTokenType.EndObject => "the end of the object",
        JsonTokenType.EndArray => "the end of the list",
        JsonTokenType.PropertyName => "a name",
        JsonTokenType.String => "a text",
        JsonTokenType.Number => "a number",
        JsonTokenType.True => "true",
        JsonTokenType.False => "false",
        JsonTokenType.Null => "null",
        _ => "nothing",
    };
}
