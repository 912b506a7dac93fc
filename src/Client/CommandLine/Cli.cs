using System.CommandLine;
using System.CommandLine.Parsing;
using ShardInit.Client.Output;

namespace ShardInit.Client.CommandLine;

/// <summary>
/// Turns arguments into an <see cref="Invocation"/>. System.CommandLine splits the words; what they mean is checked here, so that all problems
/// are reported at once and in one voice.
/// </summary>
public sealed class Cli(IReadOnlyList<CommandSpec> commands)
{
    public const string ProgramName = "shardinit";

    private static readonly string[] s_helpNames = ["--help", "-h", "-?"];

    public int Run(string[] args, Terminal terminal)
    {
        if (args.Length == 0)
        {
            terminal.Say(HelpText.Overview(commands));
            terminal.Error($"expected a command, found none; for instance {ProgramName} {commands[0].Example}");
            return ExitCode.Usage;
        }
        if (args[0] == "--version" && args.Length == 1)
        {
            terminal.Print(HelpText.Version);
            return ExitCode.Done;
        }
        CommandSpec? command = commands.FirstOrDefault(known => known.Name == args[0]);
        int end = Array.IndexOf(args, "--");
        bool wantsHelp = (end < 0 ? args : args[..end]).Any(s_helpNames.Contains) || (args[0] == "help" && args.Length <= 2);
        if (wantsHelp)
        {
            if (args[0] == "help" && args.Length == 2) command = commands.FirstOrDefault(known => known.Name == args[1]) ?? throw new UsageException(UnknownCommand(args[1]));
            else if (command is null && args[0] != "help" && !s_helpNames.Contains(args[0])) throw new UsageException(UnknownCommand(args[0]));
            terminal.Print(command is null ? HelpText.Overview(commands) : HelpText.Of(command));
            return ExitCode.Done;
        }
        if (command is null) throw new UsageException(UnknownCommand(args[0]));
        return command.Run(Parse(command, args, terminal));
    }

    private Invocation Parse(CommandSpec spec, string[] args, Terminal terminal)
    {
        Command root = new(ProgramName);
        Command command = new(spec.Name);
        Argument<string[]> wordsArgument = new("words") { Arity = ArgumentArity.ZeroOrMore };
        command.Add(wordsArgument);
        Dictionary<Flag, Option> options = [];
        foreach (Flag flag in spec.Flags)
        {
            Option option = flag is Switch ? new Option<bool>(flag.Name) { Arity = ArgumentArity.Zero } : new Option<string[]>(flag.Name) { Arity = ArgumentArity.ZeroOrMore };
            options.Add(flag, option);
            command.Add(option);
        }
        root.Add(command);
        ParseResult result = root.Parse(args, new ParserConfiguration { EnablePosixBundling = false, ResponseFileTokenReplacer = null });

        List<string> problems = [];
        Dictionary<Flag, IReadOnlyList<string>> values = [];
        foreach ((Flag flag, Option option) in options) ReadFlag(flag, result.GetResult(option), values, problems);
        problems.AddRange(args.Skip(1).TakeWhile(arg => arg != "--")
            .SelectMany(arg => spec.Flags.OfType<Switch>().Where(flag => arg.StartsWith(flag.Name + "=", StringComparison.Ordinal)).Select(flag => flag.Problem(arg[(flag.Name.Length + 1)..])!)));
        problems.AddRange(args.Where(IsGarbled).Select(arg => $"expected UTF-8, found bytes that are none in '{arg}'; rename the file, or type the name in UTF-8"));
        Dictionary<string, string> words = ReadWords(spec, args, [.. result.GetResult(wordsArgument)?.Tokens.Select(token => token.Value) ?? []], problems);
        // What the checks above do not know: still an error, in the parser's own words.
        if (problems.Count == 0) problems.AddRange(result.Errors.Select(error => error.Message));
        if (problems.Count > 0) throw new UsageException([.. problems, $"see '{ProgramName} {spec.Name} --help'"]);
        terminal.Quiet = values.ContainsKey(Flags.Quiet);
        return new Invocation(spec, words, values, terminal);
    }

