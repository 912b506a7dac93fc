using ShardInit.Engine;

namespace ShardInit.Storage;

/// <summary>
/// Mends what <see cref="ShardVerifier"/> found. A shard is a function of the plan, so mending is writing it again beside the damaged one and taking its place;
/// the result is identical to the file as first written. Open the directory with <see cref="CheckpointWriter.Open(string)"/>.
/// </summary>
public static class ShardRepair
{
    /// <summary>Regenerates one shard file and puts it in place of whatever has its name. A caller with several threads does the same by <see cref="CheckpointWriter.Begin(int, bool)"/>.</summary>
    public static void RewriteFile(CheckpointWriter writer, int file, ITileSource source, TileBuffer buffer)
    {
        using ShardFileWriter shard = writer.Begin(file, replace: true);
        for (int tile = 0; tile < shard.Layout.TileCount; tile++) shard.WriteTile(tile, source, buffer);
        shard.Commit();
    }

    /// <summary>
    /// Puts plan.json, index.arrow and manifest.json right, after all shards are: plan.json where writing it anew gives the bytes that a sound manifest
    /// vouches for, the others by building them from plan and shards. Deletes unfinished files of dead processes. Foreign files stay.
    /// </summary>
    /// <exception cref="ShardInit.Errors.ShardFormatException">plan.json was changed and cannot be restored.</exception>
    public static void RewriteIndexAndManifest(CheckpointWriter writer) => writer.Seal();
}
