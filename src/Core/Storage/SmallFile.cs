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
    public static byte[] ReadPlan(FileOperations operations, string directory)
    {
        string path = Path.Combine(directory, CheckpointFiles.Plan);
        if (File.Exists(directory)) throw FileErrors.NotADirectory(directory);
        return TryRead(operations, path, MaxPlanLength)
            ?? throw new FileNotFoundException($"{directory}: no checkpoint: {CheckpointFiles.Plan} is missing", path);
    }
}
