using System.Globalization;
using System.Text;

namespace ShardInit.Client.Output;

/// <summary>Text exposition format 0.0.4 of Prometheus (https://prometheus.io/docs/instrumenting/exposition_formats/), one sample a metric.</summary>
internal sealed class PrometheusText
{
    private readonly StringBuilder _text = new();

    /// <param name="name">Letters, digits, underscores and colons, no digit first; each once.</param>
    /// <param name="type"><c>gauge</c> or <c>counter</c>.</param>
    public void Add(string name, string type, string help, double value, params ReadOnlySpan<(string Name, string Value)> labels)
    {
        // Only backslash and line feed are special in a help text.
        _text.Append($"# HELP {name} {help.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("\n", @"\n", StringComparison.Ordinal)}\n# TYPE {name} {type}\n{name}");
        for (int index = 0; index < labels.Length; index++)
        {
            _text.Append(index == 0 ? '{' : ',').Append($"{labels[index].Name}=\"{EscapeLabel(labels[index].Value)}\"");
        }
        if (labels.Length > 0) _text.Append('}');
        _text.Append($" {Number(value)}\n");
    }

    public override string ToString() => _text.ToString();

    private static string EscapeLabel(string value) =>
        value.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", @"\n", StringComparison.Ordinal);

    /// <summary>Shortest digits that read back as the same number. Whole numbers in full, for people: up to 2^53 each is exact.</summary>
    private static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        double.NaN => "NaN",
        _ when Math.Abs(value) < 1L << 53 && Math.Floor(value) == value => ((long)value).ToString(CultureInfo.InvariantCulture),
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };
}
