namespace ShardInit.Silo.Postgres;

/// <summary>The database of a cluster cannot be used as it is: not there, not allowed, or with tables that are not ours. The message is one line for people and holds no password.</summary>
public sealed class DatabaseException : IOException
{
    public DatabaseException(string message) : base(message) { }

    public DatabaseException(string message, Exception cause) : base(message, cause) { }
}
