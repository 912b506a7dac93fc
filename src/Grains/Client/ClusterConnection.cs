using System.Diagnostics;
using System.Net;
using System.Net.Security;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Connections.Security;
using Orleans.Runtime.Messaging;
using Orleans.Serialization;
using ShardInit.Errors;

namespace ShardInit.Grains.Client;

/// <summary>The Orleans client behind a <see cref="ClusterClient"/>.</summary>
internal sealed class ClusterConnection : IAsyncDisposable
{
    /// <summary>How often the gateways are looked up anew: a silo that came back is used again within this time.</summary>
    private static readonly TimeSpan s_gatewayRefresh = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan s_retryInterval = TimeSpan.FromSeconds(1);

    private readonly IHost _host;
    private readonly ClientCertificate? _certificate;

    private ClusterConnection(IHost host, ClientCertificate? certificate) => (_host, _certificate, Grains) = (host, certificate, host.Services.GetRequiredService<IClusterClient>());

    public IGrainFactory Grains { get; }

    public ClientCertificate? Certificate => _certificate;

    /// <summary>Tries until a silo answers or <paramref name="limit"/> has passed.</summary>
    /// <exception cref="ClusterException">No silo answered.</exception>
    /// <exception cref="PlanException">The settings make no sense, or would send everything in the clear.</exception>
    public static async Task<ClusterConnection> OpenAsync(ClusterSettings settings, TimeSpan limit, Action<string> notice, CancellationToken cancel)
    {
        long start = Stopwatch.GetTimestamp();
        IReadOnlyList<GatewayAddress> gateways = settings.Membership is null ? await ResolveAsync(settings, limit, cancel) : [];
        RefuseClearText(settings, gateways, notice);
        ClientCertificate? certificate = settings.Tls is { } tls ? ClientCertificate.Load(tls) : null;
        SiloCheck? check = certificate is null ? null : new SiloCheck(certificate.Authorities);
        LastTrouble trouble = new();
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        TimeSpan left = limit - Stopwatch.GetElapsedTime(start);
        stop.CancelAfter(left > s_retryInterval ? left : s_retryInterval);
        IHost? host = null;
        try
        {
            host = Build(settings, gateways, certificate, check, trouble, stop.Token);
            await host.StartAsync(stop.Token).WaitAsync(stop.Token);
            return new ClusterConnection(host, certificate);
        }
        catch (Exception error)
        {
            if (host is not null) await AbandonAsync(host);
            certificate?.Dispose();
            cancel.ThrowIfCancellationRequested();
            if (error is PlanException) throw;
            string where = settings.Membership is null ? string.Join(", ", settings.Gateways) : "the silos of the membership table";
            string why = check?.Refusal ?? trouble.Text ?? Innermost(error);
            throw new ClusterException($"cluster '{settings.Cluster}' at {where}: expected a silo that answers within {limit.TotalSeconds:0} s, found none ({why}); "
                + "check that 'shardinit serve' runs there, the gateways and the cluster's name, and that both sides use TLS or neither", error);
        }
    }

