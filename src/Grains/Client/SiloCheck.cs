using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace ShardInit.Grains.Client;

/// <summary>
/// Whether the other end of a connection is a silo: its certificate leads to the configured authority and no other, is meant for servers, and has the expected name. So neither a
/// public authority nor another client of the same cluster can stand in for one.
/// </summary>
internal sealed class SiloCheck(X509Certificate2Collection authorities)
{
    /// <summary>Why the last certificate was refused; null while none was.</summary>
    public string? Refusal { get; private set; }

    /// <param name="sent">As the platform built it: holds the certificates that the silo sent. Its own judgement knows only the authorities of the system.</param>
    public bool Accepts(X509Certificate2 certificate, X509Chain? sent, SslPolicyErrors errors)
    {
        string? refusal = Problem(certificate, sent, errors);
        Refusal = refusal ?? Refusal;
        return refusal is null;
    }

    private string? Problem(X509Certificate2 certificate, X509Chain? sent, SslPolicyErrors errors)
    {
        string who = $"the silo's certificate '{certificate.Subject}'";
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch)) return $"{who} has not the name that was connected to; set tls.hostName to a name that it has";
        return Trust.Problem(certificate, sent?.ChainPolicy.ExtraStore ?? [], authorities, Trust.Servers) is { } problem ? $"{who} is not signed for servers by the configured authority: {problem}" : null;
    }
}
