using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ShardInit.Client.Tests.Cluster;

/// <summary>An authority for tests, and certificates that it signs.</summary>
internal sealed class Authority : IDisposable
{
    public const string Server = "1.3.6.1.5.5.7.3.1";
    public const string Client = "1.3.6.1.5.5.7.3.2";

    /// <summary>The same for all: an authority must not end before what it signs, not by a second that passed between them.</summary>
    private static readonly DateTimeOffset s_begin = DateTimeOffset.UtcNow.AddDays(-1), s_end = DateTimeOffset.UtcNow.AddDays(30);

    private readonly X509Certificate2 _certificate;

    public Authority(string name, Authority? above = null)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        using X509Certificate2 made = above is null ? request.CreateSelfSigned(s_begin, s_end) : request.Create(above._certificate, s_begin, s_end, RandomNumberGenerator.GetBytes(8));
        _certificate = above is null ? X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null) : made.CopyWithPrivateKey(key);
    }

    public string Pem => _certificate.ExportCertificatePem();

    public X509Certificate2Collection Trusted => [X509CertificateLoader.LoadCertificate(_certificate.RawData)];

    public X509Certificate2 Sign(string name, string purpose, TimeSpan? age = null)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(purpose)], false));
        using X509Certificate2 made = request.Create(_certificate, s_begin, age is { } old ? s_begin.AddHours(23) - old : s_end.AddDays(-1), RandomNumberGenerator.GetBytes(8));
        return made.CopyWithPrivateKey(key);
    }

    public void Dispose() => _certificate.Dispose();
}
