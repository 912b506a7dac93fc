using ShardInit.Planning;
using ShardInit.Storage;

namespace ShardInit.Engine;

/// <summary>Mends a directory: the files with defects are written again from the plan, then index and manifest; and what was mended is verified.</summary>
public static class Repair
{
    private const int MaxSweeps = 4;

    /// <summary>Mends what <paramref name="report"/> lists, and completes what is unfinished.</summary>
    /// <param name="values">Of the directory's plan.</param>
    /// <returns>The number of shard files written, and what a second look at them and at the directory found: nothing, or what cannot be mended (a file that no plan names).</returns>
    /// <exception cref="ShardInit.Errors.ShardFormatException">plan.json was changed after sealing and cannot be restored.</exception>
    public static (int FilesWritten, VerificationReport After) Run(
        string directory, VerificationReport report, ITileSource values, int threads, EngineProgress progress, CancellationToken cancel)
    {
        Plan plan = values.Plan;
        HashSet<string> damaged = [.. report.Defects.Select(defect => defect.File), .. report.Missing];
        using CheckpointWriter writer = CheckpointWriter.Open(directory);
        // What went bad since the verification belongs here too.
        SortedSet<int> files = [.. writer.MissingFiles, .. Enumerable.Range(0, plan.Files.Length).Where(file => damaged.Contains(plan.Files[file].Name))];
        LocalEngine.WriteFiles(writer, [.. files], replace: true, values, threads, progress, cancel);
        writer.Seal();
        VerificationReport after = LookAgain(files);
        // A rank that learns only now that the directory is sealed may have left a note since: what nobody needs any more is cleared away once more.
        for (int attempt = 1; attempt < MaxSweeps && after.Defects.Any(defect => defect.Kind == DefectKinds.LeftoverTemporary); attempt++)
        {
            writer.Seal();
            after = LookAgain(files);
        }
        return (files.Count, after);

        VerificationReport LookAgain(IEnumerable<int> files)
        {
            using Checkpoint mended = Checkpoint.OpenTolerant(directory);
            return Verification.Run(mended, [.. files], values, threads, new EngineProgress(), cancel);
        }
    }
}
