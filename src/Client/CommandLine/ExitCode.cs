namespace ShardInit.Client.CommandLine;

/// <summary>What the program returns (README.md, "Exit codes").</summary>
public static class ExitCode
{
    public const int Done = 0;
    /// <summary>I/O, full disk, permission, missing device, incomplete.</summary>
    public const int Failed = 1;
    /// <summary>Usage, bad model or recipe, DIR holds another plan.</summary>
    public const int Usage = 2;
    /// <summary><c>verify</c> found defects and did not mend all.</summary>
    public const int Defects = 3;
    /// <summary>Ctrl-C or SIGTERM.</summary>
    public const int Interrupted = 130;
}
