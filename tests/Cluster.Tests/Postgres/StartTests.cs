using ShardInit.Cluster.Tests.Support;
using ShardInit.Silo;

namespace ShardInit.Cluster.Tests.Postgres;

/// <summary>A silo that starts before its database.</summary>
public sealed class StartTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("shardinit-start-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task A_silo_waits_for_a_database_that_is_not_there_yet_and_says_so()
    {
        using CancellationTokenSource stop = new();
        List<string> said = [];
        SiloSettings settings = new()
        {
            Membership = new MembershipSettings { Kind = "postgresql", ConnectionString = $"Host=127.0.0.1;Port={FreePorts.Take()};Database=d;Username=u;Password=p" },
            Endpoint = new EndpointSettings { SiloPort = FreePorts.Take(), GatewayPort = FreePorts.Take() }, Roots = { ["main"] = new RootSettings { Directory = _root } },
        };
        int code = await Task.Run(() => SiloProgram.Run(settings, Say, stop.Token));
        Assert.Equal(0, code);
        Assert.Contains("expected a PostgreSQL server", Assert.Single(said));

        void Say(string line)
        {
            said.Add(line);
            if (line.Contains("trying again for up to 120 s", StringComparison.Ordinal)) stop.Cancel();
        }
    }
}
