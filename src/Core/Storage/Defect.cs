namespace ShardInit.Storage;

/// <summary>One thing that verify found wrong.</summary>
/// <param name="File">File name inside the directory.</param>
/// <param name="Tile">Record batch number where the defect lies in one.</param>
/// <param name="Tensor">Stored name, with <paramref name="Tile"/>.</param>
/// <param name="Kind">One of <see cref="DefectKinds"/>.</param>
public sealed record Defect(string File, int? Tile, string? Tensor, string Kind, string Message)
{
    public override string ToString() => Tile is null ? $"{File}: {Kind}: {Message}" : $"{File}: tile {Tile} of '{Tensor}': {Kind}: {Message}";
}

/// <summary>Values of <see cref="Defect.Kind"/>, as they stand in <c>verify --json</c> and docs/format.md.</summary>
public static class DefectKinds
{
    /// <summary>A file of the plan, the index or the manifest is not there.</summary>
    public const string MissingFile = "missing_file";
    public const string WrongSize = "wrong_size";
    /// <summary>A byte outside value buffers is not what the plan says.</summary>
    public const string StructureMismatch = "structure_mismatch";
    /// <summary>Values do not have the digest recorded for their tile, or a file not that of the manifest.</summary>
    public const string DigestMismatch = "digest_mismatch";
    /// <summary>Values have their digest but are not those of the plan.</summary>
    public const string ValueMismatch = "value_mismatch";
    /// <summary>The system cannot read the file: a bad sector, missing permission, or no regular file.</summary>
    public const string Unreadable = "unreadable";
    /// <summary>A file that no plan names.</summary>
    public const string ForeignFile = "foreign_file";
    /// <summary>An unfinished file of another run.</summary>
    public const string LeftoverTemporary = "leftover_temp";
    /// <summary>manifest.json cannot be read, or is not what plan and files make of it.</summary>
    public const string BadManifest = "bad_manifest";
    /// <summary>index.arrow is not what plan and files make of it.</summary>
    public const string BadIndex = "bad_index";
    /// <summary>plan.json cannot be read as one, or does not cover every element exactly once.</summary>
    public const string BadPlan = "bad_plan";
    /// <summary>plan.json is not the one that the manifest was sealed with.</summary>
    public const string PlanMismatch = "plan_mismatch";
}
