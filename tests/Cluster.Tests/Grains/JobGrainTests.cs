using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Orleans.Serialization;
using Orleans.Storage;
using ShardInit.Cluster.Tests.Support;
using ShardInit.Grains;
using ShardInit.Grains.Client;
using ShardInit.Planning;

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

        public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            if (_states.TryGetValue((stateName, grainId), out object? state)) (grainState.State, grainState.RecordExists) = ((T)state, true);
            return Task.CompletedTask;
        }

        public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            if (Fails) throw new IOException("the database is not there");
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
