using System.Collections.Concurrent;
using ShardInit.Cluster;
using ShardInit.Engine;
using ShardInit.Planning;
using ShardInit.Storage;

namespace ShardInit.Grains;

/// <summary>
/// Plans of the jobs that this silo deals with, read from their directories: grains need the sizes of files and which of them are there. The last few are kept, so that forty ranges of one job
/// read its plan once. All of it runs off the grains' turns.
/// </summary>
public sealed class PlanCatalog(OutputRoots roots)
{
    /// <summary>A plan of 70,000 tensors takes some hundred megabytes.</summary>
    private const int Most = 4;

    private readonly ConcurrentDictionary<string, Lazy<Task<JobPlan>>> _plans = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _order = new();

    /// <summary>Directory of a job on this silo.</summary>
    /// <exception cref="ShardInit.Errors.PlanException">Its root is unknown here, or a link leads out of it.</exception>
    public string DirectoryOf(JobRecord record) => roots.Resolve(OutputName.Parse(record.Request.Output), record.Request.Tenant);

    public async Task<JobPlan> Get(JobRecord record)
    {
        Lazy<Task<JobPlan>> read = _plans.GetOrAdd(record.Job, _ =>
        {
            _order.Enqueue(record.Job);
            return new Lazy<Task<JobPlan>>(() => Task.Run(() => JobPlan.Read(DirectoryOf(record), record.Request.PlanId)));
        });
        while (_order.Count > Most && _order.TryDequeue(out string? oldest)) _plans.TryRemove(oldest, out _);
        try
        {
            return await read.Value;
        }
        catch
        {
            _plans.TryRemove(record.Job, out _);
            throw;
        }
    }
}

/// <summary>What grains need of a job's plan.</summary>
public sealed class JobPlan
{
    private readonly string _directory;
    private readonly Plan _plan;

    private JobPlan(string directory, Plan plan) => (_directory, _plan) = (directory, plan);

    internal static JobPlan Read(string directory, string planId)
    {
        using Checkpoint checkpoint = Checkpoint.OpenTolerant(directory);
        return checkpoint.Plan.PlanId == planId ? new JobPlan(directory, checkpoint.Plan)
            : throw new InvalidOperationException($"{directory}: expected plan {planId}, found {checkpoint.Plan.PlanId}; the directory was changed after the job was submitted");
    }

    /// <summary>Value bytes of the files of a range, in order.</summary>
    public long[] Bytes(int range) => [.. Files(_plan, range).Select(file => LocalEngine.ValueBytes(_plan, file))];

    /// <summary>Which files of a range are there: under their final names, with their full length. What is inside, the sealer reads.</summary>
    public RangeSnapshot Scan(int range)
    {
        int[] files = [.. Files(_plan, range)];
        byte[] committed = new byte[(files.Length + 7) / 8];
        for (int index = 0; index < files.Length; index++)
        {
            FileInfo found = new(Path.Combine(_directory, _plan.Files[files[index]].Name));
            if (found.Exists && found.Length == ShardLayout.Of(_plan, files[index]).FileLength) committed[index / 8] |= (byte)(1 << (index % 8));
        }
        return new RangeSnapshot(RangeSnapshot.CurrentVersion, committed, new int[files.Length], [], []);
    }

    public static IReadOnlyList<RangeReport> NewRanges(string job, Plan plan) =>
        [.. Enumerable.Range(0, RangeKey.CountFor(plan.Files.Length)).Select(range => RangeReport.OfNew(new RangeKey(job, range), [.. Files(plan, range).Select(file => LocalEngine.ValueBytes(plan, file))]))];

    private static IEnumerable<int> Files(Plan plan, int range)
    {
        int first = range * ShardRange.MaxShards;
        return Enumerable.Range(first, Math.Min(ShardRange.MaxShards, plan.Files.Length - first));
    }
}
