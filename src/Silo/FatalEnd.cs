using Orleans.Runtime;

namespace ShardInit.Silo;

/// <summary>
/// In place of the runtime's own handler, which aborts the process with a stack and a core dump: a silo that has to end says why in one line, and ends with exit code 1. What it had in hand is written by
/// others, as after any other end.
/// </summary>
internal sealed class FatalEnd(CheckedSettings settings) : IFatalErrorHandler
{
    private const int Failed = 1;

    private int _ended;

    public bool IsUnexpected(Exception exception) => exception is not ThreadAbortException;

    public void OnFatalException(object? sender, string? context, Exception? exception)
    {
        // Several threads may find out at the same time.
        if (Interlocked.Exchange(ref _ended, 1) != 0) Thread.Sleep(Timeout.Infinite);
        End(Line(settings, context, exception));
    }

    /// <summary>What the runtime says of it, as people need it.</summary>
    internal static string Line(CheckedSettings settings, string? context, Exception? exception)
    {
        for (Exception? error = exception; error is not null; error = error.InnerException)
        {
            if (error.Message.Contains("membership table version decreased", StringComparison.Ordinal))
            {
                return $"the first silo of this machine (port {settings.Settings.Endpoint.PrimaryPort}) was started again, and the list of silos that it held is gone: start this silo again too, and submit again";
            }
        }
        if (context?.Contains("told I am dead", StringComparison.Ordinal) == true)
        {
            return "the others have given this silo up: it did not answer for about ten seconds (it was stopped, or its machine or network was away); what it had in hand is written by others; start it again";
        }
        string why = exception?.GetBaseException().Message ?? context ?? "no reason was given";
        return $"this silo cannot go on: {why.ReplaceLineEndings(" ")}; start it again";
    }

    public static void End(string line)
    {
        Console.Error.WriteLine($"shardinit: {line}");
        Environment.Exit(Failed);
    }
}
