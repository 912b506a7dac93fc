using ShardInit.Client.CommandLine;
using ShardInit.Cluster;
using ShardInit.Storage;

namespace ShardInit.Client.Output;

/// <summary>A file that is written for somebody else must not lie in a checkpoint: it could replace one of its files, and a directory is the same byte for byte wherever it was written.</summary>
internal static class OutsideCheckpoints
{
    /// <param name="path">After the links of its last name; those of its directory are followed here.</param>
    /// <param name="checkpoint">The directory that the command itself writes, which may have no plan.json yet.</param>
    /// <exception cref="UsageException">The file would lie in that directory, or beside a plan.json.</exception>
    public static void Require(Flag option, string path, string? checkpoint = null)
    {
        string place = Path.GetDirectoryName(Path.GetFullPath(path)) ?? path;
        bool isInside = File.Exists(Path.Combine(place, CheckpointFiles.Plan)) || (checkpoint is not null && Directory.Exists(checkpoint) && Directory.Exists(place) && RealPath.Of(place) == RealPath.Of(checkpoint));
        if (isInside) throw new UsageException($"{option.Name}: expected a file outside of checkpoints, found {path}, which would lie among the files of one; name a file in another directory");
    }
}
