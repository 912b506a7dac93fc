using System.Collections.Immutable;
using ShardInit.Engine;
using ShardInit.Errors;
using ShardInit.Planning;

namespace ShardInit.Storage;

/// <summary>
/// Compares a directory with its plan: every byte outside values is rebuilt, values are held against their digests and, where asked, generated again.
/// Chunked reads without mapping, so memory is the buffer's. Files and their tiles can be verified in parallel (<see cref="FileVerification"/>), one buffer per thread.
/// </summary>
public static class ShardVerifier
{
    /// <summary>Verifies one shard file.</summary>
    /// <param name="manifest">Of the directory, or null: then the file's own digest is not compared.</param>
    /// <param name="values">Regenerates values for comparison; null to trust digests.</param>
    /// <param name="progress">Told the number of value bytes read, piece by piece.</param>
    /// <returns>The defects in file order; empty for a sound file.</returns>
    public static IReadOnlyList<Defect> VerifyFile(
        string directory, Plan plan, int file, Manifest? manifest, ITileSource? values, TileBuffer buffer, CancellationToken cancel, Action<long>? progress = null)
    {
        using FileVerification verification = new(directory, plan, file, manifest, values);
        for (int tile = 0; tile < verification.TileCount; tile++) verification.VerifyTile(tile, buffer, cancel, progress);
        return verification.Finish();
    }

    /// <summary>Verifies what is not in one shard: plan, coverage, manifest, index, and that nothing else is there. Reads the frames of shards, not their values.</summary>
    public static IReadOnlyList<Defect> VerifyDirectory(string directory, Plan plan, CancellationToken cancel)
    {
        List<Defect> defects = [];
        string planPath = Path.Combine(directory, CheckpointFiles.Plan);
        string planDigest = Digests.Sha256(SmallFile.ReadPlan(FileOperations.System, directory));
        try
        {
            _ = Coverage.Of(plan, planPath);
        }
        catch (ShardFormatException error)
        {
            defects.Add(new Defect(CheckpointFiles.Plan, null, null, DefectKinds.BadPlan, error.Message));
            return defects;
        }
        Sealer sealer = new(FileOperations.System, directory, plan, planDigest);
        Manifest? manifest = VerifyManifest(directory, plan, planDigest, sealer, defects);
        cancel.ThrowIfCancellationRequested();
        VerifyIndex(directory, sealer, manifest, defects);
        VerifyListing(directory, plan, defects);
        return defects;
    }

    private static Manifest? VerifyManifest(string directory, Plan plan, string planDigest, Sealer sealer, List<Defect> defects)
    {
        string path = Path.Combine(directory, CheckpointFiles.Manifest);
        Manifest manifest;
        byte[]? bytes;
        try
        {
            bytes = SmallFile.TryRead(FileOperations.System, path, ManifestReader.MaxLength);
            if (bytes is null)
            {
                defects.Add(new Defect(CheckpointFiles.Manifest, null, null, DefectKinds.MissingFile, "the directory is not sealed; run 'resume'"));
                return null;
            }
            manifest = ManifestReader.Read(bytes, path);
        }
        catch (ShardFormatException error)
        {
            defects.Add(new Defect(CheckpointFiles.Manifest, null, null, DefectKinds.BadManifest, error.Message));
            return null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            defects.Add(new Defect(CheckpointFiles.Manifest, null, null, DefectKinds.Unreadable, error.Message));
            return null;
        }
        if (manifest.PlanId != plan.PlanId)
        {
            defects.Add(new Defect(CheckpointFiles.Manifest, null, null, DefectKinds.BadManifest, $"belongs to plan {manifest.PlanId}, {CheckpointFiles.Plan} is plan {plan.PlanId}"));
            return null;
        }
        if (manifest.PlanDigest != planDigest)
        {
            defects.Add(new Defect(CheckpointFiles.Plan, null, null, DefectKinds.PlanMismatch,
                $"expected {manifest.PlanDigest} by {CheckpointFiles.Manifest}, found {planDigest}: changed after sealing"));
        }
        // File and index digests are checked against the files; all other bytes follow from the plan.
        Dictionary<string, ManifestFile> listed = manifest.Files.ToDictionary(file => file.Name, StringComparer.Ordinal);
        ImmutableArray<ManifestFile> files = [.. plan.Files.Select((file, index) => Manifest.Describe(
            plan, index, ShardLayout.Of(plan, index).FileLength, listed.TryGetValue(file.Name, out ManifestFile? entry) ? entry.Digest : ""))];
        byte[] rebuilt = (sealer.Describe(files, manifest.IndexSize, manifest.IndexDigest) with { PlanDigest = manifest.PlanDigest }).ToBytes();
        int same = bytes.AsSpan().CommonPrefixLength(rebuilt);
        if (same < Math.Max(bytes.Length, rebuilt.Length))
        {
            defects.Add(new Defect(CheckpointFiles.Manifest, null, null, DefectKinds.BadManifest, $"differs at byte {same} from what plan and files make of it"));
            return null;
        }
        return manifest;
    }

    private static void VerifyIndex(string directory, Sealer sealer, Manifest? manifest, List<Defect> defects)
    {
        if (!Path.Exists(Path.Combine(directory, CheckpointFiles.Index)))
        {
            defects.Add(new Defect(CheckpointFiles.Index, null, null, DefectKinds.MissingFile, "the file is missing"));
            return;
        }
        try
        {
            CompareIndex(sealer, manifest, defects);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            defects.Add(new Defect(CheckpointFiles.Index, null, null, DefectKinds.Unreadable, error.Message));
        }
    }

    private static void CompareIndex(Sealer sealer, Manifest? manifest, List<Defect> defects)
    {
        // Where a shard is damaged, its tile digests are no measure for the index: then the manifest's digest is.
        bool allSound = true;
        (_, _, bool same) = sealer.CompareIndex((file, committed, _) =>
            allSound &= committed.IsIntact && (manifest is null || file >= manifest.Files.Length || committed.FileDigest == manifest.Files[file].Digest));
        bool vouched = manifest is null || sealer.IndexIs(manifest.IndexSize, manifest.IndexDigest);
        if (allSound) vouched &= same;
        if (!vouched) defects.Add(new Defect(CheckpointFiles.Index, null, null, DefectKinds.BadIndex, "is not what plan and files make of it"));
    }

    private static void VerifyListing(string directory, Plan plan, List<Defect> defects)
    {
        HashSet<string> known = new(plan.Files.Select(file => file.Name), StringComparer.Ordinal) { CheckpointFiles.Plan, CheckpointFiles.Manifest, CheckpointFiles.Index };
        foreach (string name in Directory.EnumerateFileSystemEntries(directory).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal))
        {
            // What a process writes at this moment is not left over: one that began before the directory was sealed ends by itself and takes its file away.
            if (CheckpointFiles.IsTemporary(name))
            {
                if (FileOperations.System.IsAbandoned(Path.Combine(directory, name))) defects.Add(new Defect(name, null, null, DefectKinds.LeftoverTemporary, "an unfinished file; it may be deleted when no run is active"));
            }
            else if (!known.Contains(name)) defects.Add(new Defect(name, null, null, DefectKinds.ForeignFile, "no file of this plan"));
        }
    }
}
