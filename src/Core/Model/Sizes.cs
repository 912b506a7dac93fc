using System.Globalization;

namespace ShardInit.Model;

/// <summary>Byte sizes as people type them: <c>4096</c>, <c>64MiB</c>, <c>1.5GiB</c>, <c>2GB</c>.</summary>
public static class Sizes
{
    private static readonly (string Suffix, long Factor)[] s_units =
    [
        ("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("TiB", 1L << 40),
        ("kB", 1_000), ("KB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000), ("B", 1),
    ];

    /// <summary>A whole positive number of bytes below 2^63: exact, also where the text has a decimal point.</summary>
    public static bool TryParse(string text, out long bytes)
    {
        bytes = 0;
        (string number, long factor) = (text, 1L);
        foreach ((string suffix, long value) in s_units)
        {
            if (!text.EndsWith(suffix, StringComparison.Ordinal)) continue;
            (number, factor) = (text[..^suffix.Length].TrimEnd(' '), value);
            break;
        }
        // decimal is exact here: 28 digits hold every product of a sane number and a factor; what does not fit is refused.
        if (!decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal amount)) return false;
        if (amount <= 0 || amount > long.MaxValue / (decimal)factor) return false;
        decimal exact = amount * factor;
        if (exact != decimal.Truncate(exact)) return false;
        bytes = (long)exact;
        return true;
    }
}
