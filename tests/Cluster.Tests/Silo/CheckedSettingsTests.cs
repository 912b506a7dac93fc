using ShardInit.Cluster.Tests.Support;
using ShardInit.Errors;
using ShardInit.Silo;

namespace ShardInit.Cluster.Tests.Silo;

/// <summary>Settings that are well formed and make no sense: told before anything starts, all at once, each with its name.</summary>
public sealed class CheckedSettingsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("shardinit-settings-").FullName;
    private readonly SiloSettings _good;

    public CheckedSettingsTests() => _good = new SiloSettings { Roots = { ["data"] = new RootSettings { Directory = _folder } } };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Good_settings_are_taken() => Assert.Single(CheckedSettings.Of(_good).Roots.All);

    [Fact]
    public void A_port_is_for_one_thing()
    {
        Refused(_good with { Endpoint = new EndpointSettings { SiloPort = 7000, GatewayPort = 7000 } }, "endpoint.gatewayPort: expected another port than endpoint.siloPort, found 7000 for both");
        Refused(_good with { Health = new HealthSettings { Port = _good.Endpoint.SiloPort } }, "health.port: expected another port than endpoint.siloPort, found 11111 for both");
        Refused(_good with { Endpoint = new EndpointSettings { SiloPort = 70000, PrimaryPort = 0 } }, "endpoint.siloPort: expected 1 to 65535, found 70000", "endpoint.primaryPort: expected 1 to 65535, found 0");
    }

    [Fact]
    public void An_address_is_one()
    {
        Refused(_good with { Health = new HealthSettings { Port = 7000, Host = "bad host" } }, "health.host: expected an address, a host name, or + for all, found 'bad host'");
        Refused(_good with { Otlp = "collector:4317" }, "otlp: expected an address such as http://collector:4317, found 'collector:4317'");
    }

    [Fact]
    public void A_root_is_there_and_for_tenants_that_can_be()
    {
        string file = Path.Combine(_folder, "file"), missing = Path.Combine(_folder, "missing");
        File.WriteAllText(file, "");
        Refused(_good with { Roots = new() { ["data"] = new RootSettings { Directory = file }, ["more"] = new RootSettings { Directory = missing, Tenants = ["a", ""], Mode = "8" } } },
            $"roots.data.directory '{file}': expected a directory, found a file", "roots.more.tenants: expected names of tenants (1 to 100 letters, digits, '.', '_' or '-'), found ''",
            $"roots.more.directory '{missing}': expected a directory, found nothing", "roots.more.mode: expected an octal mode such as 0775, found '8'");
    }

    [Fact]
    public void A_connection_string_is_one_and_is_not_repeated()
    {
        PlanException error = Refused(_good with { Membership = new MembershipSettings { Kind = "postgresql", ConnectionString = "Host=db;Pasword=secret" } }, "membership.connectionString: expected the form 'Host=db;");
        Assert.DoesNotContain("secret", error.ToString());
    }

    [Fact]
    public void Certificates_are_those_of_a_silo()
    {
        using TestCertificates certificates = new(Path.Combine(_folder, "certificates"));
        TestCertificates.Pair silo = certificates.Silo(), other = certificates.Silo("other"), foreign = certificates.ForeignSilo(), client = certificates.SiloWithoutServers();
        Assert.NotNull(CheckedSettings.Of(WithTls(silo.Certificate, silo.Key)).Certificates);
        Refused(_good with { Tls = new TlsSettings() }, "tls.certificate: expected a file", "tls.authority: expected a file");
        Refused(WithTls(silo.Certificate, other.Key), $"tls.certificate '{silo.Certificate}' with tls.key '{other.Key}': expected a certificate and its own private key");
        Refused(WithTls(silo.Certificate, null), $"tls.certificate '{silo.Certificate}': expected a certificate and its own private key");
        Refused(WithTls(foreign.Certificate, foreign.Key), $"tls.certificate '{foreign.Certificate}': expected one that tls.authority has signed for servers (silos are both servers and clients), found 'CN=shardinit-silo'");
        Refused(WithTls(client.Certificate, client.Key), $"tls.certificate '{client.Certificate}': expected one that tls.authority has signed for servers");
        Refused(WithTls(silo.Certificate, silo.Key) with { Tls = new TlsSettings { Certificate = silo.Certificate, Key = silo.Key, Authority = silo.Key } }, $"tls.authority '{silo.Key}': expected certificates as PEM");

        SiloSettings WithTls(string certificate, string? key) => _good with { Tls = new TlsSettings { Certificate = certificate, Key = key, Authority = certificates.Authority } };
    }

    /// <summary>Each problem begins as expected, and there is no other.</summary>
    private static PlanException Refused(SiloSettings settings, params string[] problems)
    {
        PlanException error = Assert.Throws<PlanException>(() => CheckedSettings.Of(settings));
        Assert.True(problems.Length == error.Problems.Count, error.Message);
        Assert.All(problems.Zip(error.Problems), pair => Assert.StartsWith(pair.First, pair.Second));
        return error;
    }
}
