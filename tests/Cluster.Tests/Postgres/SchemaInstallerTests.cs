using System.Reflection;
using Npgsql;
using Orleans.Runtime.MembershipService;
using Orleans.Configuration;
using ShardInit.Cluster.Tests.Support;
using ShardInit.Errors;
using ShardInit.Silo.Postgres;
using static ShardInit.Cluster.Tests.Support.PostgresServer;

namespace ShardInit.Cluster.Tests.Postgres;

/// <summary>The tables come to be once, whoever asks and however many, and what stands in the way is said without the password.</summary>
[Collection(PostgresCollection.Name)]
public sealed class SchemaInstallerTests(PostgresFixture fixture)
{
    private const string Tables = "SELECT count(*)::integer FROM pg_class WHERE relnamespace = 'public'::regnamespace";

    [SkippableFact]
    public async Task Eight_may_install_at_once()
    {
        for (int round = 0; round < 5; round++)
        {
            string database = await fixture.Server.CreateDatabaseAsync();
            await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => SchemaInstaller.EnsureAsync(database, create: true, default))));
            Assert.Equal(SchemaInstaller.Version, await AskAsync<int>(database, "SELECT version FROM shardinit_schema"));
        }
    }

    [SkippableFact]
    public async Task Again_changes_nothing()
    {
        string database = await fixture.Server.CreateDatabaseAsync();
        await SchemaInstaller.EnsureAsync(database, create: true, default);
        const string State = "SELECT (SELECT installed::text FROM shardinit_schema) || (SELECT string_agg(xmin::text || QueryKey, ',' ORDER BY QueryKey) FROM OrleansQuery)";
        string before = await AskAsync<string>(database, State);
        await SchemaInstaller.EnsureAsync(database, create: true, default);
        await SchemaInstaller.EnsureAsync(database, create: false, default);
        Assert.Equal(before, await AskAsync<string>(database, State));
    }

    /// <summary>The providers ask for queries by the names of hidden properties, and for five by name: what they ask for is there, and nothing that nobody asks for.</summary>
    [SkippableFact]
    public async Task Its_queries_are_those_that_the_providers_ask_for()
    {
        string database = await fixture.Server.CreateDatabaseAsync();
        await SchemaInstaller.EnsureAsync(database, create: true, default);
        string[] wanted =
        [
            .. Keys(typeof(AdoNetClusteringTable), "Orleans.Clustering.AdoNet.Storage.DbStoredQueries"),
            .. Keys(typeof(AdoNetReminderTableOptions), "Orleans.Reminders.AdoNet.Storage.DbStoredQueries"),
            "CleanupDefunctSiloEntryKey", "ReadFromStorageKey", "WriteToStorageKey", "ClearStorageKey", "DeleteStorageKey",
        ];
        string found = await AskAsync<string>(database, "SELECT string_agg(QueryKey, ',') FROM OrleansQuery");
        Assert.Equal(wanted.Order(StringComparer.Ordinal), found.Split(',').Order(StringComparer.Ordinal));

        static IEnumerable<string> Keys(Type neighbour, string name) =>
            neighbour.Assembly.GetType(name, throwOnError: true)!.GetProperties(BindingFlags.Instance | BindingFlags.NonPublic).Select(property => property.Name);
    }

    [SkippableFact]
    public async Task Without_leave_to_create_missing_tables_are_an_error()
    {
        string database = await fixture.Server.CreateDatabaseAsync();
        await RefusedAsync(database, create: false, "found none; set membership.createSchema to true");
        Assert.Equal(0, await AskAsync<int>(database, Tables));
    }

    [SkippableFact]
    public async Task A_newer_schema_is_refused()
    {
        string database = await fixture.Server.CreateDatabaseAsync();
        await SchemaInstaller.EnsureAsync(database, create: true, default);
        await ExecuteAsync(database, "UPDATE shardinit_schema SET version = version + 1");
        await RefusedAsync(database, create: true, $"expected schema version {SchemaInstaller.Version}, found {SchemaInstaller.Version + 1}; run the release");
        await ExecuteAsync(database, "DELETE FROM shardinit_schema");
        await RefusedAsync(database, create: true, "expected a row in the table shardinit_schema");
    }

    [SkippableFact]
    public async Task The_tables_of_another_program_are_left_alone()
    {
        string database = await fixture.Server.CreateDatabaseAsync();
        await ExecuteAsync(database, "CREATE TABLE OrleansQuery (QueryKey varchar(64) PRIMARY KEY, QueryText varchar(8000))");
        int before = await AskAsync<int>(database, Tables);
        await RefusedAsync(database, create: true, "the Orleans tables of another program");
        Assert.Equal(before, await AskAsync<int>(database, Tables));
        // A schema of our own beside it is one of the two ways that the message names.
        await ExecuteAsync(database, "CREATE SCHEMA own");
        await SchemaInstaller.EnsureAsync(database + ";Search Path=own", create: true, default);
    }

    [SkippableFact]
    public async Task Whoever_gives_up_waiting_leaves_nothing()
    {
        string database = await fixture.Server.CreateDatabaseAsync();
        await using NpgsqlConnection holder = new(database);
        await holder.OpenAsync();
        await using (NpgsqlCommand hold = new($"SELECT pg_advisory_lock({0x7368617264696E69})", holder)) await hold.ExecuteNonQueryAsync();
        using CancellationTokenSource stop = new();
        Task waiting = SchemaInstaller.EnsureAsync(database, create: true, stop.Token);
        await Eventually.IsAsync(async () => await AskAsync<bool>(database, "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)"), "it waits for the lock");
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Equal(0, await AskAsync<int>(database, Tables));
        await using (NpgsqlCommand release = new("SELECT pg_advisory_unlock_all()", holder)) await release.ExecuteNonQueryAsync();
        await SchemaInstaller.EnsureAsync(database, create: true, default);
    }

    [SkippableFact]
    public async Task A_server_that_is_not_there_is_named()
    {
        NpgsqlConnectionStringBuilder nowhere = new(fixture.Server.ConnectionString("test")) { Port = FreePorts.Take() };
        await RefusedAsync(nowhere.ConnectionString, create: true, $"database 'test' at 127.0.0.1:{nowhere.Port}: expected a PostgreSQL server that answers within 15 s, found '");
    }

    [SkippableFact]
    public async Task A_server_that_refuses_is_quoted()
    {
        NpgsqlConnectionStringBuilder target = new(await fixture.Server.CreateDatabaseAsync());
        await RefusedAsync(new NpgsqlConnectionStringBuilder(target.ConnectionString) { Password = "certainly-wrong" }.ConnectionString, create: true, "expected to be let in as 'tester'");
        await RefusedAsync(new NpgsqlConnectionStringBuilder(target.ConnectionString) { Database = "nosuch" }.ConnectionString, create: true, "expected the database, which has to be made by its administrator");
    }

    [SkippableFact]
    public async Task Missing_rights_are_named()
    {
        string database = await fixture.Server.CreateDatabaseAsync();
        await ExecuteAsync(database, "CREATE ROLE reader LOGIN PASSWORD 'reads-only'; REVOKE CREATE ON SCHEMA public FROM PUBLIC");
        string reader = new NpgsqlConnectionStringBuilder(database) { Username = "reader", Password = "reads-only" }.ConnectionString;
        await RefusedAsync(reader, create: true, "expected 'reader' to have the rights to make and use our tables");
        await SchemaInstaller.EnsureAsync(database, create: true, default);
        await RefusedAsync(reader, create: true, "expected 'reader' to have the rights to make and use our tables");
    }

    [SkippableFact]
    public async Task A_database_that_cannot_hold_every_name_is_refused()
    {
        string database = await fixture.Server.CreateDatabaseAsync("ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
        await RefusedAsync(database, create: true, "expected a database in UTF8, found LATIN1");
    }

    [Theory]
    [InlineData("")]
    [InlineData("Host=db;secret")]
    [InlineData("Host=db;Pasword=secret")]
    [InlineData("Host=db;Port=secret")]
    [InlineData("Database=x;Password=secret")]
    public async Task What_is_no_connection_string_is_refused_without_repeating_it(string text)
    {
        PlanException exception = await Assert.ThrowsAsync<PlanException>(() => SchemaInstaller.EnsureAsync(text, create: true, default));
        Assert.StartsWith("membership.connectionString: expected", exception.Message);
        Assert.DoesNotContain("secret", exception.ToString());
    }

    private static async Task RefusedAsync(string connectionString, bool create, string because)
    {
        DatabaseException exception = await Assert.ThrowsAsync<DatabaseException>(() => SchemaInstaller.EnsureAsync(connectionString, create, default));
        Assert.Contains(because, exception.Message);
        Assert.DoesNotContain('\n', exception.Message);
        Assert.DoesNotContain(new NpgsqlConnectionStringBuilder(connectionString).Password!, exception.ToString());
    }
}
