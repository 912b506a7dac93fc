using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Orleans.Serialization;
using Orleans.Storage;
using ShardInit.Cluster.Tests.Support;
using ShardInit.Engine;
using ShardInit.Grains;
using ShardInit.Grains.Client;
using ShardInit.Planning;
using ShardInit.Storage;

namespace ShardInit.Cluster.Tests.Grains;

/// <summary>Grains of jobs over a storage that fails when it is told to: what could not be stored has not happened, and the same call again does all of it.</summary>
public sealed class JobGrainTests : IDisposable
{
    private const string Tenant = "t";

    private readonly string _root = Directory.CreateTempSubdirectory("shardinit-grains-").FullName;
    private readonly FailingStorage _storage = new();

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task A_cancel_that_could_not_be_stored_is_none_and_is_made_again()
    {
        using IHost host = await Start();
        (IJobGrain job, JobOrder order) = Job(host);
        Assert.Equal(SubmitOutcome.Started, (await job.Submit(order)).Outcome);
        ISchedulerGrain scheduler = host.Grains().GetGrain<ISchedulerGrain>(ISchedulerGrain.Key);
        Assert.NotNull(await scheduler.Progress(order.Job));

        _storage.Fails = true;
        await Assert.ThrowsAnyAsync<Exception>(() => job.Cancel(order.Job));
        Assert.Equal(JobStatus.Queued, (await job.View())!.Record.Status);
        _storage.Fails = false;
        Assert.True(await job.Cancel(order.Job));
        Assert.Equal(JobStatus.Cancelled, (await job.View())!.Record.Status);
        Assert.Null(await scheduler.Progress(order.Job));
        await host.StopAsync();
    }

    [Fact]
    public async Task News_that_could_not_be_stored_count_when_they_are_told_again()
    {
        using IHost host = await Start();
        (IJobGrain job, JobOrder order) = Job(host);
        await job.Submit(order);
        IJobControl control = host.Grains().GetGrain<IJobControl>(job.GetPrimaryKeyString());
        BoardNews failed = new(NewsKind.Failed, order.Job, $"{_root}/a: broken");

        _storage.Fails = true;
        await Assert.ThrowsAnyAsync<Exception>(() => control.Tell(failed));
        Assert.Equal(JobStatus.Queued, (await control.Record())!.Status);
        _storage.Fails = false;
        await control.Tell(failed);
        JobRecord record = (await control.Record())!;
        Assert.Equal((JobStatus.Failed, "main/a: broken"), (record.Status, record.Reason));
        await host.StopAsync();
    }

    /// <summary>A submit that is cut short by the database has an unknown outcome; the same again does all that is missing: record, list, scheduler.</summary>
    [Theory]
    [InlineData("job")]
    [InlineData("jobs")]
    public async Task A_submit_that_could_not_be_stored_is_no_refusal_and_is_made_again(string part)
    {
        using IHost host = await Start();
        (IJobGrain job, JobOrder order) = Job(host);
        _storage.FailsFor = part;
        for (int attempt = 0; attempt < 2; attempt++)
        {
            Exception error = await Assert.ThrowsAnyAsync<OrleansException>(() => job.Submit(order));
            Assert.Contains("the database is not there", error.ToString());
        }
        // The directory was prepared before: that is no obstacle.
        Assert.True(File.Exists(Path.Combine(_root, "a", "plan.json")));
        _storage.FailsFor = null;
        SubmitAnswer answer = await job.Submit(order);
        Assert.True(answer.Outcome is SubmitOutcome.Started or SubmitOutcome.Same, answer.ToString());
        Assert.NotNull(await host.Grains().GetGrain<ISchedulerGrain>(ISchedulerGrain.Key).Progress(order.Job));
        Assert.Equal("main/a", await host.Grains().GetGrain<IJobsGrain>("jobs").OutputOf(order.Job));
        Assert.True(_storage.Has("jobs"), "the list of jobs is stored");
        await host.StopAsync();
    }

