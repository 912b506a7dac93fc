using System.Reflection;
using System.Text;

namespace ShardInit.Client.CommandLine;

/// <summary>Help and the option table of README.md, made from the definitions.</summary>
public static class HelpText
{
    private const int Width = 110;

    public static string Version => $"{Cli.ProgramName} {typeof(HelpText).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0]}";

    public static string Overview(IReadOnlyList<CommandSpec> commands)
    {
        StringBuilder text = new();
        text.AppendLine("Writes the initial checkpoint of a model: the same bytes on any number of threads and machines.");
        text.AppendLine().AppendLine($"usage: {Cli.ProgramName} COMMAND ...").AppendLine();
        int column = commands.Max(command => command.Usage.Length);
        column = Math.Min(column, 44);
        foreach (CommandSpec command in commands) Row(text, command.Usage, column, command.Help);
        text.AppendLine().AppendLine($"'{Cli.ProgramName} COMMAND --help' shows the options of a command; '{Cli.ProgramName} --version' the version.");
        text.AppendLine("exit codes: 0 done, 1 failed, 2 usage or bad input or another plan there, 3 verify found defects, 130 interrupted");
        return text.ToString().TrimEnd();
    }

    public static string Of(CommandSpec command)
    {
        StringBuilder text = new();
        text.AppendLine(command.Help).AppendLine().AppendLine($"usage: {Cli.ProgramName} {command.Usage}").AppendLine();
        int column = command.Flags.Select(Left).Concat(command.Positionals.Select(word => word.Name)).Max(left => left.Length);
        foreach (Positional word in command.Positionals) Row(text, word.Name, column, char.ToUpperInvariant(word.Help[0]) + word.Help[1..] + ".");
        foreach (Flag flag in command.Flags)
        {
            string limits = flag is Switch ? "" : $" [{flag.Range}{(flag.Required ? "; has to be given" : $"; default: {flag.Default}")}]";
            Row(text, Left(flag), column, flag.Help + limits);
        }
        text.AppendLine().AppendLine($"example: {Cli.ProgramName} {command.Example}");
        return text.ToString().TrimEnd();
    }

    /// <summary>The Markdown table of all options in README.md.</summary>
    public static string MarkdownTable(IReadOnlyList<CommandSpec> commands)
    {
        StringBuilder text = new();
        text.Append("| option | of | accepts | default | |\n| --- | --- | --- | --- | --- |\n");
        foreach (IGrouping<Flag, CommandSpec> group in commands.SelectMany(command => command.Flags.Select(flag => (command, flag))).GroupBy(pair => pair.flag, pair => pair.command))
        {
            string name = Left(group.Key).Replace("|", "\\|", StringComparison.Ordinal);
            text.Append($"| `{name}` | {string.Join(", ", group.Select(command => command.Name))} | {group.Key.Range} | {(group.Key.Required ? "has to be given" : group.Key.Default)} | {group.Key.Help} |\n");
        }
        return text.ToString();
    }

    private static string Left(Flag flag) => flag.Value is null ? flag.Name : $"{flag.Name} {flag.Value}";

    private static void Row(StringBuilder text, string left, int column, string right)
    {
        string indent = new(' ', column + 4);
        StringBuilder line = new StringBuilder("  ").Append(left.PadRight(column)).Append("  ");
        if (left.Length > column) { text.Append("  ").AppendLine(left); line.Clear().Append(indent); }
        foreach (string word in right.Split(' '))
        {
            if (line.Length + word.Length > Width && line.Length > indent.Length)
            {
                text.AppendLine(line.ToString().TrimEnd());
                line.Clear().Append(indent);
            }
            line.Append(word).Append(' ');
        }
        text.AppendLine(line.ToString().TrimEnd());
    }
}
