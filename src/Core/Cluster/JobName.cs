namespace ShardInit.Cluster;

/// <summary>The word by which a user means a job where it is no output: its id or the beginning of it, in any case.</summary>
public static class JobName
{
    /// <summary>The beginning of an id that still counts as one. Among a hundred jobs two agree in 32 bits about once in a million lists.</summary>
    public const int MinLength = 8;

    public static bool IsText(string text) => text.Length is >= MinLength and <= JobId.Length && text.All(char.IsAsciiHexDigit);

    /// <summary>Whether a word that <see cref="IsText"/> means this job.</summary>
    public static bool Means(string text, string job) => job.StartsWith(text, StringComparison.OrdinalIgnoreCase);
}
