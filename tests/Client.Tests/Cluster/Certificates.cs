using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ShardInit.Client.Tests.Cluster;

/// <summary>An authority for tests, and certificates that it signs.</summary>
internal sealed class Authority : IDisposable
{
    public const string Server = "1.3.6.1.5.5.7.3.1";
    public const string Client = "1.3.6.1.5.5.7.3.2";

    private readonly X509Certificate2 _certificate;

    public Authority(string name, Authority? above = null)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        using X509Certificate2 made = above is null ? request.CreateSelfSigned(Begin, End) : request.Create(above._certificate, Begin, End, RandomNumberGenerator.GetBytes(8));
        _certificate = above is null ? X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null) : made.CopyWithPrivateKey(key);
    }

    private static DateTimeOffset Begin => DateTimeOffset.UtcNow.AddDays(-1);

    private static DateTimeOffset End => DateTimeOffset.UtcNow.AddDays(30);

    public string Pem => _certificate.ExportCertificatePem();

    public X509Certificate2Collection Trusted => [X509CertificateLoader.LoadCertificate(_certificate.RawData)];

    public X509Certificate2 Sign(string name, string purpose, TimeSpan? age = null)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(purpose)], false));
        using X509Certificate2 made = request.Create(_certificate, Begin, age is { } old ? Begin.AddHours(23) - old : End.AddDays(-1), RandomNumberGenerator.GetBytes(8));
        return made.CopyWithPrivateKey(key);
    }

    public void Dispose() => _certificate.Dispose();
}
