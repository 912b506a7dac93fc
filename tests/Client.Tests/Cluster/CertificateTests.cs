using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using ShardInit.Client.Tests.Support;
using ShardInit.Errors;
using ShardInit.Grains;
using ShardInit.Grains.Client;

namespace ShardInit.Client.Tests.Cluster;

/// <summary>Which silos a client believes, and how it proves itself.</summary>
public sealed class CertificateTests : IDisposable
{
    private readonly Scratch _scratch = new();
    private readonly Authority _authority = new("authority");

    public void Dispose()
    {
        _authority.Dispose();
        _scratch.Dispose();
    }

    private string? Refusal(X509Certificate2 certificate, SslPolicyErrors errors = SslPolicyErrors.RemoteCertificateChainErrors)
    {
        SiloCheck check = new(_authority.Trusted);
        Assert.Equal(check.Accepts(certificate, null, errors), check.Refusal is null);
        return check.Refusal;
    }

    [Fact]
    public void Only_a_server_of_the_configured_authority_with_the_right_name_is_a_silo()
    {
        Assert.Null(Refusal(_authority.Sign("silo", Authority.Server)));
        Assert.Contains("has not the name", Refusal(_authority.Sign("silo", Authority.Server), SslPolicyErrors.RemoteCertificateNameMismatch));
        Assert.Contains("NotValidForUsage", Refusal(_authority.Sign("tenant", Authority.Client)));
        Assert.Contains("NotTimeValid", Refusal(_authority.Sign("silo", Authority.Server, TimeSpan.FromMinutes(30))));
        // A stranger of the same name, whom another machine may well trust.
        using Authority stranger = new("authority");
        Assert.NotNull(Refusal(stranger.Sign("silo", Authority.Server), SslPolicyErrors.None));
    }

    [Fact]
    public void A_certificate_is_read_from_each_of_its_forms_and_signs()
    {
        using Authority between = new("between", _authority);
        using X509Certificate2 own = between.Sign("tenant", Authority.Client);
        string authority = _scratch.Write("ca.pem", _authority.Pem);
        string chain = own.ExportCertificatePem() + "\n" + between.Pem + "\n";
        string key = own.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem();
        File.WriteAllBytes(_scratch["me.p12"], new X509Certificate2Collection { own, between.Trusted[0] }.Export(X509ContentType.Pkcs12)!);
        foreach (ClusterTls tls in (ClusterTls[])
        [
            new() { Certificate = _scratch.Write("me.pem", chain), Key = _scratch.Write("me.key", key), Authority = authority },
            new() { Certificate = _scratch.Write("both.pem", chain + key), Authority = authority },
            new() { Certificate = _scratch["me.p12"], Authority = authority },
        ])
        {
            using ClientCertificate certificate = ClientCertificate.Load(tls);
            Assert.Equal([own.RawData, between.Trusted[0].RawData], certificate.Encoded);
            byte[] message = SessionProof.Message("cluster", "session", [1, 2, 3]);
            byte[] signature = SessionProof.Sign(certificate.Own, message);
            Assert.True(SessionProof.Verify(own, message, signature));
            Assert.False(SessionProof.Verify(own, SessionProof.Message("cluster", "session", [1, 2, 4]), signature));
            Assert.False(SessionProof.Verify(own, SessionProof.Message("other", "session", [1, 2, 3]), signature));
        }
    }

    [Fact]
    public void A_file_that_holds_something_else_is_named()
    {
        using X509Certificate2 own = _authority.Sign("tenant", Authority.Client);
        string authority = _scratch.Write("ca.pem", _authority.Pem);
        string certificate = _scratch.Write("me.pem", own.ExportCertificatePem());
        string wrongKey = _scratch.Write("other.key", _authority.Sign("other", Authority.Client).GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        foreach (ClusterTls tls in (ClusterTls[])
        [
            new() { Certificate = certificate, Authority = authority },
            new() { Certificate = certificate, Key = wrongKey, Authority = authority },
            new() { Certificate = _scratch.Write("text", "no certificate"), Authority = authority },
        ])
        {
            Assert.StartsWith($"{tls.Certificate}", Assert.Throws<PlanException>(() => ClientCertificate.Load(tls)).Message);
        }
        string empty = _scratch.Write("empty.pem", "nothing");
        Assert.Equal($"{empty}: expected certificates as PEM, found none", Assert.Throws<PlanException>(() => ClientCertificate.Load(new ClusterTls { Certificate = certificate, Authority = empty })).Message);
    }

    [Fact]
    public void A_file_that_is_missing_is_named_with_its_setting()
    {
        using X509Certificate2 own = _authority.Sign("tenant", Authority.Client);
        string authority = _scratch.Write("ca.pem", _authority.Pem), certificate = _scratch.Write("me.pem", own.ExportCertificatePem()), nope = _scratch["nope"];
        Assert.Equal($"tls.certificate: expected a file that can be read, found {nope}: no such file", Problem(new ClusterTls { Certificate = nope, Authority = authority }));
        Assert.Equal($"tls.key: expected a file that can be read, found {nope}: no such file", Problem(new ClusterTls { Certificate = certificate, Key = nope, Authority = authority }));
        Assert.Equal($"tls.authority: expected a file that can be read, found {nope}: no such file", Problem(new ClusterTls { Certificate = certificate, Authority = nope }));

        static string Problem(ClusterTls tls) => Assert.Throws<PlanException>(() => ClientCertificate.Load(tls)).Message;
    }
}
