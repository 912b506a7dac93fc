using System.Net;
using System.Net.Sockets;

namespace ShardInit.Silo;

/// <summary>Orleans shares its ports with whoever has them already, so that two silos of one machine would silently answer for each other: looked at before.</summary>
internal static class Ports
{
    /// <exception cref="IOException">A port is taken.</exception>
    public static void RequireFree(CheckedSettings settings)
    {
        IPAddress address = settings.Settings.Endpoint.ListenOnAll ? IPAddress.Any : settings.Address;
        foreach ((string name, int port) in new[] { ("endpoint.siloPort", settings.Settings.Endpoint.SiloPort), ("endpoint.gatewayPort", settings.Settings.Endpoint.GatewayPort) })
        {
            RequireFree(name, address, port);
        }
        // The listener of probes would find out only when the silo is half up. A name in place of an address is the listener's to look up.
        HealthSettings health = settings.Settings.Health;
        if (health.Port > 0 && (health.Host is "+" or "*" ? IPAddress.Any : IPAddress.TryParse(health.Host, out IPAddress? named) ? named : null) is { } listening) RequireFree("health.port", listening, health.Port);
    }

    private static void RequireFree(string name, IPAddress address, int port)
    {
        using Socket socket = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.ExclusiveAddressUse = true;
            socket.Bind(new IPEndPoint(address, port));
        }
        catch (SocketException error)
        {
            throw new IOException($"{name}: expected port {port} of {address} to be free, found: {error.Message}; is another silo running here? choose another port", error);
        }
    }
}
