using ShardInit.Planning;
using ShardInit.Storage;

namespace ShardInit.Engine;

/// <summary>What a verification found.</summary>
/// <param name="Defects">What is wrong, directory first, then files in the order of the plan.</param>
/// <param name="Missing">Names of what an unsealed directory has not yet: that is unfinished, not wrong. Empty for a sealed one, whose missing files are defects.</param>
/// <param name="IsSealed">A manifest is there.</param>
public sealed record VerificationReport(IReadOnlyList<Defect> Defects, IReadOnlyList<string> Missing, bool IsSealed)
{
    /// <summary>Complete and right.</summary>
    public bool IsSound => Defects.Count == 0 && IsSealed;
}

/// <summary>Compares a directory with its plan on several threads, which share the tiles of each file.</summary>
public static class Verification
{
    /// <summary>Verifies everything in the directory of <paramref name="checkpoint"/>.</summary>
    /// <param name="values">Regenerates values for comparison; null to trust digests.</param>
    public static VerificationReport Run(Checkpoint checkpoint, ITileSource? values, int threads, EngineProgress progress, CancellationToken cancel) =>
        Run(checkpoint, [.. Enumerable.Range(0, checkpoint.Plan.Files.Length)], values, threads, progress, cancel);

    /// <summary>Verifies what stands beside the shards, and the given ones.</summary>
    internal static VerificationReport Run(Checkpoint checkpoint, IReadOnlyList<int> files, ITileSource? values, int threads, EngineProgress progress, CancellationToken cancel)
    {
        (Plan plan, string directory) = (checkpoint.Plan, checkpoint.DirectoryPath);
        bool isSealed = Path.Exists(Path.Combine(directory, CheckpointFiles.Manifest));
        progress.Expect(files.Sum(file => LocalEngine.ValueBytes(plan, file)), files.Count);
        IReadOnlyList<Defect> found = files.Count > 0 ? VerifyFiles(checkpoint, files, values, threads, progress, cancel) : [];
        List<Defect> all = [.. ShardVerifier.VerifyDirectory(directory, plan, cancel), .. found];
        if (isSealed) return new VerificationReport(all, [], isSealed);
        ILookup<bool, Defect> unfinished = all.ToLookup(defect => defect.Kind is DefectKinds.MissingFile or DefectKinds.LeftoverTemporary);
        return new VerificationReport([.. unfinished[false]], [.. unfinished[true].Where(defect => defect.Kind == DefectKinds.MissingFile).Select(defect => defect.File)], isSealed);
    }

    /// <summary>Verifies the given shards and nothing beside them.</summary>
    internal static IReadOnlyList<Defect> FilesOnly(Checkpoint checkpoint, IReadOnlyList<int> files, ITileSource? values, int threads, CancellationToken cancel) =>
        VerifyFiles(checkpoint, files, values, threads, new EngineProgress(), cancel);

    private static IReadOnlyList<Defect> VerifyFiles(
        Checkpoint checkpoint, IReadOnlyList<int> files, ITileSource? values, int threads, EngineProgress progress, CancellationToken cancel)
    {
        IReadOnlyList<Defect>[] found = new IReadOnlyList<Defect>[checkpoint.Plan.Files.Length];
        Array.Fill(found, []);
        using PartQueue<FileVerification> queue = new(files, file =>
        {
            FileVerification verification = new(checkpoint.DirectoryPath, checkpoint.Plan, file, checkpoint.Manifest, values);
            return (verification, verification.TileCount);
        });
        long tiles = files.Sum(file => (long)checkpoint.Plan.Files[file].Tiles.Length);
        WorkerThreads.Run((int)Math.Min(threads, Math.Max(1, tiles)), Work, cancel);
        return [.. found.SelectMany(defects => defects)];

        void Work(TileBuffer buffer, CancellationToken stop)
        {
            while (!stop.IsCancellationRequested && queue.TryTake(out PartQueue<FileVerification>.OpenFile open, out int tile))
            {
                if (tile < open.File.TileCount) open.File.VerifyTile(tile, buffer, stop, progress.AddBytes);
                if (!open.FinishTile()) continue;
                found[open.Number] = open.File.Finish();
                queue.Close(open);
                progress.AddFile();
            }
        }
    }
}
