using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace ShardInit.Recipes;

/// <summary>A YAML text that cannot be read: what and where.</summary>
internal sealed class YamlTextException(string message, int line) : Exception(message)
{
    public int Line { get; } = line;
}

internal enum YamlKind { Scalar, List, Map }

/// <summary>One node of a YAML text. Scalars are texts; what they mean is for the reader to say.</summary>
internal sealed record YamlNode(YamlKind Kind, int Line)
{
    public string Text { get; init; } = "";
    public bool IsPlain { get; init; }
    public List<YamlNode> Items { get; init; } = [];
    public List<(string Key, int Line, YamlNode Value)> Members { get; init; } = [];

    public bool IsNull => Kind == YamlKind.Scalar && IsPlain && Text is "" or "~" or "null";

    /// <summary>The value of a key of a mapping; null where there is none.</summary>
    public YamlNode? Find(string key)
    {
        foreach ((string name, _, YamlNode value) in Members) if (name == key) return value;
        return null;
    }

    public string Describe() => Kind switch
    {
        YamlKind.List => "a list",
        YamlKind.Map => "a mapping",
        _ => IsNull ? "nothing" : Errors.Problems.Quote(Text),
    };
}

/// <summary>
/// Reads one YAML document into nodes, from the parser's events. Anchors, aliases, merges and tags are refused: recipes need none, and with aliases a
/// short text can stand for a gigantic one. Nesting and length have limits.
/// </summary>
internal static class YamlTree
{
    public const int MaxDepth = 16;
    public const int MaxCharacters = 1 << 20;

    /// <exception cref="YamlTextException">The text is no such document.</exception>
    public static YamlNode Parse(string text)
    {
        if (text.Length > MaxCharacters) throw new YamlTextException($"longer than {MaxCharacters} characters", 1);
        Parser parser = new(new StringReader(text));
        try
        {
            parser.Consume<StreamStart>();
            if (parser.Accept<StreamEnd>(out _)) throw new YamlTextException("the text is empty", 1);
            parser.Consume<DocumentStart>();
            YamlNode root = Node(parser, 0);
            parser.Consume<DocumentEnd>();
            if (!parser.Accept<StreamEnd>(out StreamEnd? _)) throw new YamlTextException("more than one document", parser.Current is null ? 1 : LineOf(parser.Current));
            return root;
        }
        catch (YamlException error)
        {
            throw new YamlTextException(error.InnerException?.Message ?? error.Message, (int)error.Start.Line);
        }
        catch (Exception error) when (error is InvalidOperationException or ArgumentException or IndexOutOfRangeException or FormatException)
        {
            // The scanner of the library has states that it leaves this way, for instance some plain scalars in unclosed lists.
            throw new YamlTextException("no valid YAML near this line", parser.Current is null ? 1 : LineOf(parser.Current));
        }
    }

    private static YamlNode Node(Parser parser, int depth)
    {
        ParsingEvent current = parser.Current ?? throw new YamlTextException("the text ends too early", 1);
        int line = LineOf(current);
        if (depth > MaxDepth) throw new YamlTextException($"nested deeper than {MaxDepth} levels", line);
        if (current is AnchorAlias) throw new YamlTextException("aliases (*name) are not taken; a pattern that begins with * stands in quotes", line);
        if (current is not NodeEvent node) throw new YamlTextException("expected a value", line);
        if (!node.Anchor.IsEmpty) throw new YamlTextException("anchors (&name) are not taken", line);
        if (!node.Tag.IsEmpty) throw new YamlTextException("tags (!name) are not taken", line);
        parser.MoveNext();
        switch (node)
        {
            case Scalar scalar:
                return new YamlNode(YamlKind.Scalar, line) { Text = scalar.Value, IsPlain = scalar.Style == ScalarStyle.Plain };
            case SequenceStart:
                List<YamlNode> items = [];
                while (!parser.TryConsume<SequenceEnd>(out _)) items.Add(Node(parser, depth + 1));
                return new YamlNode(YamlKind.List, line) { Items = items };
            default:
                return new YamlNode(YamlKind.Map, line) { Members = Members(parser, depth) };
        }
    }

    private static List<(string Key, int Line, YamlNode Value)> Members(Parser parser, int depth)
    {
        List<(string Key, int Line, YamlNode Value)> members = [];
        HashSet<string> names = new(StringComparer.Ordinal);
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            YamlNode key = Node(parser, depth + 1);
            if (key.Kind != YamlKind.Scalar) throw new YamlTextException($"expected a word as key, found {key.Describe()}", key.Line);
            if (!names.Add(key.Text)) throw new YamlTextException($"the key {Errors.Problems.Quote(key.Text)} stands twice", key.Line);
            members.Add((key.Text, key.Line, Node(parser, depth + 1)));
        }
        return members;
    }

    private static int LineOf(ParsingEvent parsingEvent) => (int)parsingEvent.Start.Line;
}
