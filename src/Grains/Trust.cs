using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ShardInit.Grains;

/// <summary>Whether a certificate leads to one of our authorities: those of the system do not count, and nothing is fetched from addresses that a stranger's certificate names.</summary>
internal static class Trust
{
    /// <summary>Purposes of a certificate (extended key usage, RFC 5280 4.2.1.12). One that names no purpose is for all.</summary>
    public const string Servers = "1.3.6.1.5.5.7.3.1", Clients = "1.3.6.1.5.5.7.3.2";

    /// <summary>Null when it does and is for that purpose; otherwise why not, in the words of the platform.</summary>
    /// <param name="between">What may stand between it and an authority; believed only where an authority has signed it.</param>
    public static string? Problem(X509Certificate2 certificate, IEnumerable<X509Certificate2> between, IEnumerable<X509Certificate2> authorities, string purpose)
    {
        using X509Chain chain = new();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities.ToArray());
        chain.ChainPolicy.ExtraStore.AddRange(between.ToArray());
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(purpose));
        return chain.Build(certificate) ? null : string.Join(", ", chain.ChainStatus.Select(status => status.Status).Distinct());
    }
}
