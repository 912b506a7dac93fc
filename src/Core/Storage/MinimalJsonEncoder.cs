using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;

namespace ShardInit.Storage;

/// <summary>
/// JSON texts with the fewest escapes: <c>\"</c>, <c>\\</c> and <c>\u00xx</c> for control characters, everything else as UTF-8. The platform's encoders decide by
/// Unicode tables that change between versions, which would change bytes under a digest.
/// </summary>
internal sealed unsafe class MinimalJsonEncoder : JavaScriptEncoder
{
    public static MinimalJsonEncoder Instance { get; } = new();

    public override int MaxOutputCharactersPerInputCharacter => 6;

    public override bool WillEncode(int unicodeScalar) => unicodeScalar is < 0x20 or '"' or '\\';

    public override int FindFirstCharacterToEncode(char* text, int textLength)
    {
        for (int index = 0; index < textLength; index++)
        {
            // A lone surrogate has no UTF-8 form; the base class replaces it.
            if (WillEncode(text[index]) || char.IsSurrogate(text[index])) return index;
        }
        return -1;
    }

    public override bool TryEncodeUnicodeScalar(int unicodeScalar, char* buffer, int bufferLength, out int numberOfCharactersWritten)
    {
        string escaped = unicodeScalar switch
        {
            '"' => "\\\"",
            '\\' => "\\\\",
            < 0x20 => string.Create(CultureInfo.InvariantCulture, $"\\u{unicodeScalar:x4}"),
            _ => new Rune(unicodeScalar).ToString(),
        };
        numberOfCharactersWritten = 0;
        if (escaped.Length > bufferLength) return false;
        escaped.CopyTo(new Span<char>(buffer, bufferLength));
        numberOfCharactersWritten = escaped.Length;
        return true;
    }
}
