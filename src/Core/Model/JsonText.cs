using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace ShardInit.Model;

/// <summary>A JSON text that cannot be read: what and where.</summary>
internal sealed class JsonTextException(string message, int line) : Exception(message)
{
    public int Line { get; } = line;
}

/// <summary>
/// Reads the JSON that model configurations are written in: RFC 8259 in UTF-8, and the tokens <c>Infinity</c>, <c>-Infinity</c> and <c>NaN</c>, which
/// Python writes. Stricter than most readers where a mistake would pass unseen: a name twice in one object is an error. Hostile texts end in an
/// error within bounded memory: nesting, number of values and length have limits.
/// </summary>
internal sealed class JsonText
{
    public const int MaxDepth = 64;
    public const int MaxValues = 5_000_000;

    private readonly byte[] _utf8;
    private int _position;
    private int _line = 1;
    private int _depth;
    private int _values;

    private JsonText(byte[] utf8) => _utf8 = utf8;

    /// <exception cref="JsonTextException">The bytes are no such text.</exception>
    public static JsonNode Parse(byte[] utf8)
    {
        if (!Utf8.IsValid(utf8)) throw new JsonTextException("not valid UTF-8", 1);
        JsonText text = new(utf8);
        if (utf8.AsSpan().StartsWith(Encoding.UTF8.Preamble)) text._position = 3;
        text.SkipSpace();
        JsonNode root = text.Value();
        text.SkipSpace();
        if (text._position < utf8.Length) throw text.Error($"expected the end of the text, found {text.Found()}");
        return root;
    }

    private JsonNode Value()
    {
        if (++_values > MaxValues) throw Error($"more than {MaxValues} values");
        int line = _line;
        switch (Peek())
        {
            case '{': return Object(line);
            case '[': return List(line);
            case '"': return new JsonNode(JsonKind.Text, line) { Text = Text() };
            case 't' when Take("true"): return new JsonNode(JsonKind.True, line);
            case 'f' when Take("false"): return new JsonNode(JsonKind.False, line);
            case 'n' when Take("null"): return new JsonNode(JsonKind.Null, line);
            case 'I' when Take("Infinity"): return new JsonNode(JsonKind.Number, line) { Text = "Infinity" };
            case 'N' when Take("NaN"): return new JsonNode(JsonKind.Number, line) { Text = "NaN" };
            case '-' when Take("-Infinity"): return new JsonNode(JsonKind.Number, line) { Text = "-Infinity" };
            case '-' or (>= '0' and <= '9'): return new JsonNode(JsonKind.Number, line) { Text = Number() };
            default: throw Error($"expected a value, found {Found()}");
        }
    }

    private JsonNode Object(int line)
    {
        Enter('{');
        List<KeyValuePair<string, JsonNode>> members = [];
        HashSet<string>? names = null;
        if (!TryClose('}'))
        {
            do
            {
                SkipSpace();
                if (Peek() != '"') throw Error($"expected a name in quotes, found {Found()}");
                string name = Text();
                if (Stands(name, members, ref names)) throw Error($"the name {Errors.Problems.Quote(name)} stands twice in one object");
                SkipSpace();
                Expect(':');
                SkipSpace();
                members.Add(new(name, Value()));
            }
            while (More('}'));
        }
        _depth--;
        return new JsonNode(JsonKind.Object, line) { Members = members };
    }

    // Few names are compared one by one; a set is worth its memory only for many.
    private static bool Stands(string name, List<KeyValuePair<string, JsonNode>> members, ref HashSet<string>? names)
    {
        if (members.Count < 16)
        {
            foreach ((string other, _) in members) if (other == name) return true;
            return false;
        }
        names ??= new HashSet<string>(members.Select(member => member.Key), StringComparer.Ordinal);
        return !names.Add(name);
    }

    private JsonNode List(int line)
    {
        Enter('[');
        List<JsonNode> items = [];
        if (!TryClose(']'))
        {
            do
            {
                SkipSpace();
                items.Add(Value());
            }
            while (More(']'));
        }
        _depth--;
        return new JsonNode(JsonKind.List, line) { Items = items };
    }

    private void Enter(char open)
    {
        if (++_depth > MaxDepth) throw Error($"nested deeper than {MaxDepth} levels");
        Expect(open);
    }

    private bool TryClose(char close)
    {
        SkipSpace();
        if (Peek() != close) return false;
        _position++;
        return true;
    }

    private bool More(char close)
    {
        SkipSpace();
        if (Peek() == ',') { _position++; return true; }
        Expect(close);
        return false;
    }

    private string Text()
    {
        Expect('"');
        int start = _position;
        while (Peek() is not ('"' or '\\' or < 0x20)) _position++;
        if (Peek() == '"') return Encoding.UTF8.GetString(_utf8, start, _position++ - start);

        StringBuilder text = new(Encoding.UTF8.GetString(_utf8, start, _position - start));
        while (true)
        {
            int c = Peek();
            if (c == '"') { _position++; return text.ToString(); }
            if (c < 0x20) throw Error(c < 0 ? "the text ends inside quotes" : $"a control character (code {c}) inside quotes");
            if (c == '\\') { text.Append(Escape()); continue; }
            start = _position;
            while (Peek() is not ('"' or '\\' or < 0x20)) _position++;
            text.Append(Encoding.UTF8.GetString(_utf8, start, _position - start));
        }
    }

    private char Escape()
    {
        _position++;
        int c = Peek();
        _position++;
        switch (c)
        {
            case '"' or '\\' or '/': return (char)c;
            case 'b': return '\b';
            case 'f': return '\f';
            case 'n': return '\n';
            case 'r': return '\r';
            case 't': return '\t';
            case 'u' when _position + 4 <= _utf8.Length
                && ushort.TryParse(_utf8.AsSpan(_position, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort code):
                _position += 4;
                return (char)code;
            default: throw Error("bad escape inside quotes");
        }
    }

    // -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?
    private string Number()
    {
        int start = _position;
        if (Peek() == '-') _position++;
        if (Peek() == '0') _position++;
        else Digits();
        if (Peek() == '.') { _position++; Digits(); }
        if (Peek() is 'e' or 'E')
        {
            _position++;
            if (Peek() is '+' or '-') _position++;
            Digits();
        }
        if (_position - start > 400) throw Error("a number of more than 400 characters");
        return Encoding.ASCII.GetString(_utf8, start, _position - start);
    }

    private void Digits()
    {
        if (Peek() is not (>= '0' and <= '9')) throw Error($"expected a digit, found {Found()}");
        while (Peek() is >= '0' and <= '9') _position++;
    }

    private void SkipSpace()
    {
        while (Peek() is ' ' or '\t' or '\r' or '\n')
        {
            if (Peek() == '\n') _line++;
            _position++;
        }
    }

    private bool Take(string word)
    {
        if (_position + word.Length > _utf8.Length) return false;
        for (int i = 0; i < word.Length; i++) if (_utf8[_position + i] != word[i]) return false;
        _position += word.Length;
        return true;
    }

    private void Expect(char c)
    {
        if (Peek() != c) throw Error($"expected '{c}', found {Found()}");
        _position++;
    }

    // -1 at the end of the text.
    private int Peek() => _position < _utf8.Length ? _utf8[_position] : -1;

    private string Found() => Peek() switch
    {
        -1 => "the end of the text",
        int c when c is > 0x20 and < 0x7F => $"'{(char)c}'",
        int c => $"the byte 0x{c:x2}",
    };

    private JsonTextException Error(string message) => new(message, _line);
}
