using ShardInit.Errors;
using ShardInit.Planning;
using ShardInit.Storage;

namespace ShardInit.Cluster;

/// <summary>What the output of a job holds.</summary>
/// <param name="IsSealed">All of the asked plan is there, with its manifest.</param>
/// <param name="Refusal">One line when it holds something else; null otherwise.</param>
public sealed record DirectoryLook(bool IsSealed, string? Refusal);

/// <summary>Publishes the plan of a job in its directory, where every worker reads it.</summary>
public static class JobDirectory
{
    /// <summary>How long files of the plan may be there without their plan.json, which network file systems may hide for a while. Less than a client waits for the answer of one call.</summary>
    private static readonly TimeSpan s_hiddenNames = TimeSpan.FromSeconds(20), s_look = TimeSpan.FromMilliseconds(500);

    /// <summary>Publishes plan.json without replacing, or looks at what is there. Nothing is written where the directory holds something else.</summary>
    /// <param name="directory">Of <see cref="OutputRoots.Create"/>.</param>
    /// <exception cref="IOException">The directory cannot be read or written.</exception>
    /// <exception cref="ShardFormatException">Its plan.json is damaged.</exception>
    public static DirectoryLook Prepare(string directory, Plan plan) => Prepare(directory, plan, TimeProvider.System, Thread.Sleep);

    /// <param name="pause">Waits that long by <paramref name="clock"/>.</param>
    internal static DirectoryLook Prepare(string directory, Plan plan, TimeProvider clock, Action<TimeSpan> pause)
    {
        long start = clock.GetTimestamp();
        while (true)
        {
            try
            {
                using CheckpointWriter writer = CheckpointWriter.Open(directory, plan, PlanCodec.Json, FileOperations.System, Leftovers.DeadOfThisHost);
                return new DirectoryLook(writer.IsSealed, null);
            }
            catch (HiddenFileException hidden) when (hidden.Otherwise is not null)
            {
                if (clock.GetElapsedTime(start) < s_hiddenNames) pause(s_look);
                // Who wrote them published plan.json first: by now it would be seen.
                else return new DirectoryLook(false, $"{directory}: expected {CheckpointFiles.Plan} beside files of this plan, found none: it was deleted; delete the directory, or choose another output");
            }
            catch (PlanException refusal)
            {
                return new DirectoryLook(false, string.Join(' ', refusal.Problems.Take(2)));
            }
        }
    }

    /// <summary>The plan of a directory that a job was prepared in.</summary>
    internal static CheckpointWriter Open(string directory, string planId)
    {
        CheckpointWriter writer = CheckpointWriter.Open(directory, PlanCodec.Json, FileOperations.System, Leftovers.DeadOfThisHost);
        if (writer.Plan.PlanId == planId) return writer;
        string found = writer.Plan.PlanId;
        writer.Dispose();
        throw new PlanException($"{directory}: expected plan {planId}, found {found}; the directory was changed after the job was submitted");
    }
}
