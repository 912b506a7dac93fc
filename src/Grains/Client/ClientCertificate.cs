using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ShardInit.Errors;

namespace ShardInit.Grains.Client;

/// <summary>A client's certificate with its private key, what stands between it and the authority, and the authorities that it believes.</summary>
internal sealed class ClientCertificate : IDisposable
{
    private ClientCertificate(X509Certificate2 own, X509Certificate2Collection chain, X509Certificate2Collection authorities) => (Own, Chain, Authorities) = (own, chain, authorities);

    public X509Certificate2 Own { get; }

    /// <summary>Without <see cref="Own"/>.</summary>
    public X509Certificate2Collection Chain { get; }

    public X509Certificate2Collection Authorities { get; }

    /// <summary>DER, the own one first.</summary>
    public IReadOnlyList<byte[]> Encoded => [Own.RawData, .. Chain.Select(certificate => certificate.RawData)];

    /// <exception cref="PlanException">A file cannot be read, or does not hold what it should.</exception>
    public static ClientCertificate Load(ClusterTls tls)
    {
        X509Certificate2Collection authorities = Certificates(tls.Authority);
        // So that a file that cannot be read is told with its setting.
        SettingsFile.Read("tls.certificate", tls.Certificate, File.ReadAllBytes);
        if (tls.Key is not null) SettingsFile.Read("tls.key", tls.Key, File.ReadAllBytes);
        try
        {
            (X509Certificate2 own, X509Certificate2Collection chain) = CertificateFile.Read(tls.Certificate, tls.Key);
            return new ClientCertificate(own, chain, authorities);
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException)
        {
            string key = tls.Key is null ? "" : $" with the key {tls.Key}";
            throw new PlanException($"{tls.Certificate}{key}: expected a certificate and its private key, as PEM or PKCS#12 without a password; found something else: {error.Message}");
        }
    }

    private static X509Certificate2Collection Certificates(string path)
    {
        X509Certificate2Collection all = [];
        try
        {
            all.ImportFromPem(SettingsFile.Read("tls.authority", path, File.ReadAllText));
        }
        catch (CryptographicException error)
        {
            throw new PlanException($"{path}: expected certificates as PEM, found something else: {error.Message}");
        }
        return all.Count > 0 ? all : throw new PlanException($"{path}: expected certificates as PEM, found none");
    }

    public void Dispose()
    {
        Own.Dispose();
        foreach (X509Certificate2 certificate in Chain.Concat(Authorities)) certificate.Dispose();
    }
}
