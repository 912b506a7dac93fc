using System.Globalization;
using System.Net;
using System.Net.Sockets;
using ShardInit.Errors;

namespace ShardInit.Grains.Client;

/// <summary>One address of a gateway, and the name that the user gave it: the certificate is checked against that.</summary>
internal sealed record GatewayAddress(string Host, IPEndPoint EndPoint)
{
    public bool IsLoopback => IPAddress.IsLoopback(EndPoint.Address);

    /// <summary>Null where the text is <c>HOST:PORT</c>.</summary>
    public static string? Problem(string text) =>
        Split(text) is null ? $"gateway {Problems.Quote(text)}: expected HOST:PORT with a port from 1 to 65535, for instance {ClusterSettings.DefaultGateway}; an IPv6 address stands in brackets" : null;

    /// <summary>Every address of every gateway.</summary>
    /// <exception cref="PlanException">A text is no gateway.</exception>
    /// <exception cref="ClusterException">No name could be resolved.</exception>
    public static async Task<IReadOnlyList<GatewayAddress>> ResolveAsync(IEnumerable<string> gateways, CancellationToken cancel)
    {
        List<GatewayAddress> all = [];
        List<string> unknown = [];
        foreach (string gateway in gateways)
        {
            if (Split(gateway) is not (string host, int port)) throw new PlanException(Problem(gateway)!);
            try
            {
                IPAddress[] addresses = IPAddress.TryParse(host, out IPAddress? address) ? [address] : await Dns.GetHostAddressesAsync(host, cancel);
                // A name like localhost has an IPv6 address as well, at which mostly nobody listens.
                IPAddress[] preferred = [.. addresses.Where(one => one.AddressFamily == AddressFamily.InterNetwork)];
                all.AddRange((preferred.Length > 0 ? preferred : addresses).Select(one => new GatewayAddress(host, new IPEndPoint(one, port))));
            }
            catch (SocketException error)
            {
                unknown.Add($"{gateway}: {error.Message}");
            }
        }
        // One name that is gone is no reason to give up while another answers.
        if (all.Count == 0) throw new ClusterException($"expected gateways that can be found, found none: {string.Join("; ", unknown)}; check the gateways in the cluster's settings file");
        return [.. all.DistinctBy(gateway => gateway.EndPoint)];
    }

    private static (string Host, int Port)? Split(string text)
    {
        int colon = text.LastIndexOf(':');
        if (colon <= 0 || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int port) || port is < 1 or > 65535) return null;
        string host = text[..colon];
        if (host.StartsWith('[') && host.EndsWith(']')) host = host[1..^1];
        else if (host.Contains(':')) return null;
        return host.Length == 0 || host.Any(letter => char.IsWhiteSpace(letter) || char.IsControl(letter)) ? null : (host, port);
    }
}
