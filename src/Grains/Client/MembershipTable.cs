using Npgsql;
using ShardInit.Errors;

namespace ShardInit.Grains.Client;

/// <summary>How a client reaches the table in which silos list themselves.</summary>
internal static class MembershipTable
{
    /// <summary>Less than an attempt to connect may last: otherwise a database that does not answer would never be named as the cause.</summary>
    private const int LongestConnectSeconds = 5;

    /// <summary>For Npgsql.</summary>
    /// <exception cref="PlanException">The text is no connection string, or its file cannot be read. The message quotes neither: both may hold a password.</exception>
    public static string ConnectionString(ClusterMembership membership)
    {
        string setting = membership.ConnectionString is null ? "membership.connectionStringFile" : "membership.connectionString";
        string text = membership.ConnectionString ?? SettingsFile.Read(setting, membership.ConnectionStringFile!, File.ReadAllText).Trim();
        try
        {
            NpgsqlConnectionStringBuilder builder = new(text);
            if (string.IsNullOrEmpty(builder.Host)) throw new PlanException($"{setting}: expected Host=..., found none");
            if (builder.Timeout is 0 or > LongestConnectSeconds) builder.Timeout = LongestConnectSeconds;
            return builder.ConnectionString;
        }
        catch (Exception error) when (error is ArgumentException or FormatException or InvalidCastException or OverflowException or NotSupportedException)
        {
            throw new PlanException($"{setting}: expected the form 'Host=db;Port=5432;Database=shardinit;Username=shardinit;Password=...', found something that Npgsql does not take");
        }
    }
}
