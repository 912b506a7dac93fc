using System.Diagnostics;
using System.IO.Compression;
using System.Runtime.CompilerServices;
using ShardInit.Cluster;
using ShardInit.Errors;
using ShardInit.Initializers;
using ShardInit.Planning;

namespace ShardInit.Grains.Client;

/// <summary>
/// A client of a cluster: submits plans, watches and cancels jobs. May be used by several threads at once. Every call may be repeated safely, and is, while nobody answers: the same
/// plan for the same output is the same job however often it is submitted.
/// </summary>
/// <example>
/// <code>
/// await using ClusterClient cluster = await ClusterClient.ConnectAsync(ClusterSettings.Load("cluster.json"));
/// Plan plan = Planner.Create(new PlanRequest { Model = "llama-3.2-1b", Seed = 42 });
/// SubmitAnswer answer = await cluster.SubmitAsync(plan, OutputName.Parse("data/run-1"));
/// await foreach (JobView view in cluster.WatchAsync(answer.Job)) Console.WriteLine(view.Record.Status);
/// </code>
/// examples/cluster-client is a whole program.
/// </example>
public sealed class ClusterClient : IAsyncDisposable
{
    /// <summary>How long <see cref="ConnectAsync"/> looks for a silo that answers; twice as long where one takes the connection and then says nothing, as one does that hangs: others may answer.</summary>
    public static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(30);

    /// <summary>How long a call is repeated while nobody answers. One attempt is given up after 15 seconds, that of a submit after 30.</summary>
    public static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(75);

    /// <summary>How long <see cref="WatchAsync"/> goes on while nobody answers: longer than a cluster takes that restarts as a whole.</summary>
    public static readonly TimeSpan WatchLimit = TimeSpan.FromMinutes(10);

    /// <summary>How long <see cref="JobsAsync"/> asks again for jobs that do not answer.</summary>
    public static readonly TimeSpan SilentLimit = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan s_silentPause = TimeSpan.FromSeconds(2);

    private readonly ClusterConnection _connection;
    private readonly ClusterCalls _calls;

    private ClusterClient(ClusterConnection connection, ClusterCalls calls) => (_connection, _calls) = (connection, calls);

    private IGrainFactory Grains => _connection.Grains;

    private IJobsGrain Jobs => Grains.GetGrain<IJobsGrain>("jobs");

    /// <summary>Connects, and proves who this is where the settings have a certificate.</summary>
    /// <param name="notice">Gets a line for people when something is repeated or insecure; null drops them.</param>
    /// <exception cref="PlanException">Settings that make no sense, or that would send everything in the clear without saying so.</exception>
    /// <exception cref="ClusterException">No silo answered within <see cref="ConnectLimit"/>.</exception>
    /// <exception cref="UnauthorizedAccessException">The cluster does not accept the certificate.</exception>
    public static async Task<ClusterClient> ConnectAsync(ClusterSettings settings, Action<string>? notice = null, CancellationToken cancel = default)
    {
        notice ??= _ => { };
        ClusterConnection connection = await ClusterConnection.OpenAsync(settings, ConnectLimit, notice, cancel);
        try
        {
            ClusterCalls calls = new(new ClusterSession(settings, connection), notice);
            await calls.ProveAsync(CallLimit, cancel);
            return new ClusterClient(connection, calls);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts, continues or joins the job that writes a plan to an output. What is there already stays.</summary>
    /// <param name="output">Where: a root that the silos have, and a path below it.</param>
    /// <param name="priority">Among the jobs of the same tenant; higher ones go first. From -1000 to 1000.</param>
    /// <returns>The job. Where the outcome is <see cref="SubmitOutcome.Refused"/> nothing was changed, and the reason says why.</returns>
    /// <exception cref="PlanException">The plan needs a plug-in: those are not sent.</exception>
    /// <exception cref="ClusterException">Nobody answered within <see cref="CallLimit"/>: whether the job was accepted is unknown; submitting again is safe.</exception>
    public Task<SubmitAnswer> SubmitAsync(Plan plan, OutputName output, int priority = 0, CancellationToken cancel = default)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Math.Abs((long)priority), JobOrder.MaxPriority, nameof(priority));
        RefusePlugins(plan);
        JobOrder order = new(JobId.Of(output, plan.PlanId), plan.PlanId, priority, Packed(plan));
        return _calls.RunAsync($"submit of job {order.Job}", () => Grains.GetGrain<IJobGrain>(output.ToString()).Submit(order), CallLimit, cancel);
    }

    /// <exception cref="PlanException">The plan needs a plug-in: those are not sent.</exception>
    public static void RefusePlugins(Plan plan)
    {
        if (plan.Logical.FirstOrDefault(tensor => tensor.Init is Plugin) is not { } tensor) return;
        throw new PlanException($"tensor {Problems.Quote(tensor.Name)}: expected an initializer that is built in, found a plug-in; plug-ins are not sent to a cluster: write this plan with 'init' where the plug-in is");
    }

    /// <summary>How far a job is.</summary>
    /// <param name="jobOrOutput">
    /// Id of a job; or its beginning, at least <see cref="JobName.MinLength"/> digits, which is looked up among those that <see cref="JobsAsync"/> lists; or the output that it writes: then its present or last job.
    /// </param>
    /// <returns>Null where this client's tenant has no such job.</returns>
    /// <exception cref="PlanException">The text is none of these, or the beginning of several ids.</exception>
    /// <exception cref="ClusterException">Nobody answered within <see cref="CallLimit"/>.</exception>
    public Task<JobView?> StatusAsync(string jobOrOutput, CancellationToken cancel = default) => ViewAsync(jobOrOutput, CallLimit, cancel);

