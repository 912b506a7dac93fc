using System.Collections.Concurrent;
using ShardInit.Cluster;
using ShardInit.Core.Tests.Storage;
using ShardInit.Engine;
using ShardInit.Errors;
using ShardInit.Planning;
using ShardInit.Storage;

namespace ShardInit.Core.Tests.Cluster;

/// <summary>Real workers, real threads, real directories: always the bytes of the local engine.</summary>
public sealed class ShardWorkerTests : IDisposable
{
    private const string Table = """
        {"tensors": [
            {"name": "a.weight", "shape": [64, 300], "dtype": "F32", "kind": "Linear", "layer": 0}, {"name": "b.weight", "shape": [500, 40], "dtype": "BF16", "kind": "Linear", "layer": 1},
            {"name": "c.weight", "shape": [128, 128], "dtype": "F16", "kind": "Linear", "layer": 2}, {"name": "d.weight", "shape": [2000], "dtype": "F32", "kind": "Linear", "layer": 3},
            {"name": "e.weight", "shape": [300, 70], "dtype": "F32", "kind": "Linear", "layer": 4}]}
        """;

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    private readonly Workspace _workspace = new();
    private readonly TestDirectory _quiet = new(inMemory: true), _directory = new(inMemory: true);
    private readonly Plan _plan;

    public ShardWorkerTests()
    {
        string recipe = _workspace.Write("recipe.yaml", "name: t\nrules:\n  - match: \"*\"\n    init: normal\n    args: {mean: 0, std: 0.02}\n");
        _plan = Planner.Create(new PlanRequest { Model = _workspace.Write("model.json", Table), Recipe = recipe, ShardBytes = 8192, TileBytes = 4096 });
        using CheckpointWriter writer = CheckpointWriter.Open(_quiet.Path, _plan);
        LocalEngine.Run(writer, new PlanValues(_plan), 1, new EngineProgress(), CancellationToken.None);
    }

    public void Dispose()
    {
        _quiet.Dispose();
        _directory.Dispose();
        _workspace.Dispose();
    }

    [Fact]
    public void Several_workers_write_and_seal_what_the_local_engine_writes()
    {
        Assert.True(_plan.Files.Length > 20, $"{_plan.Files.Length} files");
        InProcessCluster cluster = new(_plan, _directory.Path);
        Assert.Equal(SubmitOutcome.Started, cluster.Submitted.Outcome);
        ShardWorker[] workers = [cluster.Worker("one"), cluster.Worker("two", threads: 1), cluster.Worker("three", threads: 3)];
        Run(cluster, workers);
        Assert.Equal(JobStatus.Sealed, cluster.State.Record!.Status);
        Assert.Equal(_quiet.Listing(), _directory.Listing());
        Assert.Equal(_plan.Files.Length, workers.Sum(worker => worker.ShardsWritten));
    }

    [Fact]
    public void Calls_that_get_lost_cost_time_only()
    {
        for (int seed = 1; seed <= 5; seed++)
        {
            using TestDirectory directory = new(inMemory: true);
            // Short spans: what is lost comes back within the test.
            ClusterOptions options = new() { LeaseSpan = TimeSpan.FromMilliseconds(300), HeartbeatInterval = TimeSpan.FromMilliseconds(20), StuckSpan = TimeSpan.FromSeconds(20), RecoverySpan = TimeSpan.FromMilliseconds(50), QuietSpan = TimeSpan.FromMilliseconds(5) };
            InProcessCluster cluster = new(_plan, directory.Path, options, new System.Random(seed));
            Run(cluster, [cluster.Worker("one"), cluster.Worker("two")]);
            Assert.Equal(JobStatus.Sealed, cluster.State.Record!.Status);
            Assert.Equal(_quiet.Listing(), directory.Listing());
        }
    }

    [Fact]
    public void A_drained_worker_ends_with_nothing_in_its_hands_and_another_goes_on()
    {
        InProcessCluster cluster = new(_plan, _directory.Path);
        ShardWorker first = cluster.Worker("first", threads: 1);
        Thread thread = Start(first, CancellationToken.None);
        Assert.True(SpinWait.SpinUntil(() => first.ShardsWritten > 2, s_patience));
        first.Drain();
        Assert.True(thread.Join(s_patience), "the drained worker did not end");
        Assert.Equal(0, first.ShardsHeld);
        Assert.Empty(cluster.Locked(() => cluster.Range.Report()).Leased);
        Assert.DoesNotContain(Directory.EnumerateFiles(_directory.Path), path => Path.GetFileName(path).StartsWith(".tmp-", StringComparison.Ordinal));
        ShardWorker second = cluster.Worker("second");
        Run(cluster, [second]);
        Assert.Equal(_quiet.Listing(), _directory.Listing());
        Assert.Equal(_plan.Files.Length, first.ShardsWritten + second.ShardsWritten);
    }

