using System.Diagnostics;
using System.Net;
using System.Net.Security;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Connections.Security;
using Orleans.Messaging;
using Orleans.Serialization;

namespace ShardInit.Grains.Client;

/// <summary>
/// Attempts at a client of Orleans, each with a host of its own. The first attempt knows all gateways, each further one a single gateway, in turn: the first call of a client goes to one gateway, and
/// where that one dies or hangs it waits, whatever the others do.
/// </summary>
internal sealed class ClientHosts(ClusterSettings settings, IReadOnlyList<GatewayAddress> gateways, ClientCertificate? certificate)
{
    /// <summary>After this long one call is repeated: a silo that has died says nothing. More than a busy silo takes.</summary>
    private static readonly TimeSpan s_responseTimeout = TimeSpan.FromSeconds(15);

    /// <summary>How often the gateways are looked up anew: a silo that came back is used again within this time.</summary>
    private static readonly TimeSpan s_gatewayRefresh = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan s_retryInterval = TimeSpan.FromSeconds(1);

    private readonly string? _database = settings.Membership is { } membership ? MembershipTable.ConnectionString(membership) : null;
    private readonly int _first = System.Random.Shared.Next(1 << 20);
    private int _attempts;
    private int _open;

    public SiloCheck? Check { get; } = certificate is null ? null : new SiloCheck(certificate.Authorities);

    public ConnectionTrouble Trouble { get; } = new();

    /// <summary>Whether at the end of an attempt a gateway held a connection and had said nothing: it hangs, and others may not.</summary>
    public bool SawSilence { get; private set; }

    /// <summary>Whether the latest attempt knew a single gateway.</summary>
    public bool IsOfOne => _attempts > 1;

    /// <summary>Whether another attempt may reach another silo.</summary>
    public bool HasChoice => settings.Membership is not null || gateways.Count > 1;

    /// <returns>A host that is connected; null where none could be within <paramref name="limit"/>.</returns>
    public async Task<IHost?> TryAsync(TimeSpan limit, CancellationToken cancel)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        stop.CancelAfter(limit);
        _open = 0;
        IHost host = Build(_attempts++, stop.Token);
        try
        {
            await host.StartAsync(stop.Token).WaitAsync(stop.Token);
            return host;
        }
        catch (Exception error)
        {
            SawSilence |= stop.IsCancellationRequested && Volatile.Read(ref _open) > 0;
            Trouble.Take(error);
            await AbandonAsync(host);
            cancel.ThrowIfCancellationRequested();
            return null;
        }
    }

    public static async Task AbandonAsync(IHost host)
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

    private IHost Build(int attempt, CancellationToken stop)
    {
        // Empty: no settings files and variables that are not ours, no output, no signal handlers.
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Logging.AddProvider(Trouble);
        builder.UseOrleansClient(client =>
        {
            client.Configure<Orleans.Configuration.ClusterOptions>(options => (options.ClusterId, options.ServiceId) = (settings.Cluster, settings.Service));
            client.Configure<GatewayOptions>(options => (options.GatewayListRefreshPeriod, options.PreferredGatewayIndex) = (s_gatewayRefresh, _first));
            client.Configure<ClientMessagingOptions>(options => options.ResponseTimeout = s_responseTimeout);
            client.Services.AddSerializer(serializer => serializer.AddShardInit());
            client.UseConnectionRetryFilter(async (error, cancelled) =>
            {
                Trouble.Take(error);
                // The next attempt is at another gateway. A certificate that is refused now is refused a second later.
                if (attempt > 0 || Check?.Refusal is not null || stop.IsCancellationRequested) return false;
                await Task.Delay(s_retryInterval, cancelled);
                return true;
            });
            if (_database is not null) client.UseAdoNetClustering(options => (options.Invariant, options.ConnectionString) = ("Npgsql", _database));
            else client.UseStaticClustering([.. gateways.Select(gateway => gateway.EndPoint)]);
            if (attempt > 0)
            {
                // The first attempt began behind its preferred one.
                ServiceDescriptor all = client.Services.Last(service => service.ServiceType == typeof(IGatewayListProvider));
                client.Services.AddSingleton<IGatewayListProvider>(services => new OneGateway((IGatewayListProvider)ActivatorUtilities.CreateInstance(services, all.ImplementationType!), _first + 1 + attempt));
            }
            // Before TLS, so that a silo that hangs in the midst of it counts as well.
            client.Configure<ClientConnectionOptions>(options => options.ConfigureConnection(connection => connection.Use(next => async context =>
            {
                Interlocked.Increment(ref _open);
                try
                {
                    await next(context);
                }
                finally
                {
                    Interlocked.Decrement(ref _open);
                }
            })));
            if (certificate is not null) client.UseTls(certificate.Own, options => Secure(options, certificate));
        });
        return builder.Build();
    }

    private void Secure(TlsOptions options, ClientCertificate certificate)
    {
        options.RemoteCertificateMode = RemoteCertificateMode.RequireCertificate;
        options.RemoteCertificateValidation = Check!.Accepts;
        options.OnAuthenticateAsClient = (connection, authentication) =>
        {
            authentication.TargetHost = settings.Tls!.HostName ?? NameOf(connection.RemoteEndPoint);
            // Also what stands between the certificate and the authority, which the silo may not have.
            SslClientAuthenticationOptions own = (SslClientAuthenticationOptions)authentication.SslClientAuthenticationOptions;
            own.ClientCertificateContext = SslStreamCertificateContext.Create(certificate.Own, certificate.Chain, offline: true);
        };

        string? NameOf(EndPoint? remote) => gateways.FirstOrDefault(gateway => gateway.EndPoint.Equals(remote))?.Host ?? (remote as IPEndPoint)?.Address.ToString();
    }
}
