using System.Diagnostics;
using System.Security.Cryptography;
using Npgsql;

namespace ShardInit.Cluster.Tests.Support;

/// <summary>
/// A PostgreSQL server of one test run, on a free port of 127.0.0.1, in a temporary folder that goes with it; with a password, and without flushing to disk. It ends with the process that started it,
/// however that ends: a shell holds the other end of a pipe. Debian's programs are enough (apt-get install postgresql); the system's own server is not touched.
/// </summary>
public sealed class PostgresServer : IDisposable
{
    /// <summary>Reads until the pipe breaks or says so, then stops the server at once and removes its folder.</summary>
    private const string Keeper = """
        "$0/postgres" -D "$1/data" -p "$2" -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=300 -c logging_collector=off </dev/null &
        server=$!
        trap '' INT TERM
        read -r line
        kill -QUIT "$server" 2>/dev/null
        wait "$server"
        rm -rf "$1"
        """;

    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(3);

    private readonly Process _process;
    private readonly string _password;
    private int _databases;

    private PostgresServer(Process process, string folder, int port, string password) => (_process, ProcessId, Folder, Port, _password) = (process, process.Id, folder, port, password);

    public int Port { get; }

    /// <summary>What it keeps; gone when it is.</summary>
    public string Folder { get; }

    /// <summary>Of the shell that keeps it.</summary>
    public int ProcessId { get; }

    /// <summary>Why there can be none here; null when there can.</summary>
    public static string? Missing { get; } = !OperatingSystem.IsLinux() ? "a private PostgreSQL is started on Linux only"
        : Programs() is null ? "no PostgreSQL in /usr/lib/postgresql: apt-get install postgresql"
        : Environment.IsPrivilegedProcess && AsUser() is null ? "PostgreSQL does not run as root, and there is no setpriv to change to another user"
        : null;

    public static PostgresServer Start()
    {
        if (Missing is { } reason) throw new InvalidOperationException(reason);
        string programs = Programs()!;
        string folder = Directory.CreateTempSubdirectory("shardinit-postgres-").FullName;
        string password = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        File.WriteAllText(Path.Combine(folder, "password"), password);
        if (Environment.IsPrivilegedProcess) RunToEnd("chown", ["-R", AsUser()!.Value.Name, folder]);
        Run([Path.Combine(programs, "initdb"), "-D", Path.Combine(folder, "data"), "-U", "tester", "-A", "scram-sha-256", "--pwfile", Path.Combine(folder, "password"), "-E", "UTF8", "--locale=C", "--no-sync"]);
        int port = FreePorts.Take();
        Process process = Begin(["/bin/sh", "-c", Keeper, programs, folder, $"{port}"]);
        PostgresServer server = new(process, folder, port, password);
        List<string> said = [];
        using ManualResetEventSlim ready = new();
        process.ErrorDataReceived += (_, line) =>
        {
            lock (said) said.Add(line.Data ?? "");
            // The end of its output as well: then it did not come up.
            if (line.Data is null || line.Data.Contains("ready to accept connections", StringComparison.Ordinal)) ready.Set();
        };
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        if (ready.Wait(s_limit) && !process.HasExited) return server;
        server.Dispose();
        lock (said) throw new InvalidOperationException($"PostgreSQL did not start: {string.Join('\n', said)}");
    }

    /// <summary>In the form of Npgsql.</summary>
    public string ConnectionString(string database) => $"Host=127.0.0.1;Port={Port};Database={database};Username=tester;Password={_password};Include Error Detail=true";

    /// <summary>Makes an empty database and returns its connection string.</summary>
    public async Task<string> CreateDatabaseAsync(string options = "")
    {
        string name = $"test{Interlocked.Increment(ref _databases)}";
        await ExecuteAsync(ConnectionString("postgres"), $"CREATE DATABASE {name} {options}");
        return ConnectionString(name);
    }

    /// <summary>Ends all connections to a database and takes no new ones.</summary>
    public async Task CloseAsync(string connectionString)
    {
        string name = new NpgsqlConnectionStringBuilder(connectionString).Database!;
        await ExecuteAsync(ConnectionString("postgres"), $"ALTER DATABASE {name} ALLOW_CONNECTIONS false");
        await ExecuteAsync(ConnectionString("postgres"), $"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
    }

    public Task OpenAsync(string connectionString) => ExecuteAsync(ConnectionString("postgres"), $"ALTER DATABASE {new NpgsqlConnectionStringBuilder(connectionString).Database} ALLOW_CONNECTIONS true");

    public static async Task ExecuteAsync(string connectionString, string sql)
    {
        await using NpgsqlConnection connection = new(connectionString);
        await connection.OpenAsync();
        await using NpgsqlCommand command = new(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    public static async Task<T> AskAsync<T>(string connectionString, string sql)
    {
        await using NpgsqlConnection connection = new(connectionString);
        await connection.OpenAsync();
        await using NpgsqlCommand command = new(sql, connection);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public void Dispose()
    {
        NpgsqlConnection.ClearAllPools();
        _process.StandardInput.Close();
        if (!_process.WaitForExit(s_limit)) _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    /// <summary>Folder of the programs of the newest release that is installed.</summary>
    private static string? Programs() => (Directory.Exists("/usr/lib/postgresql") ? Directory.EnumerateDirectories("/usr/lib/postgresql") : [])
        .Where(folder => File.Exists(Path.Combine(folder, "bin", "initdb")) && int.TryParse(Path.GetFileName(folder), out _))
        .OrderBy(folder => int.Parse(Path.GetFileName(folder)))
        .Select(folder => Path.Combine(folder, "bin")).LastOrDefault();

    /// <summary>Whom PostgreSQL runs as where the tests run as root, which it refuses.</summary>
    private static (string Name, string[] Prefix)? AsUser()
    {
        string? setpriv = new[] { "/usr/bin/setpriv", "/bin/setpriv" }.FirstOrDefault(File.Exists);
        if (setpriv is null) return null;
        string[] users = [.. File.ReadLines("/etc/passwd").Select(line => line.Split(':')[0])];
        string? name = new[] { "postgres", "nobody" }.FirstOrDefault(users.Contains);
        return name is null ? null : (name, [setpriv, "--reuid", name, "--regid", File.ReadLines("/etc/passwd").First(line => line.StartsWith(name + ":", StringComparison.Ordinal)).Split(':')[3], "--clear-groups"]);
    }

    private static void Run(string[] words)
    {
        string[] all = [.. Environment.IsPrivilegedProcess ? AsUser()!.Value.Prefix : [], .. words];
        RunToEnd(all[0], all[1..]);
    }

    private static void RunToEnd(string file, string[] arguments)
    {
        using Process process = Process.Start(Description(file, arguments))!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{file} failed with {process.ExitCode}: {output}{error.Result}");
    }

    private static Process Begin(string[] words)
    {
        string[] all = [.. Environment.IsPrivilegedProcess ? AsUser()!.Value.Prefix : [], .. words];
        return Process.Start(Description(all[0], all[1..]))!;
    }

    // The working directory of the tests may be closed to the other user.
    private static ProcessStartInfo Description(string file, string[] arguments) =>
        new(file, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" };
}
