using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ShardInit.Errors;
using ShardInit.Grains;

namespace ShardInit.Silo;

/// <summary>The certificates of a silo, read once at its start.</summary>
/// <param name="Chain">What stands between the own one and the authority: sent along, since the other side may not have it.</param>
internal sealed record Certificates(X509Certificate2 Own, X509Certificate2Collection Chain, IReadOnlyList<X509Certificate2> Authorities)
{
    /// <exception cref="PlanException">A setting or a file is missing, or a file holds something that no other silo would accept.</exception>
    public static Certificates Read(TlsSettings settings)
    {
        Problems problems = new();
        CertificateFile? own = ReadOwn(settings, problems);
        X509Certificate2Collection? authorities = ReadAuthorities(settings, problems);
        if (own is not null && authorities is not null) Check(own, authorities, settings, problems);
        problems.ThrowIfAny();
        // Kept in the form that TLS of every system takes.
        X509Certificate2 kept = X509CertificateLoader.LoadPkcs12(own!.Own.Export(X509ContentType.Pfx), null, X509KeyStorageFlags.Exportable);
        own.Own.Dispose();
        return new Certificates(kept, own.Chain, [.. authorities!]);
    }

    /// <summary>Null where a certificate was signed by our authority for a purpose of <see cref="Trust"/>; otherwise why it is not believed.</summary>
    /// <param name="between">What the other side has sent along.</param>
    public string? Problem(X509Certificate2 other, IEnumerable<X509Certificate2> between, string purpose) => Trust.Problem(other, between, Authorities, purpose) is { } problem
        ? $"the certificate {Problems.Quote(other.Subject)} is not signed for {(purpose == Trust.Servers ? "servers" : "clients")} by the authority of tls.authority: {problem}" : null;

    private static CertificateFile? ReadOwn(TlsSettings settings, Problems problems)
    {
        if (settings.Certificate.Length == 0)
        {
            problems.Add("tls.certificate: expected a file with the certificate of this silo, found none");
            return null;
        }
        try
        {
            return CertificateFile.Read(settings.Certificate, settings.Key);
        }
        catch (Exception error) when (IsOfFiles(error))
        {
            string key = settings.Key is { } file ? $" with tls.key {Problems.Quote(file)}" : "";
            problems.Add($"tls.certificate {Problems.Quote(settings.Certificate)}{key}: expected a certificate and its own private key, as PEM (the key there or in tls.key) or PKCS#12 without a password: {error.Message}");
            return null;
        }
    }

    private static X509Certificate2Collection? ReadAuthorities(TlsSettings settings, Problems problems)
    {
        if (settings.Authority.Length == 0)
        {
            problems.Add("tls.authority: expected a file with the certificates of those who sign silos and clients, found none");
            return null;
        }
        X509Certificate2Collection authorities = [];
        try
        {
            authorities.ImportFromPemFile(settings.Authority);
            if (authorities.Count > 0) return authorities;
            problems.Add($"tls.authority {Problems.Quote(settings.Authority)}: expected certificates as PEM, found none");
        }
        catch (Exception error) when (IsOfFiles(error))
        {
            problems.Add($"tls.authority {Problems.Quote(settings.Authority)}: expected the certificates of the authority as PEM: {error.Message}");
        }
        return null;
    }

    /// <summary>What every other silo would turn away is found out here, not by connections that fail one after the other.</summary>
    private static void Check(CertificateFile own, X509Certificate2Collection authorities, TlsSettings settings, Problems problems)
    {
        string where = $"tls.certificate {Problems.Quote(settings.Certificate)}";
        using ECDsa? curve = own.Own.GetECDsaPrivateKey();
        using RSA? rsa = own.Own.GetRSAPrivateKey();
        if (curve is null && rsa is null) problems.Add($"{where}: expected a certificate with an ECDSA or RSA private key, found another kind of key");
        // Silos are servers to clients and to each other, and clients to each other.
        foreach ((string purpose, string name) in new[] { (Trust.Servers, "servers"), (Trust.Clients, "clients") })
        {
            if (Trust.Problem(own.Own, own.Chain, authorities, purpose) is not { } problem) continue;
            problems.Add($"{where}: expected one that tls.authority has signed for {name} (silos are both servers and clients), found {Problems.Quote(own.Own.Subject)}: {problem}");
            if (!problem.Contains(nameof(X509ChainStatusFlags.NotValidForUsage), StringComparison.Ordinal)) break;
        }
    }

    private static bool IsOfFiles(Exception error) => error is IOException or CryptographicException or UnauthorizedAccessException or ArgumentException;
}
