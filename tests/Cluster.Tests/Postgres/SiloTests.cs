using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Runtime;
using Orleans.Storage;
using ShardInit.Cluster.Tests.Support;
using ShardInit.Silo.Postgres;
using static ShardInit.Cluster.Tests.Support.PostgresServer;

namespace ShardInit.Cluster.Tests.Postgres;

/// <summary>Real silos over our tables: they find each other, miss each other, and remember.</summary>
[Collection(PostgresCollection.Name)]
public sealed class SiloTests(PostgresFixture fixture)
{
    private const int Dead = (int)SiloStatus.Dead;

    [SkippableFact]
    public async Task State_survives_all_silos()
    {
        string database = await DatabaseAsync();
        string name = "x/" + new string('y', 900);
        using (IHost first = await TestSilo.StartAsync(database))
        {
            for (int value = 1; value <= 3; value++) Assert.Equal(value, await first.Grains().GetGrain<ICounterGrain>(name).Add());
            await first.StopAsync();
        }
        using IHost second = await TestSilo.StartAsync(database);
        Assert.Equal(3, await second.Grains().GetGrain<ICounterGrain>(name).Value());
        Assert.Equal(0, await second.Grains().GetGrain<ICounterGrain>(name + "z").Value());
        Assert.Equal(4, await second.Grains().GetGrain<ICounterGrain>(name).Add());
        await second.StopAsync();
    }

    [SkippableFact]
    public async Task An_activation_with_an_old_version_is_told_so()
    {
        string database = await DatabaseAsync();
        using IHost host = await TestSilo.StartAsync(database);
        ICounterGrain grain = host.Grains().GetGrain<ICounterGrain>("contended");
        Assert.Equal(1, await grain.Add());
        // Somebody else has written meanwhile, as a duplicate activation would.
        IGrainStorage storage = host.Services.GetRequiredKeyedService<IGrainStorage>("Default");
        GrainState<CounterState> other = new();
        await storage.ReadStateAsync("counter", grain.GetGrainId(), other);
        Assert.Equal(1, other.State!.Value);
        other.State.Value = 70;
        await storage.WriteStateAsync("counter", grain.GetGrainId(), other);
        await Assert.ThrowsAnyAsync<InconsistentStateException>(grain.Add);
        // Orleans lets go of the stale activation; the next one has read what is there.
        Assert.Equal(71, await grain.Add());
        await host.StopAsync();
    }

    [SkippableFact]
    public async Task A_killed_silo_is_declared_dead_and_another_joins()
    {
        string database = await DatabaseAsync();
        using IHost first = await TestSilo.StartAsync(database);
        using Process second = StartProcess(database);
        try
        {
            Assert.Equal("ready", await second.StandardOutput.ReadLineAsync());
            await Eventually.IsAsync(() => first.Active().Count == 2, "the first silo sees the second");
            SiloAddress doomed = first.Active().Single(address => !address.Equals(first.Address()));
            // Grains on both: those of the dead one are activated again elsewhere, with their state.
            List<ICounterGrain> theirs = [];
            for (int number = 0; theirs.Count < 5; number++)
            {
                Assert.True(number < 1000, "expected grains to be placed on both silos");
                ICounterGrain grain = first.Grains().GetGrain<ICounterGrain>($"grain-{number}");
                await grain.Add();
                if ((await grain.Place()).Equals(doomed)) theirs.Add(grain);
            }
            second.Kill();
            await second.WaitForExitAsync();
            await Eventually.IsAsync(() => first.Active().Count == 1, "the first silo declares the second dead");
            foreach (ICounterGrain grain in theirs)
            {
                Assert.Equal(2, await grain.Add());
                Assert.Equal(first.Address(), await grain.Place());
            }
            using IHost third = await TestSilo.StartAsync(database);
            await Eventually.IsAsync(() => first.Active().Count == 2 && third.Active().Count == 2, "the third joins");
            // Its row goes when it has been dead long enough, three seconds here, and something happens in the cluster: Orleans looks only then.
            string row = $"FROM shardinit_silo WHERE status = {Dead} AND generation = {doomed.Generation}";
            Assert.Equal(1, await AskAsync<long>(database, $"SELECT count(*) {row}"));
            await Eventually.IsAsync(async () => await AskAsync<bool>(database, $"SELECT now() - alive > interval '5 seconds' {row}"), "it has been dead for a while");
            await third.StopAsync();
            await Eventually.IsAsync(async () => await AskAsync<long>(database, $"SELECT count(*) {row}") == 0, "dead silos are cleaned away");
            await first.StopAsync();
        }
        finally
        {
            if (!second.HasExited) second.Kill();
        }
    }

    [SkippableFact]
    public async Task A_reminder_fires_after_all_silos_were_away()
    {
        string database = await DatabaseAsync();
        int before;
        using (IHost first = await TestSilo.StartAsync(database))
        {
            ICounterGrain grain = first.Grains().GetGrain<ICounterGrain>("reminded");
            await grain.Remind();
            await Eventually.IsAsync(async () => await grain.Ticks() > 0, "it fires");
            await first.StopAsync();
        }
        before = await TicksAsync(database);
        using IHost second = await TestSilo.StartAsync(database);
        // Nobody calls the grain: what is stored grows by the reminder alone.
        await Eventually.IsAsync(async () => await TicksAsync(database) > before, "it fires again by itself");
        await second.StopAsync();
    }

    private static Task<int> TicksAsync(string database) =>
        AskAsync<int>(database, "SELECT (convert_from(payload, 'UTF8')::json ->> 'Ticks')::integer FROM shardinit_state WHERE grain_name = 'reminded'");

    private static Process StartProcess(string database)
    {
        string dotnet = Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet";
        ProcessStartInfo info = new(dotnet, [typeof(TestSilo).Assembly.Location, "silo", $"{FreePorts.Take()}", $"{FreePorts.Take()}"]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        info.Environment[Support.Program.Database] = database;
        return Process.Start(info)!;
    }

    private async Task<string> DatabaseAsync()
    {
        string database = await fixture.Server.CreateDatabaseAsync();
        await SchemaInstaller.EnsureAsync(database, create: true, default);
        return database;
    }
}
