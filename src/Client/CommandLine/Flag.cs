namespace ShardInit.Client.CommandLine;

/// <summary>Reads one value; false when the text is not one.</summary>
public delegate bool FlagParser<T>(string text, out T value);

/// <summary>
/// One option, defined once: parsing, --help and the table in README.md all read these fields.
/// </summary>
/// <param name="Name">With the two dashes.</param>
/// <param name="Value">Name of the value in usage lines, in capitals; null for a switch.</param>
/// <param name="Default">As people read it; empty for a switch, and for what has to be given.</param>
/// <param name="Range">What is accepted, with its unit; completes "expected ...". Empty for a switch.</param>
/// <param name="Help">One sentence.</param>
/// <param name="Example">A value that works; empty for a switch.</param>
public abstract record Flag(string Name, string? Value, string Default, string Range, string Help, string Example)
{
    /// <summary>May be given several times.</summary>
    public bool Repeated { get; init; }

    /// <summary>Has to be given.</summary>
    public bool Required { get; init; }

    /// <summary>Values that the design names and that do not work yet.</summary>
    public IReadOnlyList<string> NotBuilt { get; init; } = [];

    /// <summary>Why a text is refused, or null.</summary>
    public abstract string? Problem(string text);

    protected string Refusal(string text) => NotBuilt.Contains(text, StringComparer.Ordinal)
        ? $"`{Name} {text}` is not built yet; expected {Range}"
        : $"{Name}: expected {Range}, found '{text}'; for instance {Name} {Example}";
}

/// <summary>An option with a value of type <typeparamref name="T"/>.</summary>
public sealed record Flag<T>(string Name, string Value, string Default, string Range, string Help, string Example, T Fallback, FlagParser<T> Parse)
    : Flag(Name, Value, Default, Range, Help, Example)
{
    public override string? Problem(string text) => Parse(text, out _) ? null : Refusal(text);
}

/// <summary>An option without a value.</summary>
public sealed record Switch(string Name, string Help) : Flag(Name, null, "", "", Help, "")
{
    public override string? Problem(string text) => $"{Name}: expected no value, found '{text}'";
}
