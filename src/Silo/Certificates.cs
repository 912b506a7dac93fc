using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ShardInit.Errors;

namespace ShardInit.Silo;

/// <summary>The certificates of a silo, read once at its start.</summary>
internal sealed record Certificates(X509Certificate2 Own, X509Certificate2Collection Chain, IReadOnlyList<X509Certificate2> Authorities)
{
    /// <exception cref="PlanException">A file is missing, or holds something else.</exception>
    public static Certificates Read(TlsSettings settings)
    {
        Problems problems = new();
        X509Certificate2? own = null;
        X509Certificate2Collection chain = [], authorities = [];
        try
        {
            own = ReadOwn(settings);
            if (IsPem(settings.Certificate)) chain.ImportFromPemFile(settings.Certificate);
        }
        catch (Exception error) when (error is IOException or CryptographicException or UnauthorizedAccessException)
        {
            problems.Add($"tls.certificate {Problems.Quote(settings.Certificate)}: expected a certificate with its private key, as PEM (with tls.key) or PKCS#12: {error.Message}");
        }
        try
        {
            authorities.ImportFromPemFile(settings.Authority);
            if (authorities.Count == 0) problems.Add($"tls.authority {Problems.Quote(settings.Authority)}: expected certificates as PEM, found none");
        }
        catch (Exception error) when (error is IOException or CryptographicException or UnauthorizedAccessException)
        {
            problems.Add($"tls.authority {Problems.Quote(settings.Authority)}: expected the certificates of the authority as PEM: {error.Message}");
        }
        problems.ThrowIfAny();
        return new Certificates(own!, chain, [.. authorities]);
    }

    private static X509Certificate2 ReadOwn(TlsSettings settings)
    {
        if (!IsPem(settings.Certificate)) return X509CertificateLoader.LoadPkcs12FromFile(settings.Certificate, null);
        using X509Certificate2 pem = X509Certificate2.CreateFromPemFile(settings.Certificate, settings.Key);
        // Kept in the form that TLS of every system takes.
        return X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pfx), null, X509KeyStorageFlags.Exportable);
    }

    private static bool IsPem(string path) => !path.EndsWith(".pfx", StringComparison.OrdinalIgnoreCase) && !path.EndsWith(".p12", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether the other side of a connection was signed by our authority; its name was compared by TLS already, where it has to have one.</summary>
    public bool IsSigned(X509Certificate? other, SslPolicyErrors errors)
    {
        if (other is null || errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch)) return false;
        using X509Chain chain = new();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(Authorities.ToArray());
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        using X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(other.GetRawCertData());
        return chain.Build(certificate);
    }
}
