using System.Net;
using ShardInit.Errors;

namespace ShardInit.Silo;

/// <summary>The ports of a silo's settings. Whether they are free is for <see cref="Ports"/> to see.</summary>
internal static class CheckedPorts
{
    public static void Check(SiloSettings settings, Problems problems)
    {
        EndpointSettings endpoint = settings.Endpoint;
        (string Name, int? Port)[] ports = [("endpoint.siloPort", endpoint.SiloPort), ("endpoint.gatewayPort", endpoint.GatewayPort), ("health.port", settings.Health.Port)];
        foreach ((string name, int? port) in ports.SkipLast(1).Append(("endpoint.primaryPort", endpoint.PrimaryPort)))
        {
            if (port is < 1 or > IPEndPoint.MaxPort) problems.Add($"{name}: expected 1 to {IPEndPoint.MaxPort}, found {port}");
        }
        if (settings.Health.Port is < 0 or > IPEndPoint.MaxPort) problems.Add($"health.port: expected 1 to {IPEndPoint.MaxPort}, or 0 for none, found {settings.Health.Port}");
        // The runtime shares a port with itself without a word, and then answers on neither.
        for (int later = 1; later < ports.Length; later++)
        {
            if (Array.FindIndex(ports, 0, later, other => other.Port > 0 && other.Port == ports[later].Port) is >= 0 and var first) problems.Add($"{ports[later].Name}: expected another port than {ports[first].Name}, found {ports[later].Port} for both");
        }
        string host = settings.Health.Host;
        if (settings.Health.Port != 0 && host is not ("+" or "*") && Uri.CheckHostName(host) == UriHostNameType.Unknown)
        {
            problems.Add($"health.host: expected an address, a host name, or + for all, found {Problems.Quote(host)}");
        }
    }
}
