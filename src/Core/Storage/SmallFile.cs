using Microsoft.Win32.SafeHandles;
using ShardInit.Errors;

namespace ShardInit.Storage;

/// <summary>Reads plan.json and manifest.json whole, with a limit.</summary>
internal static class SmallFile
{
    /// <summary>A plan of 70,000 tensors is below 20 MB.</summary>
    public const long MaxPlanLength = 1L << 30;

    /// <summary>Null when there is no such file.</summary>
    /// <exception cref="ShardFormatException">TooLarge.</exception>
    public static byte[]? TryRead(FileOperations operations, string path, long maxLength)
    {
        using SafeFileHandle? file = operations.TryOpenRead(path);
        if (file is null) return null;
        long length = RandomAccess.GetLength(file);
        if (length > maxLength) throw new ShardFormatException(ShardFormatCode.TooLarge, path, $"expected at most {maxLength} bytes, found {length}");
        byte[] bytes = new byte[length];
        CommittedFile.ReadExactly(file, path, bytes, 0);
        return bytes;
    }

    /// <exception cref="FileNotFoundException">The directory or its plan.json is missing.</exception>
    /// <exception cref="MissingPlanException">plan.json alone is missing: what is published after it is there.</exception>
    public static byte[] ReadPlan(FileOperations operations, string directory)
    {
        string path = Path.Combine(directory, CheckpointFiles.Plan);
        if (File.Exists(directory)) throw FileErrors.NotADirectory(directory);
        return TryRead(operations, path, MaxPlanLength) ?? throw Missing(operations, directory, path);
    }

    private static FileNotFoundException Missing(FileOperations operations, string directory, string path)
    {
        string[] later = [CheckpointFiles.Manifest, CheckpointFiles.Index];
        if (Array.Find(later, name => operations.LengthOf(Path.Combine(directory, name)) is not null) is not { } found)
        {
            return new FileNotFoundException($"{directory}: no checkpoint: {CheckpointFiles.Plan} is missing", path);
        }
        return new MissingPlanException(
            $"{path}: the file is missing, though {found} is there; it holds every rule and cannot be rebuilt from the other files: restore it from a copy, "
            + $"or run init with the same inputs into another directory and copy the {CheckpointFiles.Plan} of that one here{WhichPlan(operations, directory)}", path);
    }

    /// <summary>So that the right one is told from others. Nothing where the manifest cannot be read.</summary>
    private static string WhichPlan(FileOperations operations, string directory)
    {
        string path = Path.Combine(directory, CheckpointFiles.Manifest);
        try
        {
            return TryRead(operations, path, ManifestReader.MaxLength) is { } bytes ? $" (plan_id {ManifestReader.Read(bytes, path).PlanId})" : "";
        }
        catch (Exception error) when (error is ShardFormatException or IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