    /// <summary>The record is stored, and a range cannot be had: the job goes on, so nobody may hear that it was refused.</summary>
    [Fact]
    public async Task A_submit_whose_ranges_cannot_be_had_yet_is_no_refusal_and_is_made_again()
    {
        using (IHost first = await Start())
        {
            (IJobGrain before, JobOrder same) = Job(first);
            await before.Submit(same);
            Assert.True(await before.Cancel(same.Job));
            await first.StopAsync();
        }
        using IHost host = await Start();
        (IJobGrain job, JobOrder order) = Job(host);
        _storage.Unreadable = new RangeName(new RangeKey(order.Job, 0), "main/a").ToString();
        await Assert.ThrowsAnyAsync<OrleansException>(() => job.Submit(order));
        Assert.Equal(JobStatus.Queued, (await job.View())!.Record.Status);
        _storage.Unreadable = null;
        Assert.Equal(SubmitOutcome.Same, (await job.Submit(order)).Outcome);
        Assert.NotNull(await host.Grains().GetGrain<ISchedulerGrain>(ISchedulerGrain.Key).Progress(order.Job));
        await host.StopAsync();
    }

    [Fact]
    public async Task A_cancel_comes_before_the_sealing_or_too_late_and_the_answer_is_true()
    {
        using IHost host = await Start();
        (IJobGrain job, JobOrder order) = Job(host);
        IJobControl control = host.Grains().GetGrain<IJobControl>(job.GetPrimaryKeyString());
        ISchedulerGrain scheduler = host.Grains().GetGrain<ISchedulerGrain>(ISchedulerGrain.Key);
        WorkerHello hello = WorkerHello.Of("w", "w", LaneChoice.Auto);
        Assert.Null(await scheduler.Hello(hello));
        await job.Submit(order);

        // Cancelled while its last file was on its way: nobody is told to seal it.
        WorkGrant grant = await Granted(scheduler);
        Assert.True(await job.Cancel(order.Job));
        await Complete(host, scheduler, grant);
        Assert.Equal(JobStatus.Cancelled, await control.Tell(new BoardNews(NewsKind.AllCommitted, order.Job)));
        Assert.Null((await scheduler.Ask(new WorkRequest("w", 0, 1))).Job);

        // Being sealed: from then on it says so.
        Assert.Equal(SubmitOutcome.Continued, (await job.Submit(order)).Outcome);
        await Eventually.IsAsync(async () => (await scheduler.Ask(new WorkRequest("w", 0, 1))).IsSeal, "a worker is told to seal");
        Assert.Equal(JobStatus.Sealing, (await job.View())!.Record.Status);
        Assert.False(await job.Cancel(order.Job));
        Assert.Equal(JobStatus.Sealing, (await job.View())!.Record.Status);
        await scheduler.SealDone("w", order.Job, "main/a", new SealResult(true, [], null));
        await Eventually.IsAsync(async () => (await job.View())!.Record.Status == JobStatus.Sealed, "the job is sealed");
        await host.StopAsync();
    }

    /// <summary>A sealer that slept for long reports to a scheduler that knows the job no more.</summary>
    [Fact]
    public async Task A_directory_that_was_sealed_after_all_is_told_so()
    {
        using IHost host = await Start();
        (IJobGrain job, JobOrder order) = Job(host);
        await job.Submit(order);
        Assert.True(await job.Cancel(order.Job));
        ISchedulerGrain scheduler = host.Grains().GetGrain<ISchedulerGrain>(ISchedulerGrain.Key);
        await scheduler.SealDone("w", order.Job, "main/a", new SealResult(true, [], null));
        await Eventually.IsAsync(async () => (await job.View())!.Record.Status == JobStatus.Sealed, "the job says that it is sealed");
        await host.StopAsync();
    }

