using System.Globalization;

namespace ShardInit.Recipes;

/// <summary>Layers (or numbers of axes) that a rule is for: a number, or a half-open range <c>a:b</c>, <c>a:</c>, <c>:b</c>, <c>:</c>; negative numbers count from the end.</summary>
internal readonly record struct LayerSet(long Start, long? End)
{
    /// <exception cref="FormatException">The text is no such range.</exception>
    public static LayerSet Parse(string text)
    {
        string[] ends = text.Split(':');
        if (ends.Length > 2) throw new FormatException("expected a number or a range a:b");
        if (ends.Length == 1)
        {
            long layer = Number(ends[0]);
            return new LayerSet(layer, layer == -1 ? null : layer + 1);
        }
        return new LayerSet(ends[0].Trim().Length == 0 ? 0 : Number(ends[0]), ends[1].Trim().Length == 0 ? null : Number(ends[1]));
    }

    public bool Contains(int? layer, long layerCount)
    {
        if (layer is not int number) return false;
        long start = Start < 0 ? Start + layerCount : Start;
        long end = End switch { null => layerCount, < 0 => End.Value + layerCount, _ => End.Value };
        return number >= start && number < end;
    }

    private static long Number(string text) =>
        int.TryParse(text.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number)
            ? number
            : throw new FormatException($"expected a number or a range a:b, found {Errors.Problems.Quote(text)}");
}
