namespace ShardInit.Cluster.Tests.Support;

/// <summary>One server for all tests that ask for it, started when the first does. Each test makes a database of its own.</summary>
public sealed class PostgresFixture : IDisposable
{
    private readonly Lazy<PostgresServer> _server = new(PostgresServer.Start);

    /// <summary>The server; where there is none the calling test is skipped and says why.</summary>
    public PostgresServer Server
    {
        get
        {
            Skip.IfNot(PostgresServer.Missing is null, PostgresServer.Missing);
            return _server.Value;
        }
    }

    public void Dispose()
    {
        if (_server.IsValueCreated) _server.Value.Dispose();
    }
}

/// <summary>Tests with a database run one after the other: they start silos and wait for spans of time.</summary>
[CollectionDefinition(Name)]
public sealed class PostgresCollection : ICollectionFixture<PostgresFixture>
{
    public const string Name = "PostgreSQL";
}