    [Fact]
    public void A_stopped_worker_leaves_what_another_finishes()
    {
        ClusterOptions options = new() { LeaseSpan = TimeSpan.FromMilliseconds(300), HeartbeatInterval = TimeSpan.FromMilliseconds(20), StuckSpan = TimeSpan.FromSeconds(20), RecoverySpan = TimeSpan.FromMilliseconds(50) };
        InProcessCluster cluster = new(_plan, _directory.Path, options);
        ShardWorker first = cluster.Worker("first", threads: 1);
        using CancellationTokenSource stop = new();
        Thread thread = Start(first, stop.Token);
        Assert.True(SpinWait.SpinUntil(() => first.ShardsWritten > 2, s_patience));
        stop.Cancel();
        Assert.True(thread.Join(s_patience), "the stopped worker did not end");
        Run(cluster, [cluster.Worker("second")]);
        Assert.Equal(_quiet.Listing(), _directory.Listing());
    }

    [Fact]
    public void What_is_committed_already_is_not_written_again()
    {
        using (CheckpointWriter half = CheckpointWriter.Open(_directory.Path, _plan))
        {
            LocalEngine.WriteFiles(half, [.. half.MissingFiles.Where(file => file % 2 == 0)], replace: false, new PlanValues(_plan), 1, new EngineProgress(), CancellationToken.None);
        }
        InProcessCluster cluster = new(_plan, _directory.Path);
        ShardWorker worker = cluster.Worker("one");
        Run(cluster, [worker]);
        Assert.Equal(_quiet.Listing(), _directory.Listing());
        Assert.Equal(_plan.Files.Length / 2, worker.ShardsWritten);
        Assert.Equal(SubmitOutcome.Started, new InProcessCluster(_plan, _directory.Path).Submitted.Outcome);
        Assert.Equal(JobStatus.Sealed, new InProcessCluster(_plan, _directory.Path).State.Record!.Status);
    }

    [Fact]
    public void A_wrong_file_of_a_fenced_worker_is_found_by_scalar_lanes_and_replaced()
    {
        InProcessCluster cluster = new(_plan, _directory.Path);
        FileDigests wrong = PublishWrong(file: 3);
        cluster.Locked(() => cluster.Range.Lease(new LeaseRequest("bad", "bad", long.MaxValue, long.MaxValue, true, 4)));
        cluster.Locked(() => cluster.Range.Complete("bad", "bad", [new Completion(3, 1, LeaseKind.Write, wrong.ToText(), null, true, null)]));
        cluster.Locked(() => cluster.Range.Distrust("bad"));
        Run(cluster, [cluster.Worker("good")]);
        Assert.Equal(_quiet.Listing(), _directory.Listing());
    }

    [Fact]
    public void Two_contents_of_one_file_are_decided_by_a_third_worker()
    {
        InProcessCluster cluster = new(_plan, _directory.Path);
        FileDigests wrong = PublishWrong(file: 3), right = new FileDigestsOf(_quiet.Path, _plan).File(3);
        cluster.Locked(() => cluster.Range.Complete("bad", "bad", [new Completion(3, 1, LeaseKind.Write, wrong.ToText(), null, true, null)]));
        CompletionReply reply = cluster.Locked(() => cluster.Range.Complete("good", "good", [new Completion(3, 2, LeaseKind.Write, right.ToText(), wrong.ToText(), true, null)]));
        Assert.Equal([CompletionResult.Differs], reply.Results);
        Run(cluster, [cluster.Worker("third")]);
        Assert.Equal(_quiet.Listing(), _directory.Listing());
        Assert.Equal("bad", Assert.Single(cluster.News, news => news.Kind == NewsKind.WorkerFenced).Worker!.Worker);
    }

    [Fact]
    public void A_directory_that_is_gone_fails_the_job_with_its_reason()
    {
        InProcessCluster cluster = new(_plan, _directory.Path, new ClusterOptions { RetrySpan = TimeSpan.Zero });
        string moved = _directory.Path + "-moved";
        Directory.Move(_directory.Path, moved);
        try
        {
            Run(cluster, [cluster.Worker("one"), cluster.Worker("two")]);
            Assert.Equal(JobStatus.Failed, cluster.State.Record!.Status);
            Assert.Contains("plan.json", cluster.State.Record.Reason);
        }
        finally
        {
            Directory.Move(moved, _directory.Path);
        }
    }

    /// <summary>The grain of a range, or of a job, that cannot be had for long is nobody else's trouble.</summary>
    [Fact]
    public void A_result_that_nobody_takes_keeps_no_other_waiting_and_is_dropped_in_the_end()
    {
        InProcessCluster cluster = new(_plan, _directory.Path);
        RangeKey gone = new(cluster.State.Record!.Job, 7);
        LeasesOf source = new(cluster, gone);
        ConcurrentQueue<string> log = [];
        ShardWorker worker = cluster.Worker("one", threads: 1, log: log.Enqueue, source: source, reportSpan: TimeSpan.FromMilliseconds(500));
        Run(cluster, [worker]);
        Assert.Equal(JobStatus.Sealed, cluster.State.Record!.Status);
        Assert.Equal(_quiet.Listing(), _directory.Listing());
        Assert.True(source.Refused > 1, "the result was told again");
        Assert.Contains(log, line => line.Contains("gave it up", StringComparison.Ordinal));
        Assert.Equal(0, worker.ShardsHeld);
    }

