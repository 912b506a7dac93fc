using System.Text;
using ShardInit.Client.CommandLine;
using ShardInit.Client.Commands;
using ShardInit.Client.Output;
using ShardInit.Engine;
using ShardInit.Errors;

namespace ShardInit.Client;

/// <summary>The command line. Exceptions become exit codes here and nowhere else.</summary>
public static class Program
{
    /// <summary>Every command, in the order of the help.</summary>
    public static readonly IReadOnlyList<CommandSpec> Commands =
    [
        PlanCommand.Spec, InitCommand.Spec, ResumeCommand.Spec, VerifyCommand.Spec, StatusCommand.Spec, InspectCommand.Spec, ExplainCommand.Spec, DiffCommand.Spec, ReadCommand.Spec, ModelsCommand.Spec, RecipesCommand.Spec,
        ServeCommand.Spec, SubmitCommand.Spec, WatchCommand.Spec, CancelCommand.Spec, JobsCommand.Spec,
    ];

    public static int Main(string[] args)
    {
        StandardDescriptors.Occupy();
        FileSizeSignal.Ignore();
        Terminal terminal = new(StandardOutput.Open(), ErrorWriter(), !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("TERM") != "dumb");
        if ((OpenFileLimit.Problem() ?? HostGuard.Problem()) is { } problem)
        {
            terminal.Error(problem);
            return ExitCode.Failed;
        }
        try
        {
            return new Cli(Commands).Run(args, terminal);
        }
        catch (BrokenPipeException)
        {
            return ExitCode.Done;
        }
        catch (UsageException exception)
        {
            return Report(terminal, exception.Problems, ExitCode.Usage);
        }
        catch (PlanException exception)
        {
            return Report(terminal, exception.Problems, ExitCode.Usage);
        }
        catch (OperationCanceledException)
        {
            return Report(terminal, ["interrupted"], ExitCode.Interrupted);
        }
        catch (ShardFormatException exception) when (exception.IsOfNewerRelease)
        {
            return Report(terminal, [exception.Message], ExitCode.Usage);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ShardFormatException or PlatformNotSupportedException)
        {
            return Report(terminal, [exception.Message], ExitCode.Failed);
        }
        catch (OutOfMemoryException)
        {
            return Report(terminal, ["expected more memory; found none left: try fewer --threads"], ExitCode.Failed);
        }
        catch (Exception exception)
        {
            return Report(terminal, [$"this is a bug of {HelpText.Version}; please report it with the command line and this text: {exception}"], ExitCode.Failed);
        }
    }

    // Never disposed: every text is flushed as it is written, and a second flush of what a full device refused would throw again.
    private static TextWriter ErrorWriter() =>
        StandardDescriptors.IsClosed(StandardDescriptors.Error) ? TextWriter.Null : new StreamWriter(Console.OpenStandardError(), new UTF8Encoding(false)) { AutoFlush = true };

    /// <summary>Written by a later release: nothing is wrong with the file, this program is too old for it.</summary>

    private static int Report(Terminal terminal, IReadOnlyList<string> problems, int code)
    {
        foreach (string problem in problems) terminal.Error(problem);
        return code;
    }
}