    // U+FFFD stands where bytes are no UTF-8: the name that would be opened is not the one that was typed. A file may really have it in its name.
    private static bool IsGarbled(string arg) => arg.Contains('\uFFFD') && !Path.Exists(arg) && !Path.Exists(arg[(arg.IndexOf('=', StringComparison.Ordinal) + 1)..]);

    private static void ReadFlag(Flag flag, OptionResult? given, Dictionary<Flag, IReadOnlyList<string>> values, List<string> problems)
    {
        if (given is null || given.Implicit)
        {
            if (flag.Required) problems.Add($"{flag.Name}: expected {flag.Range}, found nothing; for instance {flag.Name} {flag.Example}");
            return;
        }
        string[] texts = [.. given.Tokens.Select(token => token.Value)];
        if (flag is not Switch && texts.Length < given.IdentifierTokenCount) problems.Add($"{flag.Name}: expected {flag.Range}, found no value; for instance {flag.Name} {flag.Example}");
        else if (given.IdentifierTokenCount > 1 && !flag.Repeated) problems.Add($"{flag.Name}: expected once, found {given.IdentifierTokenCount} times");
        problems.AddRange(texts.Select(flag.Problem).OfType<string>());
        values.Add(flag, texts);
    }

    private static Dictionary<string, string> ReadWords(CommandSpec spec, string[] args, string[] given, List<string> problems)
    {
        int end = Array.IndexOf(args, "--");
        HashSet<string> afterDashes = end < 0 ? [] : [.. args[(end + 1)..]];
        List<string> plain = [];
        bool unknownOption = false;
        for (int i = 0; i < given.Length; i++)
        {
            string word = given[i];
            if (word.Length < 2 || word[0] != '-' || afterDashes.Contains(word)) { plain.Add(word); continue; }
            string name = word.Split('=', 2)[0];
            unknownOption = true;
            if (Flags.NotBuilt.TryGetValue(name, out bool takesValue))
            {
                problems.Add($"`{name}` is not built yet");
                if (takesValue && name == word) i++;
                continue;
            }
            string? nearest = Nearest.Of(name, spec.Flags.Select(flag => flag.Name));
            problems.Add($"{spec.Name}: unknown option '{name}'{(nearest is null ? "" : $"; did you mean {nearest}?")}");
        }

        Dictionary<string, string> words = new(StringComparer.Ordinal);
        foreach ((Positional positional, int position) in spec.Positionals.Select((positional, position) => (positional, position)))
        {
            if (position < plain.Count && plain[position].Length > 0) words.Add(positional.Name, plain[position]);
            else if (!positional.Optional) problems.Add($"{spec.Name}: expected {positional.Name}, {positional.Help}, found nothing; usage: {ProgramName} {spec.Usage}");
        }
        // The value of an unknown option also ends up here: one message is enough.
        if (!unknownOption && problems.Count == 0 && plain.Count > spec.Positionals.Count)
        {
            problems.Add($"{spec.Name}: expected {spec.Positionals.Count} word(s), found '{plain[spec.Positionals.Count]}' as well; usage: {ProgramName} {spec.Usage}");
        }
        return words;
    }

    private string UnknownCommand(string name)
    {
        if (Flags.CommandsNotBuilt.Contains(name)) return $"`{name}` is not built yet";
        if (name.StartsWith('-')) return $"expected a command first, found '{name}'; for instance {ProgramName} {commands[0].Example}";
        string? nearest = Nearest.Of(name, commands.Select(command => command.Name));
        return $"unknown command '{name}'; {(nearest is null ? $"known: {string.Join(", ", commands.Select(command => command.Name))}" : $"did you mean {nearest}?")}";
    }
}
