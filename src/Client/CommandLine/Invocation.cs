using ShardInit.Client.Output;

namespace ShardInit.Client.CommandLine;

/// <summary>A command line after parsing: every value is known to be in its range.</summary>
public sealed class Invocation(CommandSpec command, IReadOnlyDictionary<string, string> words, IReadOnlyDictionary<Flag, IReadOnlyList<string>> values, Terminal terminal)
{
    public CommandSpec Command { get; } = command;

    public Terminal Terminal { get; } = terminal;

    public string Word(Positional positional) => words[positional.Name];

    public string? OptionalWord(Positional positional) => words.GetValueOrDefault(positional.Name);

    public bool Has(Flag flag) => values.ContainsKey(flag);

    public T Get<T>(Flag<T> flag) => values.TryGetValue(flag, out IReadOnlyList<string>? texts) && flag.Parse(texts[^1], out T value) ? value : flag.Fallback;

    public IReadOnlyList<T> GetAll<T>(Flag<T> flag)
    {
        List<T> all = [];
        foreach (string text in values.GetValueOrDefault(flag, []))
        {
            if (flag.Parse(text, out T value)) all.Add(value);
        }
        return all;
    }
}
