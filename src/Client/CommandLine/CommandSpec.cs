namespace ShardInit.Client.CommandLine;

/// <summary>A word on the command line that is not an option.</summary>
public sealed record Positional(string Name, string Help, bool Optional = false);

/// <summary>One command: what it takes, what it says about itself, and what it does.</summary>
/// <param name="Name">As typed.</param>
/// <param name="Help">One sentence.</param>
/// <param name="Example">A command line that works, without the program's name.</param>
/// <param name="Run">Does it; the result is the exit code.</param>
public sealed record CommandSpec(string Name, string Help, string Example, IReadOnlyList<Positional> Positionals, IReadOnlyList<Flag> Flags, Func<Invocation, int> Run)
{
    /// <summary><c>read DIR --tensor NAME --out FILE|- [options]</c>.</summary>
    public string Usage => string.Join(' ',
        [Name, .. Positionals.Select(word => word.Optional ? $"[{word.Name}]" : word.Name), .. Flags.Where(flag => flag.Required).Select(flag => $"{flag.Name} {flag.Value}"), "[options]"]);
}
