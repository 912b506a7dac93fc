using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using ShardInit.Errors;

namespace ShardInit.Grains.Client;

/// <summary>The Orleans client behind a <see cref="ClusterClient"/>.</summary>
internal sealed class ClusterConnection : IAsyncDisposable
{
    /// <summary>One attempt: several fit into the limit, so that silos that hang are passed over; long enough for a silo that is busy.</summary>
    private static readonly TimeSpan s_attemptLimit = TimeSpan.FromSeconds(8);

    private static readonly TimeSpan s_retryInterval = TimeSpan.FromSeconds(1);

    /// <summary>A younger connection than this is not why a call got no answer.</summary>
    private static readonly TimeSpan s_renewalInterval = TimeSpan.FromSeconds(10);

    private readonly ClientHosts _hosts;
    private readonly SemaphoreSlim _renewing = new(1);
    private IHost _host;
    private long _since = Stopwatch.GetTimestamp();

    private ClusterConnection(ClientHosts hosts, IHost host, ClientCertificate? certificate) => (_hosts, _host, Certificate) = (hosts, host, certificate);

    /// <summary>To be asked for at each call: <see cref="RenewAsync"/> changes it.</summary>
    public IGrainFactory Grains => Volatile.Read(ref _host).Services.GetRequiredService<IClusterClient>();

    public ClientCertificate? Certificate { get; }

    /// <summary>Tries until a silo answers or <paramref name="limit"/> has passed; twice as long where a silo takes the connection and says nothing.</summary>
    /// <exception cref="ClusterException">No silo answered.</exception>
    /// <exception cref="PlanException">The settings make no sense, or would send everything in the clear.</exception>
    public static async Task<ClusterConnection> OpenAsync(ClusterSettings settings, TimeSpan limit, Action<string> notice, CancellationToken cancel)
    {
        if (settings.Tenant is { } tenant && !SessionPolicy.IsName(tenant)) throw new PlanException($"tenant: expected {ClusterSettings.TenantForm}, found {Problems.Quote(tenant)}");
        long start = Stopwatch.GetTimestamp();
        IReadOnlyList<GatewayAddress> gateways = settings.Membership is null ? await ResolveAsync(settings, limit, cancel) : [];
        RefuseClearText(settings, gateways, notice);
        ClientCertificate? certificate = settings.Tls is { } tls ? ClientCertificate.Load(tls) : null;
        try
        {
            ClientHosts hosts = new(settings, gateways, certificate);
            TimeSpan allowed, left = limit - Stopwatch.GetElapsedTime(start);
            do
            {
                long begin = Stopwatch.GetTimestamp();
                if (await hosts.TryAsync(left < s_retryInterval ? s_retryInterval : left < s_attemptLimit ? left : s_attemptLimit, cancel) is { } host) return new ClusterConnection(hosts, host, certificate);
                allowed = hosts.SawSilence ? limit * 2 : limit;
                // One that failed at once is not repeated at once.
                if (hosts.Check?.Refusal is null && Stopwatch.GetElapsedTime(begin) < s_retryInterval) await Task.Delay(s_retryInterval, cancel);
                left = allowed - Stopwatch.GetElapsedTime(start);
            }
            while (left > TimeSpan.Zero && hosts.Check?.Refusal is null);
            string where = settings.Membership is null ? string.Join(", ", settings.Gateways) : "the silos of the membership table";
            throw new ClusterException($"cluster '{settings.Cluster}' at {where}: expected a silo that answers within {allowed.TotalSeconds:0} s, found none ({hosts.Check?.Refusal ?? hosts.Trouble.Text}); "
                + "check that 'shardinit serve' runs there, the gateways and the cluster's name, and that both sides use TLS or neither");
        }
        catch
        {
            certificate?.Dispose();
            throw;
        }
    }

    /// <summary>
    /// After a call whose outcome is unknown: connects anew, to another gateway. Orleans does so by itself where a connection breaks and it knows another gateway; not where a gateway is silent and its
    /// connection stands, and not where it knows only one. Where nothing can be reached, everything stays as it was. Calls that others have in hand fail by it, with an unknown outcome, and are repeated.
    /// </summary>
    /// <param name="silent">There was no answer at all.</param>
    public async Task RenewAsync(bool silent, CancellationToken cancel)
    {
        if (!_hosts.HasChoice || !silent && !_hosts.IsOfOne) return;
        await _renewing.WaitAsync(cancel);
        try
        {
            if (Stopwatch.GetElapsedTime(_since) < s_renewalInterval || await _hosts.TryAsync(s_attemptLimit, cancel) is not { } host) return;
            _since = Stopwatch.GetTimestamp();
            await ClientHosts.AbandonAsync(Interlocked.Exchange(ref _host, host));
        }
        finally
        {
            _renewing.Release();
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

    // Gateways out of a table may be anywhere.
    private static void RefuseClearText(ClusterSettings settings, IReadOnlyList<GatewayAddress> gateways, Action<string> notice)
    {
        if (settings.Tls is not null) return;
        string? far = settings.Membership is not null ? "the silos of the membership table" : gateways.FirstOrDefault(gateway => !gateway.IsLoopback)?.Host;
        if (far is null) return;
        if (!settings.Insecure) throw new PlanException($"{far}: expected TLS off this machine, found no 'tls' in the cluster's settings; add it, or say --insecure (\"insecure\": true) to send everything in the clear");
        notice($"WARNING: insecure: no TLS to {far}: anybody on the way can read and change what is sent, and nobody proves who he is");
    }

    public async ValueTask DisposeAsync()
    {
        await ClientHosts.AbandonAsync(_host);
        Certificate?.Dispose();
    }
}
