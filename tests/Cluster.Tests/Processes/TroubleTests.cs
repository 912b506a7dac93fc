using System.Diagnostics;
using System.Net;
using Npgsql;
using ShardInit.Cluster.Tests.Support;
using ShardInit.Grains;
using ShardInit.Grains.Client;

namespace ShardInit.Cluster.Tests.Processes;

/// <summary>What clients see of silos that hang and of a database that is gone: patience, or words about the cluster; never a defect of this program.</summary>
[Collection(PostgresCollection.Name)]
public sealed class TroubleTests
{
    [SkippableFact]
    public async Task While_the_database_is_gone_submit_and_cancel_ask_again_until_it_is_back()
    {
        Skip.IfNot(PostgresServer.Missing is null, PostgresServer.Missing);
        using PostgresServer server = PostgresServer.Start();
        string database = await server.CreateDatabaseAsync();
        using ClusterOfProcesses cluster = await ClusterOfProcesses.Start(1, database);
        Work work = new(cluster);
        // Enough that it is still being written when it is cancelled.
        string job = await work.Submitted(work.Plan(20_000, 16), "main/long");
        await cluster.HasFiles("main/long", 1);
        TaskCompletionSource asked = new();
        await using ClusterClient client = await ClusterClient.ConnectAsync(ClusterSettings.Load(work.Settings), line => asked.TrySetResult());
        await server.StopAsync();
        Task<JobView?> cancelled = client.CancelAsync(job);
        using Process submit = Shardinit.Start(["submit", .. work.Plan(4, 4, seed: 8), "--out", "main/meanwhile", "--cluster", work.Settings, "--json"]);
        // Both have met the trouble before it ends.
        string said = await Until(submit.StandardError, "asking again");
        await asked.Task;
        await server.StartAgainAsync();
        Assert.Equal(JobStatus.Cancelled, (await cancelled)!.Record.Status);
        Outcome outcome = await Shardinit.Finish(submit);
        Assert.True(outcome.ExitCode == 0, outcome.ToString());
        await work.IsSealed("main/meanwhile");
        Assert.DoesNotContain("bug", said + outcome.Error);
        Assert.DoesNotContain(new NpgsqlConnectionStringBuilder(database).Password!, said + outcome.Error);
    }

    /// <summary>A gateway that falls silent when the client has just connected to it; each of the clients begins with one of two gateways.</summary>
    [Fact]
    public async Task A_client_goes_on_from_a_gateway_that_falls_silent_to_one_that_answers()
    {
        using ClusterOfProcesses cluster = await ClusterOfProcesses.Start(1);
        ClusterSettings settings = ClusterSettings.Load(cluster.ClientSettings());
        using SilentGateway silent = new(IPEndPoint.Parse(settings.Gateways[0]));
        settings = settings with { Gateways = [silent.Address, .. settings.Gateways] };
        int[] found = await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
        {
            await using ClusterClient client = await ClusterClient.ConnectAsync(settings);
            return (await client.JobsAsync()).Jobs.Count;
        }));
        Assert.Equal([0, 0, 0, 0], found);
        Assert.True(silent.Fallen > 0);
    }

    /// <summary>All calls of one grain go to one gateway, and its connection stands while the silo is stopped.</summary>
    [SkippableFact]
    public async Task Calls_that_a_stopped_silo_has_in_hand_are_asked_of_another()
    {
        Skip.IfNot(Environment.GetEnvironmentVariable("SHARDINIT_LONG") == "1", "waits for calls to be given up: SHARDINIT_LONG=1");
        using ClusterOfProcesses cluster = await ClusterOfProcesses.Start(3);
        ClusterSettings settings = ClusterSettings.Load(cluster.ClientSettings());
        List<ClusterClient> clients = [];
        for (int number = 0; number < 8; number++) clients.Add(await ClusterClient.ConnectAsync(settings));
        foreach (ClusterClient client in clients) Assert.Empty((await client.JobsAsync()).Jobs);
        cluster.Silos[2]!.Pause();
        await Task.WhenAll(clients.Select(client => client.JobsAsync()));
        foreach (ClusterClient client in clients) await client.DisposeAsync();
        cluster.Silos[2]!.Resume();
    }

    private static async Task<string> Until(StreamReader lines, string words)
    {
        string said = "";
        while (!said.Contains(words, StringComparison.Ordinal)) said += await lines.ReadLineAsync() is { } line ? line + "\n" : throw new InvalidOperationException($"expected '{words}', found {said}");
        return said;
    }
}
