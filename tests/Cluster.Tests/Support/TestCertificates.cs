using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ShardInit.Cluster.Tests.Support;

/// <summary>
/// Certificates of a test cluster as PEM files in one folder: an authority, what it signs, and the same from a stranger's authority. A client's tenant is the common name of its certificate.
/// Valid from an hour ago for a day; made anew each time, so no key is ever kept.
/// </summary>
public sealed class TestCertificates : IDisposable
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1", ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    private readonly string _folder;
    private readonly X509Certificate2 _authority, _stranger;
    private readonly Dictionary<X509Certificate2, string> _between = [];
    private readonly DateTimeOffset _from = DateTimeOffset.UtcNow.AddHours(-1), _to = DateTimeOffset.UtcNow.AddDays(1);

    /// <param name="isBetween">The authority does not sign silos and clients itself, but an authority that does, whose certificate stands in their files only.</param>
    public TestCertificates(string folder, bool isBetween = false)
    {
        _folder = Directory.CreateDirectory(folder).FullName;
        (_authority, Authority) = MakeAuthorities("authority", isBetween);
        (_stranger, ForeignAuthority) = MakeAuthorities("stranger", isBetween);
    }

    /// <summary>Where a certificate and its key lie.</summary>
    public sealed record Pair(string Certificate, string Key)
    {
        /// <summary>Both, as .NET takes them.</summary>
        public X509Certificate2 Load()
        {
            using X509Certificate2 pem = X509Certificate2.CreateFromPemFile(Certificate, Key);
            // Windows' TLS does not take a key that lives in memory only.
            return X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
        }
    }

    /// <summary>The authority that silos and clients trust.</summary>
    public string Authority { get; }

    /// <summary>One that nobody trusts.</summary>
    public string ForeignAuthority { get; }

    /// <summary>For silos: server and client in one, for localhost, 127.0.0.1 and further names.</summary>
    public Pair Silo(string file = "silo", params string[] names) => Make(_authority, file, "shardinit-silo", [ServerAuthentication, ClientAuthentication], ["localhost", .. names]);

    /// <summary>For clients of a tenant.</summary>
    public Pair Client(string tenant, string? file = null) => Make(_authority, file ?? $"client-{tenant}", tenant, [ClientAuthentication], []);

    /// <summary>Of the right authority, but not meant for servers.</summary>
    public Pair SiloWithoutServers() => Make(_authority, "client-silo", "shardinit-silo", [ClientAuthentication], ["localhost"]);

    /// <summary>Says that it is of a tenant, but signed by the stranger.</summary>
    public Pair ForeignClient(string tenant) => Make(_stranger, $"foreign-client-{tenant}", tenant, [ClientAuthentication], []);

    /// <summary>Says that it is a silo, but signed by the stranger.</summary>
    public Pair ForeignSilo() => Make(_stranger, "foreign-silo", "shardinit-silo", [ServerAuthentication, ClientAuthentication], ["localhost"]);

    /// <summary>Of a tenant and of the right authority, but no longer valid.</summary>
    public Pair ExpiredClient(string tenant) => Make(_authority, $"expired-client-{tenant}", tenant, [ClientAuthentication], [], _from.AddMinutes(30));

    public void Dispose()
    {
        _authority.Dispose();
        _stranger.Dispose();
    }

    /// <summary>Who signs, and the file of the one who is believed.</summary>
    private (X509Certificate2 Signs, string Believed) MakeAuthorities(string name, bool isBetween)
    {
        // The one in between has the same name everywhere: it is believed by who signed it.
        X509Certificate2 root = MakeAuthority($"ShardInit test {name}", isBetween ? 1 : 0, null), signs = isBetween ? MakeAuthority("ShardInit test between", 0, root) : root;
        string believed = Write(name == "authority" ? "authority.pem" : "foreign-authority.pem", root.ExportCertificatePem());
        if (isBetween)
        {
            _between[signs] = signs.ExportCertificatePem();
            root.Dispose();
        }
        return (signs, believed);
    }

    private X509Certificate2 MakeAuthority(string name, int below, X509Certificate2? above)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new(Named(name), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: below, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        if (above is null) return request.CreateSelfSigned(_from, _to);
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(above, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        using X509Certificate2 certificate = request.Create(above, _from, _to, RandomNumberGenerator.GetBytes(16));
        return certificate.CopyWithPrivateKey(key);
    }

    private Pair Make(X509Certificate2 issuer, string file, string name, string[] purposes, string[] hosts, DateTimeOffset? to = null)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new(Named(name), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        OidCollection oids = [];
        foreach (string purpose in purposes) oids.Add(new Oid(purpose));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(oids, critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(issuer, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        if (hosts.Length > 0)
        {
            SubjectAlternativeNameBuilder alternatives = new();
            foreach (string host in hosts) alternatives.AddDnsName(host);
            alternatives.AddIpAddress(IPAddress.Loopback);
            request.CertificateExtensions.Add(alternatives.Build());
        }
        using X509Certificate2 certificate = request.Create(issuer, _from, to ?? _to, RandomNumberGenerator.GetBytes(16));
        return new Pair(Write($"{file}.pem", $"{certificate.ExportCertificatePem()}\n{_between.GetValueOrDefault(issuer)}"), Write($"{file}.key", key.ExportPkcs8PrivateKeyPem()));
    }

    private static X500DistinguishedName Named(string name)
    {
        X500DistinguishedNameBuilder builder = new();
        builder.AddCommonName(name);
        return builder.Build();
    }

    private string Write(string name, string text)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, text.EndsWith('\n') ? text : text + "\n");
        return path;
    }
}
