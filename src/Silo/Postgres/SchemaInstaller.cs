using System.Net.Sockets;
using System.Reflection;
using Npgsql;
using ShardInit.Errors;

namespace ShardInit.Silo.Postgres;

/// <summary>
/// Sees to the tables that membership, grain state and reminders need (schema.sql). Any number of silos may start at once on an empty database: one of them creates, the others wait for it and find
/// everything there. The whole schema is one transaction, so a silo that dies in the middle leaves nothing.
/// </summary>
public static class SchemaInstaller
{
    /// <summary>Version of schema.sql. A release with another one brings the steps from each older version; an older release refuses a newer database.</summary>
    public const int Version = 1;

    /// <summary>Key of the advisory lock under which tables are created: "shardini" in ASCII.</summary>
    private const long CreationLock = 0x7368617264696E69;

    /// <summary>Returns when the tables are there in our version.</summary>
    /// <param name="connectionString">In the form of Npgsql. Tables are made in the first schema of its search path.</param>
    /// <param name="create">Create them where there are none; otherwise that is an error.</param>
    /// <param name="stop">Ends the wait for the server, or for another silo that creates.</param>
    /// <exception cref="PlanException">The text is no connection string, or names no host.</exception>
    /// <exception cref="DatabaseException">The server cannot be reached, refuses, or holds tables that are missing, of another program or of a newer release.</exception>
    public static async Task EnsureAsync(string connectionString, bool create, CancellationToken stop)
    {
        NpgsqlConnectionStringBuilder target = Parse(connectionString);
        // A connection of its own: one of the pool might come from a server that has since lost its database.
        target.Pooling = false;
        string place = Place(target);
        try
        {
            await using NpgsqlConnection connection = new(target.ConnectionString);
            await connection.OpenAsync(stop).ConfigureAwait(false);
            if (await IsInstalledAsync(connection, place, stop).ConfigureAwait(false)) return;
            if (!create)
            {
                throw new DatabaseException($"{place}: expected the tables of schema version {Version}, found none; set membership.createSchema to true, once with an account that may create tables");
            }
            await CreateAsync(connection, place, stop).ConfigureAwait(false);
        }
        catch (PostgresException exception)
        {
            throw new DatabaseException($"{place}: {Refusal(exception, target)}, found '{exception.MessageText}' ({exception.SqlState})", exception);
        }
        catch (Exception exception) when (exception is NpgsqlException or SocketException or TimeoutException)
        {
            throw new DatabaseException($"{place}: expected a PostgreSQL server that answers within {target.Timeout} s, found '{Cause(exception)}'; see whether it runs there, whether this machine may reach it, and membership.connectionString", exception);
        }
    }

    private static async Task CreateAsync(NpgsqlConnection connection, string place, CancellationToken stop)
    {
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(stop).ConfigureAwait(false);
        // Held to the end of the transaction. Whoever waited here looks again: the tables are there by then.
        await ExecuteAsync(connection, $"SELECT pg_advisory_xact_lock({CreationLock})", stop).ConfigureAwait(false);
        if (await IsInstalledAsync(connection, place, stop).ConfigureAwait(false)) return;
        await ExecuteAsync(connection, ReadSchema(), stop).ConfigureAwait(false);
        await transaction.CommitAsync(stop).ConfigureAwait(false);
    }

    private static async Task<bool> IsInstalledAsync(NpgsqlConnection connection, string place, CancellationToken stop)
    {
        // Not to_regclass, which may answer from what this session remembers of before it waited.
        const string Look = """
            SELECT coalesce(bool_or(relname = 'shardinit_schema'), false), coalesce(bool_or(relname = 'orleansquery'), false), current_setting('server_encoding'), current_setting('server_version_num')::integer
            FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE nspname = ANY (current_schemas(false))
            """;
        bool ours, queries;
        await using (NpgsqlCommand command = new(Look, connection))
        await using (NpgsqlDataReader reader = await command.ExecuteReaderAsync(stop).ConfigureAwait(false))
        {
            await reader.ReadAsync(stop).ConfigureAwait(false);
            (ours, queries) = (reader.GetBoolean(0), reader.GetBoolean(1));
            if (reader.GetInt32(3) < 120000) throw new DatabaseException($"{place}: expected PostgreSQL 12 or later, found {reader.GetInt32(3) / 10000}");
            if (reader.GetString(2) != "UTF8") throw new DatabaseException($"{place}: expected a database in UTF8, found {reader.GetString(2)}; create it with ENCODING 'UTF8'");
        }
        if (!ours && queries)
        {
            throw new DatabaseException($"{place}: expected tables of ShardInit or none, found the Orleans tables of another program; use a database of our own, or another schema by 'Search Path' in the connection string");
        }
        if (!ours) return false;
        await using NpgsqlCommand version = new("SELECT version FROM shardinit_schema", connection);
        return await version.ExecuteScalarAsync(stop).ConfigureAwait(false) switch
        {
            Version => true,
            int newer and > Version => throw new DatabaseException($"{place}: expected schema version {Version}, found {newer}; run the release of ShardInit that made it, or a later one"),
            object other => throw new DatabaseException($"{place}: expected schema version {Version}, found {other}, which no release has made; use an empty database"),
            null => throw new DatabaseException($"{place}: expected a row in the table shardinit_schema, found none; use an empty database"),
        };
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken stop)
    {
        await using NpgsqlCommand command = new(sql, connection);
        await command.ExecuteNonQueryAsync(stop).ConfigureAwait(false);
    }

    private static string ReadSchema()
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("ShardInit.Silo.Postgres.schema.sql")!;
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }

    /// <exception cref="PlanException">The text is no connection string, or names no host.</exception>
    internal static NpgsqlConnectionStringBuilder Parse(string connectionString)
    {
        NpgsqlConnectionStringBuilder builder;
        try
        {
            builder = new NpgsqlConnectionStringBuilder(connectionString);
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or InvalidCastException or OverflowException or NotSupportedException)
        {
            // Neither the text nor the cause is shown: where a semicolon is missing or a quote is open, either may quote the password.
            throw new PlanException("membership.connectionString: expected the form 'Host=db;Port=5432;Database=shardinit;Username=shardinit;Password=...', found something that Npgsql does not take");
        }
        return string.IsNullOrEmpty(builder.Host) ? throw new PlanException("membership.connectionString: expected Host=..., found none") : builder;
    }

    private static string Place(NpgsqlConnectionStringBuilder target) => $"database '{target.Database ?? target.Username}' at {target.Host}:{target.Port}";

    private static string Refusal(PostgresException exception, NpgsqlConnectionStringBuilder target) => exception.SqlState switch
    {
        PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification => $"expected to be let in as '{target.Username}'",
        PostgresErrorCodes.InvalidCatalogName => "expected the database, which has to be made by its administrator",
        PostgresErrorCodes.InsufficientPrivilege => $"expected '{target.Username}' to have the rights to make and use our tables",
        PostgresErrorCodes.InvalidSchemaName => "expected a schema to make our tables in",
        _ => "expected to find or make our tables",
    };

    /// <summary>Npgsql wraps what the system said; the innermost message is the one that helps.</summary>
    private static string Cause(Exception exception)
    {
        while (exception.InnerException is { } inner) exception = inner;
        return exception.Message.ReplaceLineEndings(" ");
    }
}
