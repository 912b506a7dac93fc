using System.Data.Common;

namespace ShardInit.Grains.Client;

/// <summary>What an exception says, as one line for people: Orleans writes whole exceptions with their stack traces into messages, and databases add lines of their own.</summary>
internal static class OneLine
{
    /// <summary>Where the exception within and the stack begin.</summary>
    private static readonly string[] s_ends = ["\n", "\r", " --->", "   at "];

    /// <summary>The first line, without exceptions within and without a stack.</summary>
    public static string Of(string text)
    {
        string line = text.TrimStart();
        foreach (string end in s_ends) if (line.IndexOf(end, StringComparison.Ordinal) is > 0 and int place) line = line[..place];
        return line.Trim();
    }

    /// <summary>A database's driver says that it could not connect, and the exception within why.</summary>
    public static string Of(Exception error)
    {
        string line = Of(error.Message);
        if (line.Length == 0) line = error.GetType().Name;
        return error is DbException && error.InnerException is { Message.Length: > 0 } within ? $"{line}: {Of(within.Message)}" : line;
    }
}
