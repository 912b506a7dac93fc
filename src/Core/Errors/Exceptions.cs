namespace ShardInit.Errors;

/// <summary>Bad model, recipe or options (exit code 2): every problem found in the input, each one line.</summary>
public sealed class PlanException(IReadOnlyList<string> problems) : Exception(string.Join(Environment.NewLine, problems))
{
    public PlanException(string problem) : this([problem]) { }

    public IReadOnlyList<string> Problems { get; } = problems;
}

/// <summary>Causes of a <see cref="ShardFormatException"/>: one per kind of damage, named in docs/format.md.</summary>
public enum ShardFormatCode
{
    Truncated, BadMagic, BadFooter, BadMessage, BadSchema, BadOffset, BadTile, BadMetadata, UnsupportedFormat, UnsupportedSpec,
    BadJson, BadManifest, BadPlan, BadName, TooLarge, DigestMismatch,
}

/// <summary>A file of a checkpoint that does not follow docs/format.md.</summary>
public sealed class ShardFormatException(ShardFormatCode code, string path, string message)
    : Exception($"{path}: {message}")
{
    public ShardFormatCode Code { get; } = code;
    public string Path { get; } = path;

    /// <summary>Not damage: a newer release has written it, and must not be second-guessed.</summary>
    public bool IsOfNewerRelease => Code is ShardFormatCode.UnsupportedFormat or ShardFormatCode.UnsupportedSpec;
}

/// <summary>A directory that has been sealed, or nearly, and has lost its plan.json: damage, where a directory without anything of the kind is just no checkpoint.</summary>
public sealed class MissingPlanException(string message, string path) : FileNotFoundException(message, path);
