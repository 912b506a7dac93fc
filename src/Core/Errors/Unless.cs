using System.Runtime.CompilerServices;

namespace ShardInit.Errors;

/// <summary>
/// The message of a check that is put together only where the check fails: <c>That(condition, $"...")</c> costs nothing for good input, also in loops
/// over every tensor.
/// </summary>
[InterpolatedStringHandler]
internal ref struct Unless
{
    private DefaultInterpolatedStringHandler _text;

    public Unless(int literalLength, int formattedCount, bool condition, out bool isEnabled)
    {
        isEnabled = !condition;
        _text = isEnabled ? new DefaultInterpolatedStringHandler(literalLength, formattedCount, System.Globalization.CultureInfo.InvariantCulture) : default;
    }

    public void AppendLiteral(string text) => _text.AppendLiteral(text);

    public void AppendFormatted<T>(T value) => _text.AppendFormatted(value);

    public override string ToString() => _text.ToStringAndClear();
}
