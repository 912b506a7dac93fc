using System.Net;
using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using Orleans.Configuration;
using Orleans.Connections.Security;
using Orleans.Runtime;
using Orleans.Serialization;
using ShardInit.Cluster;
using ShardInit.Grains;

namespace ShardInit.Silo;

/// <summary>Puts a silo together; no decision of its own.</summary>
internal static class SiloHost
{
    private const string Invariant = "Npgsql";

    public static IHost Build(CheckedSettings settings)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.SetMinimumLevel(LogLevel.Information).AddFilter("Orleans", LogLevel.Warning).AddFilter("Microsoft", LogLevel.Warning).AddFilter("Microsoft.Extensions.Hosting", LogLevel.None).AddFilter("Polly", LogLevel.Error);
        // Standard output is data; one JSON object a line where a program reads, with job and shard as fields of their own.
        if (Console.IsErrorRedirected) builder.Logging.AddJsonConsole(options => (options.UseUtcTimestamp, options.TimestampFormat) = (true, "O"));
        else builder.Logging.AddSimpleConsole(options => options.SingleLine = true);
        builder.Services.RemoveAll<ILoggerProvider>();
        builder.Services.AddSingleton<ConsoleLoggerProvider>();
        builder.Services.AddSingleton<ILoggerProvider>(services => new PlainLog(services.GetRequiredService<ConsoleLoggerProvider>()));
        builder.Services.Configure<ConsoleLoggerOptions>(options => options.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(settings.Settings.DrainSeconds + 15));
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        AddServices(builder.Services, settings);
        builder.UseOrleans(silo => Configure(silo, settings));
        // After Orleans: the last one counts.
        builder.Services.AddSingleton<IFatalErrorHandler>(new FatalEnd(settings));
        // After Orleans: hosted services end in the opposite order, so the worker drains while grains still answer.
        builder.Services.AddHostedService<HealthEndpoint>();
        if (settings.Settings.Worker.Enabled)
        {
            builder.Services.AddSingleton<WorkerService>();
            builder.Services.AddHostedService(services => services.GetRequiredService<WorkerService>());
        }
        return builder.Build();
    }

    private static void AddServices(IServiceCollection services, CheckedSettings settings)
    {
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(settings.Roots);
        services.AddSingleton(settings.Cluster);
        services.AddSingleton(settings.Settings.Health);
        services.AddSingleton(new DrainTime(settings.Settings.DrainSeconds));
        services.AddSingleton(new SessionPolicy(settings.Settings.Cluster, settings.Certificates?.Authorities ?? [],
            settings.Secret ?? (settings.Certificates is { } certificates ? SessionPolicy.SecretOf(certificates.Own) : [])));
        services.AddSingleton<ClusterMetrics>();
        services.AddSingleton<PlanCatalog>();
        services.AddSingleton<SiloHealth>();
        services.AddSingleton(provider => Worker(settings, provider));
        if (settings.Settings.Otlp is { } otlp)
        {
            services.AddOpenTelemetry().WithMetrics(metrics => metrics.AddMeter(ClusterMetrics.MeterName, "Microsoft.Orleans").AddOtlpExporter(exporter =>
                (exporter.Endpoint, exporter.Protocol) = (new Uri(otlp), settings.Settings.OtlpProtocol == "grpc" ? OtlpExportProtocol.Grpc : OtlpExportProtocol.HttpProtobuf)));
        }
    }

    private static WorkerOptions Worker(CheckedSettings settings, IServiceProvider provider)
    {
        // Another identity with each start: what a fenced or lost one of the same machine held says nothing about it.
        string name = $"{Environment.MachineName}:{settings.Settings.Endpoint.SiloPort}-{RandomNumberGenerator.GetHexString(8, lowercase: true)}";
        PlanCatalog plans = provider.GetRequiredService<PlanCatalog>();
        ILogger log = provider.GetRequiredService<ILoggerFactory>().CreateLogger("ShardInit.Worker");
        return new WorkerOptions
        {
            Hello = WorkerHello.Of(name, Environment.MachineName, settings.Lanes),
            DirectoryOf = plans.DirectoryOf,
            Threads = settings.Threads,
            Lanes = settings.Lanes,
            HeartbeatInterval = settings.Cluster.HeartbeatInterval,
            Log = line => WorkerLog.Told(log, line),
        };
    }

    private static void Configure(ISiloBuilder silo, CheckedSettings settings)
    {
        EndpointSettings endpoint = settings.Settings.Endpoint;
        if (settings.IsPostgres)
        {
            string connection = settings.ConnectionString!;
            silo.Configure<Orleans.Configuration.ClusterOptions>(options => (options.ClusterId, options.ServiceId) = (settings.Settings.Cluster, settings.Settings.Service));
            silo.ConfigureEndpoints(settings.Address, endpoint.SiloPort, endpoint.GatewayPort, endpoint.ListenOnAll);
            silo.UseAdoNetClustering(options => (options.Invariant, options.ConnectionString) = (Invariant, connection));
            silo.AddAdoNetGrainStorage(Storage, options => (options.Invariant, options.ConnectionString) = (Invariant, connection));
            silo.UseAdoNetReminderService(options => (options.Invariant, options.ConnectionString) = (Invariant, connection));
        }
        else
        {
            silo.UseLocalhostClustering(endpoint.SiloPort, endpoint.GatewayPort,
                endpoint.PrimaryPort is { } primary ? new IPEndPoint(IPAddress.Loopback, primary) : null, settings.Settings.Service, settings.Settings.Cluster);
            silo.AddMemoryGrainStorage(Storage);
            silo.UseInMemoryReminderService();
        }
        silo.Services.AddSerializer(serializer => serializer.AddShardInit());
        silo.AddIncomingGrainCallFilter<CallGate>();
        silo.AddOutgoingGrainCallFilter<SiloStamp>();
        // A silo that was killed is given up after about ten seconds, not half a minute: what it held is leased again soon, and a silo wrongly given up costs a restart.
        silo.Configure<ClusterMembershipOptions>(options =>
        {
            (options.ProbeTimeout, options.NumMissedProbesLimit, options.DefunctSiloExpiration) = (TimeSpan.FromSeconds(3), 3, TimeSpan.FromDays(1));
            // Asked through another silo, one that was killed together with that one is not given up for a minute.
            options.EnableIndirectProbes = false;
            // A silo that joins where all others were killed waits for three of these before it stops asking them.
            options.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(10);
        });
        silo.Configure<GrainCollectionOptions>(options => options.CollectionAge = TimeSpan.FromMinutes(15));
        if (settings.Certificates is { } certificates) silo.UseTls(new SiloTls(certificates, settings.Settings.Tls!.HostName ?? endpoint.Host).Configure);
    }

    private const string Storage = "shardinit";
}
