namespace ShardInit.Errors;

/// <summary>
/// Everything that is wrong with an input, gathered so that a user sees it at once. Each problem is one line: where, what was expected, what was
/// found, what to do. A hostile input can hold millions of mistakes: after <see cref="Limit"/> only their number is kept.
/// </summary>
public sealed class Problems
{
    /// <summary>Problems that are shown; further ones are counted.</summary>
    public const int Limit = 200;

    private readonly List<string> _lines = [];
    private long _count;

    public bool Any => _count > 0;

    public long Count => _count;

    public void Add(string problem)
    {
        if (_count++ < Limit) _lines.Add(OneLine(problem));
    }

    public void Add(PlanException exception)
    {
        foreach (string problem in exception.Problems) Add(problem);
    }

    /// <exception cref="PlanException">At least one problem was added.</exception>
    public void ThrowIfAny()
    {
        if (!Any) return;
        if (_count > Limit) _lines.Add($"and {_count - Limit} more problems");
        throw new PlanException(_lines);
    }

    /// <summary>A piece of foreign text for a message: quoted, control characters and broken surrogates escaped, cut at 200 characters.</summary>
    public static string Quote(string text)
    {
        System.Text.StringBuilder quoted = new("'");
        foreach (System.Text.Rune rune in text.EnumerateRunes())
        {
            if (quoted.Length > 200) { quoted.Append("..."); break; }
            if (System.Text.Rune.IsControl(rune) || rune.Value == 0xFFFD) quoted.Append($"\\u{rune.Value:x4}");
            else quoted.Append(rune.ToString());
        }
        return quoted.Append('\'').ToString();
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");
}
