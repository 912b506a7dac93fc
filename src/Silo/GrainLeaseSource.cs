using System.Collections.Concurrent;
using ShardInit.Cluster;
using ShardInit.Grains;

namespace ShardInit.Silo;

/// <summary>What a worker asks, as calls to grains. Its threads are the worker's own, never the runtime's, so they may block.</summary>
internal sealed class GrainLeaseSource(IGrainFactory grains, string host, ClusterMetrics metrics) : ILeaseSource
{
    /// <summary>How long a heartbeat waits for ranges, and then for the scheduler: a range on a silo that is stopped must not cost the leases of all others, which lapse after half a minute.</summary>
    private static readonly TimeSpan s_beatLimit = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, string> _outputs = new(StringComparer.Ordinal);

    private ISchedulerGrain Scheduler => grains.GetGrain<ISchedulerGrain>(ISchedulerGrain.Key);

    public string? Hello(WorkerHello hello) => Wait(Scheduler.Hello(hello));

    public WorkGrant Ask(WorkRequest request)
    {
        WorkGrant grant = Wait(Scheduler.Ask(request));
        if (grant.Job is { } job) _outputs[job.Job] = job.Request.Output;
        return grant;
    }

    public BeatReply Heartbeat(WorkerBeat beat)
    {
        (RangeBeat Range, Task<HeartbeatReply> Reply)[] calls = [.. beat.Ranges.Select(range => (range, Range(range.Range).Heartbeat(beat.Worker, range.Leases)))];
        try
        {
            Task.WhenAll(calls.Select(call => call.Reply)).Wait(s_beatLimit);
        }
        catch (AggregateException)
        {
            // A range that does not answer now does so at the next heartbeat, or gives the leases away.
        }
        (RangeBeat Range, Task<HeartbeatReply> Reply)[] answered = [.. calls.Where(call => call.Reply.IsCompletedSuccessfully)];
        IReadOnlyList<string> lostSeals = LostSeals(Scheduler.Beat(beat.Worker, [.. answered.Select(call => call.Reply.Result.Report)], beat.Seals));
        LostLeases[] lost = [.. answered.Where(call => call.Reply.Result.Lost.Count > 0).Select(call => new LostLeases(call.Range.Range, call.Reply.Result.Lost))];
        metrics.LeasesLost(lost.Sum(leases => leases.Files.Count));
        return new BeatReply(lost, lostSeals);
    }

    public IReadOnlyList<CompletionResult> Complete(string worker, RangeKey range, IReadOnlyList<Completion> completions)
    {
        CompletionReply reply = Wait(Range(range).Complete(worker, host, completions));
        Wait(Scheduler.Beat(worker, [reply.Report], []));
        for (int index = 0; index < completions.Count; index++)
        {
            if (completions[index].Error is not null) metrics.ShardFailed();
        }
        return reply.Results;
    }

    public void Release(string worker, RangeKey range, IReadOnlyList<int>? files) => Wait(Scheduler.Beat(worker, [Wait(Range(range).Release(worker, files))], []));

    public IReadOnlyList<string?> Digests(RangeKey range) => Wait(Range(range).Digests());

    public void SealDone(string worker, string job, SealResult result) => Wait(Scheduler.SealDone(worker, job, OutputOf(job), result));

    /// <summary>None where the scheduler does not answer now: it hears the same at the next heartbeat, and the answers of the ranges must not be lost with its own.</summary>
    private static IReadOnlyList<string> LostSeals(Task<IReadOnlyList<string>> beat)
    {
        try
        {
            return beat.Wait(s_beatLimit) ? beat.Result : [];
        }
        catch (AggregateException)
        {
            return [];
        }
    }

    private string OutputOf(string job) => _outputs.TryGetValue(job, out string? output) ? output : throw new InvalidOperationException($"job {job}: not known to this worker");

    private IShardGrain Range(RangeKey range) => grains.GetGrain<IShardGrain>(new RangeName(range, OutputOf(range.Job)).ToString());

    private static T Wait<T>(Task<T> call) => call.GetAwaiter().GetResult();

    private static void Wait(Task call) => call.GetAwaiter().GetResult();
}
