using System.Globalization;
using System.Text;

namespace ShardInit.Client.Tests.Support;

/// <summary>One metric with its samples; each sample has its labels in the order of the text.</summary>
public sealed record Metric(string Name, string Type, string Help, List<(IReadOnlyList<(string Name, string Value)> Labels, double Value)> Samples);

/// <summary>
/// Text format 0.0.4, read strictly: what its description allows and what the textfile collector takes (no timestamps, help and type before the samples), with no leave for anything else.
/// Throws <see cref="FormatException"/> with the line.
/// </summary>
public static class PrometheusParser
{
    public static IReadOnlyDictionary<string, Metric> Parse(string text)
    {
        Dictionary<string, Metric> metrics = new(StringComparer.Ordinal);
        (string Name, string Help)? help = null;
        Metric? current = null;
        Check(text.EndsWith('\n'), text, "the last line ends with a line feed");
        foreach (string line in text[..^1].Split('\n'))
        {
            Check(line.All(letter => letter >= ' '), line, "no control characters");
            if (line.StartsWith("# HELP ", StringComparison.Ordinal))
            {
                Check(help is null, line, "a type behind each help");
                string[] words = line.Split(' ', 4);
                Check(words.Length == 4 && IsName(words[2], colon: true), line, "a name and a text");
                help = (words[2], Unescape(words[3], line, inLabel: false));
            }
            else if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
            {
                string[] words = line.Split(' ');
                Check(words.Length == 4 && words[2] == help?.Name, line, "a name and a type behind the help of the same name");
                Check(words[3] is "counter" or "gauge" or "histogram" or "summary" or "untyped", line, "a known type");
                current = new Metric(words[2], words[3], help!.Value.Help, []);
                Check(metrics.TryAdd(current.Name, current), line, "each metric once");
                help = null;
            }
            else
            {
                Check(!line.StartsWith('#') && help is null && current is not null, line, "a sample behind its type");
                ReadSample(line, current!);
            }
        }
        foreach (Metric metric in metrics.Values) Check(metric.Samples.Count > 0, metric.Name, "a sample of each metric");
        return metrics;
    }

    private static void ReadSample(string line, Metric metric)
    {
        int position = 0;
        while (position < line.Length && line[position] is not (' ' or '{')) position++;
        Check(line[..position] == metric.Name && IsName(metric.Name, colon: true), line, $"a sample of {metric.Name}");
        List<(string Name, string Value)> labels = [];
        if (position < line.Length && line[position] == '{')
        {
            while (line[position] != '}') labels.Add(ReadLabel(line, ref position));
            position++;
        }
        Check(labels.Select(label => label.Name).Distinct().Count() == labels.Count, line, "each label once");
        Check(position < line.Length && line[position] == ' ', line, "a blank before the value");
        string number = line[(position + 1)..];
        double value = number switch { "+Inf" => double.PositiveInfinity, "-Inf" => double.NegativeInfinity, "NaN" => double.NaN, _ => ReadNumber(number, line) };
        Check(!metric.Samples.Any(sample => sample.Labels.SequenceEqual(labels)), line, "each combination of labels once");
        metric.Samples.Add((labels, value));
    }

    /// <summary>From the brace or comma before it to the comma or brace behind it.</summary>
    private static (string Name, string Value) ReadLabel(string line, ref int position)
    {
        int equals = line.IndexOf("=\"", position, StringComparison.Ordinal);
        Check(equals > 0, line, "a label with a value in quotation marks");
        string name = line[(position + 1)..equals];
        Check(IsName(name, colon: false), line, "a label name");
        int start = equals + 2, end = start;
        while (end < line.Length && line[end] != '"') end += line[end] == '\\' ? 2 : 1;
        Check(end + 1 < line.Length && line[end + 1] is ',' or '}', line, "a comma or brace behind a label");
        position = end + 1;
        return (name, Unescape(line[start..end], line, inLabel: true));
    }

    private static string Unescape(string text, string line, bool inLabel)
    {
        StringBuilder plain = new();
        for (int index = 0; index < text.Length; index++)
        {
            if (text[index] != '\\') { plain.Append(text[index]); continue; }
            Check(index + 1 < text.Length, line, "a letter behind a backslash");
            plain.Append(text[++index] switch
            {
                '\\' => '\\',
                'n' => '\n',
                '"' when inLabel => '"',
                _ => throw new FormatException($"unknown escape in: {line}"),
            });
        }
        return plain.ToString();
    }

    private static double ReadNumber(string number, string line)
    {
        Check(double.TryParse(number, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out double value), line, "a number and no more");
        Check(char.IsAsciiDigit(number[^1]) && double.IsFinite(value), line, "a number in digits");
        return value;
    }

    private static bool IsName(string name, bool colon) =>
        name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '_' || (colon && letter == ':'));

    private static void Check(bool holds, string line, string expected)
    {
        if (!holds) throw new FormatException($"expected {expected} in: {line}");
    }
}
