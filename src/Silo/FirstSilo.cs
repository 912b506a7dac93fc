using System.Net.NetworkInformation;

namespace ShardInit.Silo;

/// <summary>
/// The first silo of a machine with localhost membership. It alone holds the list of silos: when it ends, the others can neither learn of it nor go on without it, and a new first silo does not know them.
/// So they end as well, in place of standing still.
/// </summary>
internal static class FirstSilo
{
    /// <summary>So many looks in a row at its port find nobody. A silo that only does not answer, stopped for instance, still has its port.</summary>
    private const int Looks = 5;

    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    /// <summary>Its port, as a silo that is not the first one knows it; null otherwise.</summary>
    public static int? PortFor(CheckedSettings settings) =>
        !settings.IsPostgres && settings.Settings.Endpoint.PrimaryPort is { } port && port != settings.Settings.Endpoint.SiloPort ? port : null;

    public static string Line(int port) =>
        $"the first silo of this machine (port {port}) has ended, and with it the list of silos that it held, without which this one cannot go on: start all of them again, the first one first, and submit again, which goes on from what is committed";

    /// <summary>Completes when nobody listens at the port any more.</summary>
    public static async Task Ended(int port, CancellationToken stop)
    {
        for (int missed = 0; missed < Looks;)
        {
            await Task.Delay(s_pause, stop);
            // Looked up, not connected to: that would be a connection without TLS a second in the log of the other.
            missed = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Any(listener => listener.Port == port) ? 0 : missed + 1;
        }
    }
}
