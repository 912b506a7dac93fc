using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ShardInit.Grains.Client;

/// <summary>
/// Whether the other end of a connection is a silo: its certificate leads to the configured authority and no other, is meant for servers, and has the expected name. So neither a
/// public authority nor another client of the same cluster can stand in for one.
/// </summary>
internal sealed class SiloCheck(X509Certificate2Collection authorities)
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

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
        using X509Chain chain = new();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
        if (sent is not null) chain.ChainPolicy.ExtraStore.AddRange(sent.ChainPolicy.ExtraStore);
        if (chain.Build(certificate)) return null;
        return $"{who} is not signed for servers by the configured authority: {string.Join(", ", chain.ChainStatus.Select(status => status.Status).Distinct())}";
    }
}
