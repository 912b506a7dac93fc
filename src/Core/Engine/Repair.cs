using ShardInit.Planning;
using ShardInit.Storage;

namespace ShardInit.Engine;

/// <param name="FilesWritten">Shard files.</param>
/// <param name="Failures">What could not be written, and why, one line each; <paramref name="After"/> says what is wrong because of it.</param>
/// <param name="After">What a second look found: nothing, or what cannot be mended (a file that no plan names).</param>
public sealed record RepairReport(int FilesWritten, IReadOnlyList<string> Failures, VerificationReport After);

/// <summary>
/// Mends a directory: the files with defects are written again from the plan, then index and manifest; and what was mended is verified. What cannot be mended, for instance a file whose
/// name a directory has, does not keep the rest from being mended.
/// </summary>
public static class Repair
{
    private const int MaxSweeps = 4;

    /// <summary>Mends what <paramref name="report"/> lists, and completes what is unfinished.</summary>
    /// <param name="values">Of the directory's plan.</param>
    /// <exception cref="ShardInit.Errors.ShardFormatException">plan.json was changed after sealing and cannot be restored.</exception>
    public static RepairReport Run(string directory, VerificationReport report, ITileSource values, int threads, EngineProgress progress, CancellationToken cancel)
    {
        Plan plan = values.Plan;
        HashSet<string> damaged = [.. report.Defects.Select(defect => defect.File), .. report.Missing];
        using CheckpointWriter writer = CheckpointWriter.Open(directory);
        // What went bad since the verification belongs here too.
        SortedSet<int> files = [.. writer.MissingFiles, .. Enumerable.Range(0, plan.Files.Length).Where(file => damaged.Contains(plan.Files[file].Name))];
        List<string> failures = [];
        if (!Try(() => Write([.. files])))
        {
            // Whatever stopped that may concern one file alone. Those that are right by now are left as they are.
            failures.Clear();
            foreach (int file in files.Where(IsWrong)) Try(() => Write([file]));
        }
        if (failures.Count == 0) Try(writer.Seal);
        VerificationReport after = LookAgain();
        // A rank that learns only now that the directory is sealed may have left a note since: what nobody needs any more is cleared away once more.
        for (int attempt = 1; attempt < MaxSweeps && failures.Count == 0 && after.Defects.Any(defect => defect.Kind == DefectKinds.LeftoverTemporary); attempt++)
        {
            writer.Seal();
            after = LookAgain();
        }
        return new RepairReport(progress.FilesDone, failures, after);

        void Write(IReadOnlyList<int> some) => LocalEngine.WriteFiles(writer, some, replace: true, values, threads, progress, cancel);

        bool Try(Action step)
        {
            try
            {
                step();
                return true;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                failures.Add(error.Message);
                return false;
            }
        }

        bool IsWrong(int file)
        {
            using Checkpoint now = Checkpoint.OpenTolerant(directory);
            return Verification.FilesOnly(now, [file], values, threads, cancel).Count > 0;
        }

        VerificationReport LookAgain()
        {
            using Checkpoint mended = Checkpoint.OpenTolerant(directory);
            return Verification.Run(mended, [.. files], values, threads, new EngineProgress(), cancel);
        }
    }
}