    /// <summary>Names of silos that are just starting may not be known yet: a service of Kubernetes has addresses once its pods have.</summary>
    private static async Task<IReadOnlyList<GatewayAddress>> ResolveAsync(ClusterSettings settings, TimeSpan limit, CancellationToken cancel)
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                return await GatewayAddress.ResolveAsync(settings.Gateways, cancel);
            }
            catch (ClusterException) when (Stopwatch.GetElapsedTime(start) + s_retryInterval < limit)
            {
                await Task.Delay(s_retryInterval, cancel);
            }
        }
    }

    private static IHost Build(ClusterSettings settings, IReadOnlyList<GatewayAddress> gateways, ClientCertificate? certificate, SiloCheck? check, LastTrouble trouble, CancellationToken stop)
    {
        // Empty: no settings files and variables that are not ours, no output, no signal handlers.
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Logging.AddProvider(trouble);
        builder.UseOrleansClient(client =>
        {
            client.Configure<Orleans.Configuration.ClusterOptions>(options => (options.ClusterId, options.ServiceId) = (settings.Cluster, settings.Service));
            client.Configure<GatewayOptions>(options => options.GatewayListRefreshPeriod = s_gatewayRefresh);
            client.Services.AddSerializer(serializer => serializer.AddShardInit());
            client.UseConnectionRetryFilter(async (_, cancelled) =>
            {
                // A certificate that is refused now is refused a second later.
                if (check?.Refusal is not null || stop.IsCancellationRequested) return false;
                await Task.Delay(s_retryInterval, cancelled);
                return true;
            });
            if (settings.Membership is { } membership) client.UseAdoNetClustering(options => (options.Invariant, options.ConnectionString) = ("Npgsql", ConnectionString(membership)));
            else client.UseStaticClustering([.. gateways.Select(gateway => gateway.EndPoint)]);
            if (certificate is not null) client.UseTls(certificate.Own, options => Secure(options, settings, gateways, certificate, check!));
        });
        return builder.Build();
    }

    private static void Secure(TlsOptions options, ClusterSettings settings, IReadOnlyList<GatewayAddress> gateways, ClientCertificate certificate, SiloCheck check)
    {
        options.RemoteCertificateMode = RemoteCertificateMode.RequireCertificate;
        options.RemoteCertificateValidation = check.Accepts;
        options.OnAuthenticateAsClient = (connection, authentication) =>
        {
            authentication.TargetHost = settings.Tls!.HostName ?? NameOf(connection.RemoteEndPoint);
            // Also what stands between the certificate and the authority, which the silo may not have.
            SslClientAuthenticationOptions own = (SslClientAuthenticationOptions)authentication.SslClientAuthenticationOptions;
            own.ClientCertificateContext = SslStreamCertificateContext.Create(certificate.Own, certificate.Chain, offline: true);
        };

        string? NameOf(EndPoint? remote) => gateways.FirstOrDefault(gateway => gateway.EndPoint.Equals(remote))?.Host ?? (remote as IPEndPoint)?.Address.ToString();
    }

    // Gateways out of a table may be anywhere.
    private static void RefuseClearText(ClusterSettings settings, IReadOnlyList<GatewayAddress> gateways, Action<string> notice)
    {
        if (settings.Tls is not null) return;
        string? far = settings.Membership is not null ? "the silos of the membership table" : gateways.FirstOrDefault(gateway => !gateway.IsLoopback)?.Host;
        if (far is null) return;
        if (!settings.Insecure) throw new PlanException($"{far}: expected TLS off this machine, found no 'tls' in the cluster's settings; add it, or say --insecure (\"insecure\": true) to send everything in the clear");
        notice($"WARNING: insecure: no TLS to {far}: anybody on the way can read and change what is sent, and nobody proves who he is");
    }

    private static string ConnectionString(ClusterMembership membership) => membership.ConnectionString ?? File.ReadAllText(membership.ConnectionStringFile!).Trim();

    private static string Innermost(Exception error)
    {
        while (error.InnerException is { } inner) error = inner;
        return error.Message;
    }

    private static async Task AbandonAsync(IHost host)
    {
        try
        {
            // A client that never connected has nothing to end.
            using CancellationTokenSource now = new(s_retryInterval);
            await host.StopAsync(now.Token);
        }
        catch (Exception error)
        {
            Debug.WriteLine(error);
        }
        host.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await AbandonAsync(_host);
        _certificate?.Dispose();
    }

    /// <summary>Remembers why the last connection failed: Orleans tells its log, not its caller.</summary>
    private sealed class LastTrouble : ILoggerProvider, ILogger
    {
        public string? Text { get; private set; }

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel) && exception is not null and not OperationCanceledException) Text = Innermost(exception);
        }

        public void Dispose() { }
    }
}
