using Npgsql;

namespace ShardInit.Silo.Postgres;

/// <summary>The database of a cluster cannot be used as it is: not there, not allowed, or with tables that are not ours. The message is one line for people and holds no password.</summary>
public sealed class DatabaseException : IOException
{
    public DatabaseException(string message) : base(message) { }

    public DatabaseException(string message, Exception cause) : base(message, cause) { }

    /// <summary>The server may just be starting, or be away for a while: worth another try.</summary>
    public bool IsPassing => InnerException is PostgresException { IsTransient: true } or (not null and not PostgresException);
}
