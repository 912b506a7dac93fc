using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using ShardInit.Errors;

namespace ShardInit.Grains;

/// <summary>Who is let in: by certificates of an authority, or anybody where the cluster runs without.</summary>
/// <param name="Cluster">Name of the cluster; part of what clients sign.</param>
/// <param name="Authorities">Certificates of those who sign clients; empty: no certificates, tenants are whoever they say.</param>
/// <param name="Secret">What silos know and clients do not.</param>
public sealed record SessionPolicy(string Cluster, IReadOnlyList<X509Certificate2> Authorities, byte[] Secret)
{
    public const int MaxNameLength = 100;

    /// <summary>What <see cref="IsName"/> takes, for messages.</summary>
    public const string NameForm = "1 to 100 letters, digits, '.', '_' or '-'";

    /// <summary>Calls are checked.</summary>
    public bool IsClosed => Authorities.Count > 0;

    /// <summary>A secret for silos that share a certificate: nobody without its key can know it.</summary>
    public static byte[] SecretOf(X509Certificate2 certificate)
    {
        using AsymmetricAlgorithm key = (AsymmetricAlgorithm?)certificate.GetECDsaPrivateKey() ?? certificate.GetRSAPrivateKey()
            ?? throw new CryptographicException("expected a certificate with an ECDSA or RSA private key");
        return HMACSHA256.HashData(key.ExportPkcs8PrivateKey(), Encoding.UTF8.GetBytes("ShardInit silos"));
    }

    /// <summary>The tenant that a certificate names (its common name), or why it is not taken.</summary>
    public (string? Tenant, string? Refusal) Check(IReadOnlyList<byte[]> chain)
    {
        if (chain.Count is 0 or > 10) return (null, "expected a certificate with its chain, found none");
        X509Certificate2[] certificates;
        try
        {
            certificates = [.. chain.Select(X509CertificateLoader.LoadCertificate)];
        }
        catch (CryptographicException)
        {
            return (null, "expected certificates in DER form, found something else");
        }
        if (WhyNotSigned(certificates) is { } refusal) return (null, refusal);
        string tenant = certificates[0].GetNameInfo(X509NameType.SimpleName, forIssuer: false);
        return IsName(tenant) ? (tenant, null) : (null, $"expected a tenant ({NameForm}) as the common name of the certificate");
    }

    public string? WhyNotSigned(IReadOnlyList<X509Certificate2> certificates) => Trust.Problem(certificates[0], certificates.Skip(1), Authorities, Trust.Clients) is { } problem
        ? $"expected a client certificate signed by the authority of the cluster, found {Problems.Quote(certificates[0].Subject)}: {problem}" : null;

    public static bool IsName(string? tenant) => tenant?.Length is > 0 and <= MaxNameLength && tenant.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '-');
}