    /// <summary>A job's state again and again, until it has ended; the last one is that of the end. Outlives silos that come and go.</summary>
    /// <param name="jobOrOutput">As for <see cref="StatusAsync"/>.</param>
    /// <param name="interval">Between two looks; null: one second.</param>
    /// <exception cref="PlanException">There is no such job.</exception>
    /// <exception cref="ClusterException">Nobody answered for <see cref="WatchLimit"/>, or the job is no longer known.</exception>
    public async IAsyncEnumerable<JobView> WatchAsync(string jobOrOutput, TimeSpan? interval = null, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        using PeriodicTimer timer = new(interval ?? TimeSpan.FromSeconds(1));
        JobView view = await ViewAsync(jobOrOutput, CallLimit, cancel) ?? throw new PlanException($"{Problems.Quote(jobOrOutput)}: expected a job of this tenant, found none; 'shardinit jobs' lists them");
        (string job, string output) = (view.Record.Job, view.Record.Request.Output);
        while (true)
        {
            yield return view;
            if (!view.Record.IsLive) yield break;
            await timer.WaitForNextTickAsync(cancel);
            JobView? next = await ViewAsync(output, WatchLimit, cancel);
            if (next is null || next.Record.Job != job)
            {
                throw new ClusterException($"job {job}: expected a cluster that knows it, found one that {(next is null ? "does not" : $"writes job {next.Record.Job} to {output}")}; "
                    + "a cluster without a database forgets its jobs when all silos end: submit again, which goes on from what is committed");
            }
            view = next;
        }
    }

    /// <summary>Ends a job. What is committed stays; the same submit goes on from there.</summary>
    /// <param name="jobOrOutput">As for <see cref="StatusAsync"/>.</param>
    /// <returns>
    /// The job afterwards: cancelled, and then this job never seals the directory; or as it had ended before; or sealing, where the cancel came too late: all its files are there, and what is left cannot be
    /// called back. Null where this client's tenant has no such job.
    /// </returns>
    /// <exception cref="ClusterException">Nobody answered within <see cref="CallLimit"/>: whether it was cancelled is unknown; asking again is safe.</exception>
    public async Task<JobView?> CancelAsync(string jobOrOutput, CancellationToken cancel = default)
    {
        if (await ViewAsync(jobOrOutput, CallLimit, cancel) is not { } view) return null;
        JobRecord record = view.Record;
        await _calls.RunAsync($"cancel of job {record.Job}", () => Grains.GetGrain<IJobGrain>(record.Request.Output).Cancel(record.Job), CallLimit, cancel);
        return await ViewAsync(record.Request.Output, CallLimit, cancel);
    }

    /// <summary>The jobs of this client's tenant, newest first; and those that could not be asked just now.</summary>
    /// <exception cref="ClusterException">Nobody answered within <see cref="CallLimit"/>.</exception>
    public async Task<JobsView> JobsAsync(CancellationToken cancel = default)
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            JobsView view = await _calls.RunAsync("list of jobs", () => Jobs.All(), CallLimit, cancel);
            // Mostly of a silo that has just gone: another one has them soon.
            if (view.Silent.Count == 0 || Stopwatch.GetElapsedTime(start) > SilentLimit) return view;
            await Task.Delay(s_silentPause, cancel);
        }
    }

    private async Task<JobView?> ViewAsync(string jobOrOutput, TimeSpan limit, CancellationToken cancel)
    {
        string? job = null;
        if (JobName.IsText(jobOrOutput))
        {
            job = jobOrOutput.Length == JobId.Length ? jobOrOutput.ToLowerInvariant() : await WholeIdAsync(jobOrOutput, limit, cancel);
            if (job is null) return null;
        }
        string? output = job is null ? OutputName.Parse(jobOrOutput).ToString() : await _calls.RunAsync($"look at job {job}", () => Jobs.OutputOf(job), limit, cancel);
        if (output is null) return null;
        JobView? view = await _calls.RunAsync($"look at {output}", () => Grains.GetGrain<IJobGrain>(output).View(), limit, cancel);
        return job is null || view?.Record.Job == job ? view : null;
    }

    private async Task<string?> WholeIdAsync(string beginning, TimeSpan limit, CancellationToken cancel)
    {
        JobsView all = await _calls.RunAsync("list of jobs", () => Jobs.All(), limit, cancel);
        string[] meant = [.. all.Jobs.Select(view => view.Record.Job).Concat(all.Silent.Select(silent => silent.Job)).Where(job => JobName.Means(beginning, job)).Distinct()];
        return meant.Length < 2 ? meant.FirstOrDefault() : throw new PlanException($"job {beginning}: expected the beginning of one id, found that of {string.Join(" and ", meant)}; say more of it");
    }

    internal static byte[] Packed(Plan plan)
    {
        using MemoryStream packed = new();
        using (GZipStream stream = new(packed, CompressionLevel.Optimal)) stream.Write(PlanJson.Write(plan));
        return packed.ToArray();
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();
}
