using System.Globalization;

namespace ShardInit.Client.Output;

/// <summary>Numbers as people read them.</summary>
public static class Human
{
    private static readonly string[] s_binary = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    /// <summary><c>2.47 GB</c> style is left to rates; sizes are binary, as in <c>--shard-size</c>.</summary>
    public static string Bytes(long bytes)
    {
        (double amount, int unit) = (bytes, 0);
        for (; amount >= 1024 && unit < s_binary.Length - 1; unit++) amount /= 1024;
        return unit == 0 ? $"{bytes} B" : string.Create(CultureInfo.InvariantCulture, $"{amount:0.##} {s_binary[unit]}");
    }

    /// <summary>1,235,814,400.</summary>
    public static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>Three digits or so: what is slow is not shown as nothing.</summary>
    public static string Rate(double bytesPerSecond) => bytesPerSecond switch
    {
        < 1e5 => string.Create(CultureInfo.InvariantCulture, $"{bytesPerSecond / 1e3:0.00} kB/s"),
        < 1e8 => string.Create(CultureInfo.InvariantCulture, $"{bytesPerSecond / 1e6:0.00} MB/s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytesPerSecond / 1e9:0.00} GB/s"),
    };

    public static string Seconds(double seconds)
    {
        if (!double.IsFinite(seconds) || seconds > 1e7) return "unknown";
        if (seconds < 60) return string.Create(CultureInfo.InvariantCulture, $"{seconds:0.0} s");
        TimeSpan time = TimeSpan.FromSeconds(seconds);
        return time.TotalHours < 1 ? $"{time.Minutes} min {time.Seconds} s" : $"{(int)time.TotalHours} h {time.Minutes} min";
    }

    /// <summary><c>1 file</c>, <c>2 files</c>.</summary>
    public static string Plural(long count, string noun) => $"{Count(count)} {noun}{(count == 1 ? "" : "s")}";

    /// <summary><c>one lane</c>, <c>512-bit lanes</c>.</summary>
    public static string Lanes(string name) => name == "1" ? "one lane" : $"{name}-bit lanes";

    /// <summary>Columns of equal width, two spaces apart; the last one ragged.</summary>
    public static IEnumerable<string> Table(IReadOnlyList<string[]> rows)
    {
        int[] widths = [.. Enumerable.Range(0, rows.Max(row => row.Length)).Select(column => rows.Max(row => column < row.Length ? row[column].Length : 0))];
        return rows.Select(row => string.Join("  ", row.Select((cell, column) => column == row.Length - 1 ? cell : cell.PadRight(widths[column]))));
    }
}
