using System.Net;
using System.Net.Sockets;

namespace ShardInit.Cluster.Tests.Support;

/// <summary>Ports of 127.0.0.1 that nobody listens on. Below the range from which systems give ports to outgoing connections, so that none is taken between the look and its use; never the same twice in one process.</summary>
public static class FreePorts
{
    private const int First = 20000, End = 32000;

    private static readonly HashSet<int> s_given = [];

    public static int Take()
    {
        lock (s_given)
        {
            for (int attempt = 0; attempt < End - First; attempt++)
            {
                int port = System.Random.Shared.Next(First, End);
                if (s_given.Contains(port) || !IsFree(port)) continue;
                s_given.Add(port);
                return port;
            }
        }
        throw new InvalidOperationException($"expected a free port between {First} and {End}, found none");
    }

    private static bool IsFree(int port)
    {
        using TcpListener listener = new(IPAddress.Loopback, port) { ExclusiveAddressUse = true };
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
