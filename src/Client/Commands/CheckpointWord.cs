using ShardInit.Client.CommandLine;
using ShardInit.Storage;

namespace ShardInit.Client.Commands;

/// <summary>DIR of the commands that look into one: a wrong word is told from a checkpoint that has lost something.</summary>
internal static class CheckpointWord
{
    /// <exception cref="UsageException">Nothing there, a file, or a directory in which nothing looks like a checkpoint.</exception>
    /// <exception cref="FileNotFoundException">Files of a checkpoint without plan.json.</exception>
    public static Checkpoint Open(string directory)
    {
        Require(directory);
        return Checkpoint.OpenTolerant(directory);
    }

    /// <exception cref="UsageException">As <see cref="Open"/>.</exception>
    public static void Require(string directory)
    {
        string? found = File.Exists(directory) ? "a file"
            : !Directory.Exists(directory) ? "nothing of that name"
            : File.Exists(Path.Combine(directory, CheckpointFiles.Plan)) || Directory.EnumerateFiles(directory).Any(IsOurs) ? null
            : $"one without {CheckpointFiles.Plan}";
        if (found is not null) throw new UsageException($"{directory}: expected a directory that init has begun, found {found}; check the path, or write one with '{Cli.ProgramName} init MODEL --out DIR'");
    }

    private static bool IsOurs(string path) => Path.GetFileName(path) is CheckpointFiles.Manifest || Path.GetExtension(path) == ".arrow";
}