    [Fact]
    public async Task A_job_that_cannot_be_asked_hides_no_other()
    {
        using IHost host = await Start();
        (IJobGrain job, JobOrder order) = Job(host);
        await job.Submit(order);
        IJobListGrain list = host.Grains().GetGrain<IJobListGrain>(IJobListGrain.KeyOf(Tenant));
        string broken = new('b', 64);
        _storage.Unreadable = "main/broken";
        await list.Add(broken, "main/broken");
        JobsView jobs = await host.Grains().GetGrain<IJobsGrain>("jobs").All();
        Assert.Equal(order.Job, Assert.Single(jobs.Jobs).Record.Job);
        SilentJob silent = Assert.Single(jobs.Silent);
        Assert.Equal((broken, "main/broken"), (silent.Job, silent.Output));
        Assert.Contains("the database is not there", silent.Reason);
        await host.StopAsync();
    }

    private static async Task<WorkGrant> Granted(ISchedulerGrain scheduler)
    {
        WorkGrant grant = WorkGrant.Nothing;
        await Eventually.IsAsync(async () => (grant = await scheduler.Ask(new WorkRequest("w", 0, 1 << 20))).Leases.Count > 0, "a lease is given out");
        return grant;
    }

    private async Task Complete(IHost host, ISchedulerGrain scheduler, WorkGrant grant)
    {
        using (CheckpointWriter writer = CheckpointWriter.Open(Path.Combine(_root, "a")))
        {
            LocalEngine.WriteFiles(writer, writer.MissingFiles, replace: false, new PlanValues(writer.Plan), 1, new EngineProgress(), CancellationToken.None);
        }
        IShardGrain range = host.Grains().GetGrain<IShardGrain>(new RangeName(grant.Range, "main/a").ToString());
        CompletionReply reply = await range.Complete("w", "w", [.. grant.Leases.Select(lease => new Completion(lease.File, lease.Attempt, lease.Kind, "x", null, true, null))]);
        await scheduler.Beat("w", [reply.Report], []);
    }

    private (IJobGrain Job, JobOrder Order) Job(IHost host)
    {
        string table = Path.Combine(_root, "table.json");
        File.WriteAllText(table, """{"tensors": [{"name": "linear.weight", "shape": [64, 64], "dtype": "F32", "kind": "Linear"}]}""");
        Plan plan = Planner.Create(new PlanRequest { Model = table, Recipe = "torch-default", Seed = 1 });
        OutputName output = OutputName.Parse("main/a");
        TenantContext.Tenant = Tenant;
        return (host.Grains().GetGrain<IJobGrain>(output.ToString()), new JobOrder(JobId.Of(output, plan.PlanId), plan.PlanId, 0, ClusterClient.Packed(plan)));
    }

    private async Task<IHost> Start()
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(TimeProvider.System).AddSingleton(new ClusterOptions()).AddSingleton<ClusterMetrics>().AddSingleton<PlanCatalog>()
            .AddSingleton(new OutputRoots([new OutputRoot("main", _root)])).AddSingleton(new SessionPolicy("test", [], []));
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(FreePorts.Take(), FreePorts.Take());
            silo.UseInMemoryReminderService();
            silo.Services.AddSerializer(serializer => serializer.AddShardInit());
            silo.Services.AddKeyedSingleton<IGrainStorage>("shardinit", _storage);
        });
        IHost host = builder.Build();
        await host.StartAsync();
        return host;
    }

    private sealed class FailingStorage : IGrainStorage
    {
        private readonly System.Collections.Concurrent.ConcurrentDictionary<(string, GrainId), object> _states = new();

        public bool Fails { get; set; }

        /// <summary>Only what has this name.</summary>
        public string? FailsFor { get; set; }

        /// <summary>Key of a grain whose state cannot be read.</summary>
        public string? Unreadable { get; set; }

        public bool Has(string stateName) => _states.Keys.Any(key => key.Item1 == stateName);

        public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            if (Unreadable is not null && grainId.Key.ToString() == Unreadable) throw new IOException("the database is not there");
            if (_states.TryGetValue((stateName, grainId), out object? state)) (grainState.State, grainState.RecordExists) = ((T)state, true);
            return Task.CompletedTask;
        }

        public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            if (Fails || stateName == FailsFor) throw new IOException("the database is not there");
            _states[(stateName, grainId)] = grainState.State!;
            return Task.CompletedTask;
        }

        public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            _states.TryRemove((stateName, grainId), out _);
            return Task.CompletedTask;
        }
    }
}
