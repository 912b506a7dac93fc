using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Runtime;

namespace ShardInit.Cluster.Tests.Support;

/// <summary>A silo with Orleans' own providers over PostgreSQL and a few grains of the tests; spans short enough to wait for. The tables have to be there.</summary>
public static class TestSilo
{
    private const string Provider = "Npgsql";

    public static IHost Build(string connectionString, int siloPort, int gatewayPort, Action<IServiceCollection>? also = null)
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.ClearProviders();
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(20));
        builder.UseOrleans(silo =>
        {
            silo.Configure<Orleans.Configuration.ClusterOptions>(options => (options.ClusterId, options.ServiceId) = ("test", "test"));
            silo.ConfigureEndpoints(IPAddress.Loopback, siloPort, gatewayPort);
            silo.UseAdoNetClustering(options => (options.Invariant, options.ConnectionString) = (Provider, connectionString));
            silo.AddAdoNetGrainStorageAsDefault(options => (options.Invariant, options.ConnectionString) = (Provider, connectionString));
            silo.AddAdoNetGrainStorage("forgetful", options => (options.Invariant, options.ConnectionString, options.DeleteStateOnClear) = (Provider, connectionString, true));
            silo.UseAdoNetReminderService(options => (options.Invariant, options.ConnectionString) = (Provider, connectionString));
            silo.Configure<ReminderOptions>(options => options.MinimumReminderPeriod = TimeSpan.FromMilliseconds(100));
            silo.Configure<ClusterMembershipOptions>(options =>
            {
                // Short, but not so short that a silo which waits for a busy machine is taken for dead.
                options.ProbeTimeout = TimeSpan.FromSeconds(2);
                options.NumMissedProbesLimit = 3;
                options.NumVotesForDeathDeclaration = 1;
                options.TableRefreshTimeout = TimeSpan.FromSeconds(2);
                options.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(2);
                options.DefunctSiloCleanupPeriod = TimeSpan.FromSeconds(2);
                options.DefunctSiloExpiration = options.DefunctSiloMinimumRetention = TimeSpan.FromSeconds(3);
            });
        });
        also?.Invoke(builder.Services);
        return builder.Build();
    }

    public static async Task<IHost> StartAsync(string connectionString)
    {
        IHost host = Build(connectionString, FreePorts.Take(), FreePorts.Take());
        await host.StartAsync();
        return host;
    }

    public static IGrainFactory Grains(this IHost host) => host.Services.GetRequiredService<IGrainFactory>();

    /// <summary>The silos that this one takes for active.</summary>
    public static IReadOnlyList<SiloAddress> Active(this IHost host) =>
        [.. host.Services.GetRequiredService<IClusterMembershipService>().CurrentSnapshot.Members.Values.Where(member => member.Status == SiloStatus.Active).Select(member => member.SiloAddress)];

    public static SiloAddress Address(this IHost host) => host.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress;
}
