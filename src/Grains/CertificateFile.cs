using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ShardInit.Grains;

/// <summary>A certificate with its private key, and what stands between it and the authority, as a file holds them: PEM (certificate, then chain), or PKCS#12 without a password.</summary>
/// <param name="Chain">Without <paramref name="Own"/>.</param>
internal sealed record CertificateFile(X509Certificate2 Own, X509Certificate2Collection Chain)
{
    /// <param name="key">PEM; null where the certificate's file holds it.</param>
    /// <exception cref="CryptographicException">A file holds something else.</exception>
    /// <exception cref="ArgumentException">The key is not that of the certificate.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static CertificateFile Read(string path, string? key)
    {
        byte[] bytes = File.ReadAllBytes(path);
        X509Certificate2Collection chain = [];
        X509Certificate2 own;
        if (bytes.AsSpan().IndexOf("-----BEGIN "u8) >= 0)
        {
            chain.ImportFromPemFile(path);
            own = X509Certificate2.CreateFromPemFile(path, key);
            if (chain.Count > 0) chain.RemoveAt(0);
        }
        else
        {
            chain = X509CertificateLoader.LoadPkcs12Collection(bytes, null, X509KeyStorageFlags.Exportable);
            own = chain.FirstOrDefault(certificate => certificate.HasPrivateKey) ?? throw new CryptographicException("no certificate in it has a private key");
            chain.Remove(own);
        }
        return new CertificateFile(own, chain);
    }
}