    /// <summary>A full disk, for one: a few attempts, and then the job says why; the next submit goes on.</summary>
    [Fact]
    public void A_job_that_fails_at_every_shard_is_tried_a_few_times_and_fails()
    {
        InProcessCluster cluster = new(_plan, _directory.Path, new ClusterOptions { RetrySpan = TimeSpan.FromMilliseconds(100) });
        string[] occupied = [.. _plan.Files.Select(file => Path.Combine(_directory.Path, file.Name))];
        // Under the name of each file stands a directory.
        foreach (string path in occupied) Directory.CreateDirectory(path);
        ConcurrentQueue<string> log = [];
        Run(cluster, [cluster.Worker("one", threads: 1, log: log.Enqueue)]);
        Assert.Equal(JobStatus.Failed, cluster.State.Record!.Status);
        Assert.Contains("failed 6 times on 1 worker", cluster.State.Record.Reason);
        int attempts = log.Count(line => line.Contains(" failed: ", StringComparison.Ordinal));
        // Of a batch the first one: the rest goes back without being tried.
        Assert.InRange(attempts, 6, 2 * _plan.Files.Length);
        foreach (string path in occupied) Directory.Delete(path);
        InProcessCluster again = new(_plan, _directory.Path);
        Run(again, [again.Worker("one")]);
        Assert.Equal(_quiet.Listing(), _directory.Listing());
    }

    [Fact]
    public void Another_plan_in_the_directory_is_refused_with_the_difference()
    {
        Assert.Equal(SubmitOutcome.Started, new InProcessCluster(_plan, _directory.Path).Submitted.Outcome);
        Plan other = Planner.Create(new PlanRequest { Model = _workspace.Write("model.json", Table), Recipe = Path.Combine(_workspace.Path, "recipe.yaml"), ShardBytes = 8192, TileBytes = 4096, Seed = 5 });
        SubmitAnswer answer = new InProcessCluster(other, _directory.Path).Submitted;
        Assert.Equal(SubmitOutcome.Refused, answer.Outcome);
        Assert.Contains("seed", answer.Reason);
    }

    private FileDigests PublishWrong(int file)
    {
        using CheckpointWriter writer = CheckpointWriter.Open(_directory.Path, _plan);
        using ShardFileWriter shard = writer.Begin(file);
        using TileBuffer buffer = new();
        for (int tile = 0; tile < shard.Layout.TileCount; tile++) shard.WriteTile(tile, new FakeSource(_plan), buffer);
        shard.Commit();
        return shard.Committed;
    }

    private static Thread Start(ShardWorker worker, CancellationToken stop)
    {
        Thread thread = new(() => worker.Run(stop));
        thread.Start();
        return thread;
    }

    /// <summary>Until the job has ended; then the workers are drained.</summary>
    private static void Run(InProcessCluster cluster, ShardWorker[] workers)
    {
        Thread[] threads = [.. workers.Select(worker => Start(worker, CancellationToken.None))];
        bool ended = cluster.Ended.Wait(s_patience);
        foreach (ShardWorker worker in workers) worker.Drain();
        foreach (Thread thread in threads) Assert.True(thread.Join(s_patience), "a worker did not end");
        Assert.True(ended, $"the job did not end: {cluster.State.Record}");
    }

    /// <summary>Gives the first shard as one of a range that never answers; it is asked for again elsewhere.</summary>
    private sealed class LeasesOf(InProcessCluster cluster, RangeKey gone) : ILeaseSource
    {
        private bool _given;

        public int Refused { get; private set; }

        public string? Hello(WorkerHello hello) => cluster.Hello(hello);

        public WorkGrant Ask(WorkRequest request)
        {
            if (_given) return cluster.Ask(request);
            _given = true;
            return new WorkGrant(cluster.State.Record!, gone, [new Lease(0, 1, LeaseKind.Write, 1)], IsSeal: false, IsUnknown: false);
        }

        public BeatReply Heartbeat(WorkerBeat beat) => cluster.Heartbeat(beat with { Ranges = [.. beat.Ranges.Where(range => range.Range != gone)] });

        public IReadOnlyList<CompletionResult> Complete(string worker, RangeKey range, IReadOnlyList<Completion> completions)
        {
            if (range != gone) return cluster.Complete(worker, range, completions);
            Refused++;
            throw new TimeoutException("nobody is there");
        }

        public void Release(string worker, RangeKey range, IReadOnlyList<int>? files) => cluster.Release(worker, range, files);

        public IReadOnlyList<string?> Digests(RangeKey range) => cluster.Digests(range);

        public void SealDone(string worker, string job, SealResult result) => cluster.SealDone(worker, job, result);
    }

    private sealed class FileDigestsOf(string directory, Plan plan)
    {
        public FileDigests File(int file) => FileDigests.Of(plan, CommittedFile.Inspect(FileOperations.System, directory, ShardLayout.Of(plan, file)));
    }
}
