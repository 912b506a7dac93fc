using System.Buffers;
using System.Buffers.Text;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace ShardInit.Planning;

/// <summary>
/// Writes JSON whose bytes depend on nothing but the values: texts escape <c>"</c>, <c>\</c> and control characters only (the platform's writer escapes by Unicode
/// tables that change with its version), doubles are the shortest decimal that reads back as the same bits.
/// </summary>
internal sealed class JsonOutput(int capacity = 1 << 12)
{
    private readonly ArrayBufferWriter<byte> _bytes = new(capacity);
    private bool _comma;

    public ReadOnlySpan<byte> Written => _bytes.WrittenSpan;

    public void Clear()
    {
        _bytes.ResetWrittenCount();
        _comma = false;
    }

    public void Open(char bracket)
    {
        Separate();
        Ascii(bracket);
        _comma = false;
    }

    public void Close(char bracket)
    {
        Ascii(bracket);
        _comma = true;
    }

    /// <summary>A line break before the next name or value, after its comma.</summary>
    public void NewLine()
    {
        if (_comma) Ascii(',');
        _comma = false;
        Ascii('\n');
    }

    /// <summary>A line break with no comma before it: in front of a closing bracket, or at the end of the text.</summary>
    public void Break() => Ascii('\n');

    public void Name(string name)
    {
        Text(name);
        Ascii(':');
        _comma = false;
    }

    public void Text(string text)
    {
        Separate();
        Ascii('"');
        ReadOnlySpan<char> rest = text;
        while (true)
        {
            int plain = 0;
            while (plain < rest.Length && rest[plain] >= 0x20 && rest[plain] is not ('"' or '\\')) plain++;
            Utf8(rest[..plain]);
            if (plain == rest.Length) break;
            Escape(rest[plain]);
            rest = rest[(plain + 1)..];
        }
        Ascii('"');
        _comma = true;
    }

    public void Number(long value)
    {
        Separate();
        Utf8Formatter.TryFormat(value, _bytes.GetSpan(20), out int count);
        _bytes.Advance(count);
        _comma = true;
    }

    public void Number(double value)
    {
        Separate();
        Utf8(value.ToString("R", CultureInfo.InvariantCulture));
        _comma = true;
    }

    public void Flag(bool value)
    {
        Separate();
        Utf8(value ? "true" : "false");
        _comma = true;
    }

    public void Null()
    {
        Separate();
        Utf8("null");
        _comma = true;
    }

    public void Longs(ImmutableArray<long> values)
    {
        Open('[');
        foreach (long value in values) Number(value);
        Close(']');
    }

    private void Separate()
    {
        if (_comma) Ascii(',');
    }

    private void Escape(char c)
    {
        switch (c)
        {
            case '"' or '\\': Utf8(['\\', c]); break;
            case '\n': Utf8("\\n"); break;
            default: Utf8($"\\u{(int)c:x4}"); break;
        }
    }

    private void Ascii(char c)
    {
        _bytes.GetSpan(1)[0] = (byte)c;
        _bytes.Advance(1);
    }

    private void Utf8(ReadOnlySpan<char> text)
    {
        int written = Encoding.UTF8.GetBytes(text, _bytes.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length)));
        _bytes.Advance(written);
    }
}
