using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace ShardInit.Cluster.Tests.Support;

/// <summary>What the other tests stand on: certificates that are told apart, and a server that leaves nothing behind.</summary>
[Collection(PostgresCollection.Name)]
public sealed class SupportTests(PostgresFixture fixture) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("shardinit-certificates-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("right", true)]
    [InlineData("foreign client", false)]
    [InlineData("expired client", false)]
    [InlineData("foreign silo", false)]
    public async Task Only_certificates_of_the_authority_are_believed(string which, bool believed)
    {
        using TestCertificates certificates = new(_folder);
        using X509Certificate2 silo = (which == "foreign silo" ? certificates.ForeignSilo() : certificates.Silo()).Load();
        using X509Certificate2 client = (which switch { "foreign client" => certificates.ForeignClient("a"), "expired client" => certificates.ExpiredClient("a"), _ => certificates.Client("a") }).Load();
        Assert.Equal(("shardinit-silo", "a"), (silo.GetNameInfo(X509NameType.SimpleName, false), client.GetNameInfo(X509NameType.SimpleName, false)));
        bool clientBelieved = false, siloBelieved = false;
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        Task server = Task.Run(async () =>
        {
            using TcpClient connection = await listener.AcceptTcpClientAsync();
            await using SslStream stream = new(connection.GetStream());
            await stream.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = silo, ClientCertificateRequired = true, RemoteCertificateValidationCallback = (_, certificate, _, _) => clientBelieved = IsSigned(certificate!, "1.3.6.1.5.5.7.3.2") });
        });
        using TcpClient connection = new();
        await connection.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        await using SslStream stream = new(connection.GetStream());
        try
        {
            await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = "localhost", ClientCertificates = [client],
                RemoteCertificateValidationCallback = (_, certificate, _, errors) =>
                    siloBelieved = IsSigned(certificate!, "1.3.6.1.5.5.7.3.1") && !errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch),
            });
            await server;
        }
        catch (Exception exception) when (exception is System.Security.Authentication.AuthenticationException or IOException) { }
        Assert.Equal(believed, clientBelieved && siloBelieved);
        Assert.Equal(which != "foreign silo", siloBelieved);

        bool IsSigned(X509Certificate certificate, string purpose)
        {
            using X509Chain chain = new();
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.ImportFromPemFile(certificates.Authority);
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            chain.ChainPolicy.ApplicationPolicy.Add(new System.Security.Cryptography.Oid(purpose));
            return chain.Build(new X509Certificate2(certificate));
        }
    }

    [SkippableFact]
    public async Task Databases_are_apart()
    {
        string one = await fixture.Server.CreateDatabaseAsync(), two = await fixture.Server.CreateDatabaseAsync();
        await PostgresServer.ExecuteAsync(one, "CREATE TABLE here (x integer)");
        Assert.False(await PostgresServer.AskAsync<bool>(two, "SELECT to_regclass('here') IS NOT NULL"));
    }

    [SkippableFact]
    public void A_server_that_is_disposed_is_gone_with_its_folder()
    {
        Skip.IfNot(PostgresServer.Missing is null, PostgresServer.Missing);
        PostgresServer server = PostgresServer.Start();
        string folder = server.Folder;
        Assert.True(Directory.Exists(folder));
        using Process process = Process.GetProcessById(server.ProcessId);
        server.Dispose();
        Assert.True(process.WaitForExit(TimeSpan.FromSeconds(60)));
        Assert.False(Directory.Exists(folder));
        using TcpClient client = new();
        Assert.Throws<SocketException>(() => client.Connect(IPAddress.Loopback, server.Port));
    }

    [Fact]
    public void Ports_are_given_once_and_can_be_listened_on()
    {
        int[] ports = [.. Enumerable.Range(0, 50).Select(_ => FreePorts.Take())];
        Assert.Equal(50, ports.Distinct().Count());
        TcpListener[] listeners = [.. ports.Select(port => new TcpListener(IPAddress.Loopback, port))];
        foreach (TcpListener listener in listeners) listener.Start();
        foreach (TcpListener listener in listeners) listener.Dispose();
    }
}
