using Microsoft.Extensions.Configuration;
using ShardInit.Client.Cluster;
using ShardInit.Client.CommandLine;
using ShardInit.Client.Tests.Support;
using ShardInit.Errors;
using ShardInit.Silo;
using static ShardInit.Client.Tests.Support.CommandLineRun;

namespace ShardInit.Client.Tests.Cluster;

/// <summary>Settings of a silo, from file and environment. What a silo does with them is in tests/Cluster.Tests.</summary>
public sealed class ServeCommandTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void Every_kind_of_setting_arrives()
    {
        SiloSettings settings = SiloSettingsReader.Read(_scratch.Write("silo.json", """
            {
              // comments are allowed
              "cluster": "c", "membership": {"kind": "postgresql", "connectionStringFile": "/secret"},
              "endpoint": {"host": "10.0.0.7", "siloPort": 1, "primaryPort": 2, "listenOnAll": true},
              "roots": {"data": {"directory": "/data", "mode": "0750", "group": 7, "tenants": ["a", "b"]}, "Other": {"directory": "/other"}},
              "tenants": {"a": {"weight": 2.5}},
              "limits": {"bytesPerTenant": "1GiB"},
              "tls": {"certificate": "/c", "authority": "/a"},
              "drainSeconds": 1.5
            }
            """));
        Assert.Equal(("c", "postgresql", "/secret", "10.0.0.7", 1, 2, true), (settings.Cluster, settings.Membership.Kind, settings.Membership.ConnectionStringFile, settings.Endpoint.Host, settings.Endpoint.SiloPort, settings.Endpoint.PrimaryPort, settings.Endpoint.ListenOnAll));
        Assert.Equal(["Other", "data"], settings.Roots.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(("/data", "0750", 7u), (settings.Roots["data"].Directory, settings.Roots["data"].Mode, settings.Roots["data"].Group));
        Assert.Equal(["a", "b"], settings.Roots["data"].Tenants);
        Assert.Equal((2.5, "1GiB", "/c", 1.5), (settings.Tenants["a"].Weight, settings.Limits.BytesPerTenant, settings.Tls!.Certificate, settings.DrainSeconds));
        // What is not named keeps its default.
        SiloSettings defaults = new();
        Assert.Equal((defaults.Service, defaults.Endpoint.GatewayPort, defaults.Limits.BytesPerWorker, defaults.Worker), (settings.Service, settings.Endpoint.GatewayPort, settings.Limits.BytesPerWorker, settings.Worker));
    }

    [Theory]
    [InlineData("""{"endpont": {}, "x": 1}""", "unknown setting 'endpont'; did you mean endpoint?")]
    [InlineData("""{"endpoint": {"siloport2": 1}}""", "unknown setting 'endpoint.siloport2'; did you mean endpoint.siloPort?")]
    [InlineData("""{"roots": {"data": {"dir": "/x"}}}""", "unknown setting 'roots.data.dir'; did you mean roots.data.directory?")]
    [InlineData("""{"roots": {"data": {"what": "/x"}}}""", "unknown setting 'roots.data.what'; known: directory, mode, group, tenants")]
    [InlineData("""{"endpoint": {"siloPort": "many"}}""", "endpoint.siloPort: expected an integer, found 'many'")]
    [InlineData("""{"endpoint": {"listenOnAll": 2}}""", "endpoint.listenOnAll: expected true or false, found '2'")]
    [InlineData("""{"roots": "/data"}""", "roots: expected an object, found '/data'")]
    [InlineData("""{"roots": {"data": "/data"}}""", "roots.data: expected an object, found '/data'")]
    [InlineData("""{"roots": {"data": {"tenants": "a"}}}""", "roots.data.tenants: expected a list, found 'a'")]
    [InlineData("""{"roots": {"data": {"tenants": []}}}""", "roots.data.tenants: expected at least one, found an empty list; leave it out for the default")]
    [InlineData("""{"roots": {"data": {"tenants": null}}}""", "roots.data.tenants: expected a value, found null; leave it out for the default")]
    [InlineData("""{"roots": {"data": {"tenants": [[1]]}}}""", "roots.data.tenants: expected texts, found '[1]'")]
    [InlineData("""{"roots": {"data": {"tenants": [null]}}}""", "roots.data.tenants: expected texts, found 'null'")]
    [InlineData("""{"roots": {"data": {"tenants": [""]}}}""", "roots.data.tenants: expected texts that are not empty, found an empty one")]
    [InlineData("""{"roots": {"data": {"tenants": ["a", ""]}}}""", "roots.data.tenants: expected texts that are not empty, found an empty one")]
    [InlineData("""{"cluster": ""}""", "cluster: expected a text, found an empty text; leave it out for the default")]
    [InlineData("""{"endpoint": {"host": ""}}""", "endpoint.host: expected a text, found an empty text; leave it out for the default")]
    [InlineData("""{"membership": {"kind": []}}""", "membership.kind: expected a value, found an empty list; leave it out for the default")]
    [InlineData("""{"limits": {"bytesPerTenant": []}}""", "limits.bytesPerTenant: expected a value, found an empty list; leave it out for the default")]
    [InlineData("""{"roots": {"data": {"tenants": {"zz": 1}}}}""", "roots.data.tenants: expected a list, found an object")]
    [InlineData("""{"roots": {"data": {"tenants": {"0": "a"}}}}""", "roots.data.tenants: expected a list, found an object")]
    [InlineData("""{"roots": [{"directory": "/data"}]}""", "roots: expected an object, found a list")]
    [InlineData("""{"roots": {"data": null}}""", "roots.data: expected a value, found null; leave it out for the default")]
    [InlineData("""{"tenants": [{"weight": 1}]}""", "tenants: expected an object, found a list")]
    [InlineData("""{"tls": {}}""", "tls: expected at least one setting, found an empty object; fill it, or leave it out")]
    [InlineData("""{"endpoint": null}""", "endpoint: expected a value, found null; leave it out for the default")]
    [InlineData("""{"cluster": null}""", "cluster: expected a value, found null; leave it out for the default")]
    [InlineData("""{"cluster": {"name": "c"}}""", "cluster: expected a text, found an object or a list")]
    [InlineData("""{"cluster": "a", "cluster": "b"}""", "expected settings of a silo as JSON")]
    [InlineData("{", "expected settings of a silo as JSON")]
    [InlineData("[]", "expected settings of a silo as JSON")]
    public void Mistakes_are_named(string text, string message)
    {
        string file = _scratch.Write("silo.json", text);
        PlanException error = Assert.Throws<PlanException>(() => SiloSettingsReader.Read(file));
        Assert.Contains(message, error.Message);
        Assert.All(error.Problems, problem => Assert.StartsWith(file, problem));
    }

    [Fact]
    public void Mistakes_in_file_and_environment_are_told_together_before_anything_starts()
    {
        string file = _scratch.Write("silo.json", """{"drainSeconds": "long"}""");
        Outcome outcome = Finish(Start(Dotnet, [ProgramFile, "serve", "--settings", file], null, info => info.Environment["SHARDINIT_SILO__ENDPOINT__SILOPRT"] = "3"));
        Assert.Equal(ExitCode.Usage, outcome.ExitCode);
        Assert.Contains("drainSeconds: expected a number, found 'long'", outcome.Error);
        Assert.Contains("variables SHARDINIT_SILO__...: unknown setting 'endpoint.SILOPRT'; did you mean endpoint.siloPort?", outcome.Error);
        Assert.Empty(outcome.Output);
    }

    /// <summary>To a configuration the two are one key; to clients they are not.</summary>
    [Theory]
    [InlineData("ROOTS:DATA:DIRECTORY", "/there", "data")]
    [InlineData("roots:DATA:tenants:0", "b", "data")]
    [InlineData("ROOTS:More:DIRECTORY", "/more", "More", "data")]
    [InlineData("TENANTS:A:WEIGHT", "3", "data")]
    public void A_variable_over_a_name_of_the_file_keeps_its_spelling(string variable, string value, params string[] roots)
    {
        string file = _scratch.Write("silo.json", """{"roots": {"data": {"directory": "/here", "tenants": ["a"]}}, "tenants": {"a": {"weight": 2}}, "tls": null, "otlp": null,}""");
        SiloSettings settings = SiloSettingsReader.Read(file, new ConfigurationBuilder().AddInMemoryCollection([new(variable, value)]).Build());
        Assert.Equal(roots, settings.Roots.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(["a"], settings.Tenants.Keys);
        Assert.Null(settings.Tls);
        Assert.Contains(value, (string[])[settings.Roots["data"].Directory, .. settings.Roots["data"].Tenants, settings.Roots.GetValueOrDefault("More")?.Directory ?? "", $"{settings.Tenants["a"].Weight}"]);
    }

    [Theory]
    [InlineData("ROOTS:DATA:TENANTS", "", "roots.DATA.tenants: expected at least one, found none")]
    [InlineData("ROOTS:DATA:TENANTS:0", "", "roots.DATA.tenants: expected texts that are not empty, found an empty one")]
    [InlineData("ROOTS:DATA:TENANTS:A", "a", "roots.DATA.tenants: expected a list, whose items have the numbers 0, 1 and so on, found 'A'")]
    public void A_variable_that_is_no_list_opens_no_root(string variable, string value, string message) =>
        Assert.Contains(message, Assert.Throws<PlanException>(() => SiloSettingsReader.Read(null, new ConfigurationBuilder().AddInMemoryCollection([new(variable, value)]).Build())).Message);

    [Theory]
    [InlineData("serve --root data", "--root: expected NAME=DIR")]
    [InlineData("serve --root data=", "--root data=: expected a directory, found nothing")]
    [InlineData("serve --root a=/x --root a=/y", "--root: expected each name once, found 'a' again")]
    [InlineData("serve --threads 0", "--threads: expected an integer from 1 to 1024")]
    public void Bad_options_are_named(string line, string message) => Assert.Contains(message, Expect(ExitCode.Usage, line.Split(' ')).Error);
}
