namespace ShardInit.Client.CommandLine;

/// <summary>A command line that asks for something that does not exist (exit code 2): every problem, each one line.</summary>
public sealed class UsageException(IReadOnlyList<string> problems) : Exception(string.Join(Environment.NewLine, problems))
{
    public UsageException(string problem) : this([problem]) { }

    public IReadOnlyList<string> Problems { get; } = problems;
}
