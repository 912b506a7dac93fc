using ShardInit.Client.Tests.Support;
using ShardInit.Errors;
using ShardInit.Grains.Client;

namespace ShardInit.Client.Tests.Cluster;

/// <summary>The settings file of clients: what it says, and what is wrong with it, all at once.</summary>
public sealed class ClusterSettingsTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void An_empty_file_means_a_silo_of_this_machine()
    {
        ClusterSettings settings = ClusterSettings.Load(_scratch.Write("c.json", "{}"));
        Assert.Equal(new ClusterSettings() with { Gateways = settings.Gateways }, settings);
        Assert.Equal(["127.0.0.1:30000"], settings.Gateways);
    }

    [Fact]
    public void Every_key_arrives_and_paths_count_from_the_file()
    {
        ClusterSettings settings = ClusterSettings.Load(_scratch.Write("c.json", """
            {"cluster": "a", "service": "b", "gateways": ["one:1", "[::1]:65535"], "insecure": true,
             "tls": {"certificate": "me.pem", "key": "/keys/me.key", "authority": "ca.pem", "hostName": "silo"}}
            """));
        Assert.Equal(("a", "b", true, null), (settings.Cluster, settings.Service, settings.Insecure, settings.Tenant));
        Assert.Equal(["one:1", "[::1]:65535"], settings.Gateways);
        Assert.Equal(new ClusterTls { Certificate = _scratch["me.pem"], Key = "/keys/me.key", Authority = _scratch["ca.pem"], HostName = "silo" }, settings.Tls);
        ClusterSettings table = ClusterSettings.Load(_scratch.Write("m.json", """{"membership": {"kind": "postgresql", "connectionStringFile": "secret"}, "tenant": "t"}"""));
        Assert.Equal(new ClusterMembership { ConnectionStringFile = _scratch["secret"] }, table.Membership);
        Assert.Equal("t", table.Tenant);
    }

    [Theory]
    [InlineData("""{"gatewys": ["a:1"]}""", "c.json:1: unknown key 'gatewys'; did you mean gateways?")]
    [InlineData("""{"tls": {"certificate": "a", "authority": "b", "hostname": "c"}}""", "unknown key 'tls.hostname'; did you mean tls.hostName?")]
    [InlineData("""{"tls": {"key": "a"}}""", "expected tls.certificate, found nothing of that name")]
    [InlineData("""{"tls": {"key": "a"}}""", "expected tls.authority, found nothing of that name")]
    [InlineData("""{"gateways": []}""", "gateways: expected a list of texts that is not empty, found a list")]
    [InlineData("""{"gateways": ["host"]}""", "gateway 'host': expected HOST:PORT")]
    [InlineData("""{"gateways": ["::1:30000"]}""", "gateway '::1:30000': expected HOST:PORT")]
    [InlineData("""{"gateways": ["h:65536"]}""", "gateway 'h:65536': expected HOST:PORT")]
    [InlineData("""{"gateways": ["h:1"], "membership": {"connectionString": "x"}}""", "expected gateways or membership, found both")]
    [InlineData("""{"membership": {}}""", "membership: expected connectionString or connectionStringFile, found neither")]
    [InlineData("""{"membership": {"connectionString": "x", "connectionStringFile": "y"}}""", "found both")]
    [InlineData("""{"membership": {"kind": "localhost", "connectionString": "x"}}""", "membership.kind: expected 'postgresql'")]
    [InlineData("""{"tls": {"certificate": "a", "authority": "b"}, "tenant": "t"}""", "expected tls or tenant, found both")]
    [InlineData("""{"tenant": "a/b\\n"}""", "tenant: expected 1 to 100 letters, digits, '.', '_' or '-', found the text 'a/b")]
    [InlineData("""{"insecure": "yes"}""", "insecure: expected true or false, found the text 'yes'")]
    [InlineData("""{"cluster": 3}""", "cluster: expected a text that is not empty, found the number 3")]
    [InlineData("""{"cluster": "a", "cluster": "b"}""", "cluster")]
    [InlineData("[]", "expected a JSON object, found a list")]
    [InlineData("{", "c.json:1: ")]
    public void Mistakes_are_named(string text, string message)
    {
        PlanException error = Assert.Throws<PlanException>(() => ClusterSettings.Load(_scratch.Write("c.json", text)));
        Assert.Contains(message, error.Message);
    }

    [Fact]
    public void All_mistakes_are_named_at_once_with_their_lines()
    {
        PlanException error = Assert.Throws<PlanException>(() => ClusterSettings.Load(_scratch.Write("c.json", "{\"a\": 1,\n\"insecure\": 2,\n\"gateways\": [\"x\"]}")));
        Assert.Equal(3, error.Problems.Count);
        Assert.Contains(error.Problems, problem => problem.Contains("c.json:1: unknown key 'a'", StringComparison.Ordinal));
        Assert.Contains(error.Problems, problem => problem.Contains("c.json:2: insecure", StringComparison.Ordinal));
    }
}
