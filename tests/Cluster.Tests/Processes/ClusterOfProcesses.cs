using System.Security.Cryptography;
using System.Text.Json;
using ShardInit.Cluster.Tests.Support;

namespace ShardInit.Cluster.Tests.Processes;

/// <summary>Silos of one cluster as processes, with one root for all, and the settings of their clients.</summary>
internal sealed class ClusterOfProcesses : IDisposable
{
    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true };

    private readonly string? _connection;
    private readonly TestCertificates? _certificates;
    private readonly double _drainSeconds;
    private readonly string _name = $"test-{Guid.NewGuid():N}";
    private readonly List<(int Silo, int Gateway, int Health)> _ports = [];
    private readonly Dictionary<string, object> _extra;
    private readonly Dictionary<string, string> _roots;
    private TestCertificates.Pair? _own;

    /// <param name="connection">PostgreSQL; null for localhost, where the first silo keeps the membership.</param>
    /// <param name="isBetween">As of <see cref="TestCertificates"/>.</param>
    /// <param name="roots">Further roots beside <c>main</c>: name and directory.</param>
    public ClusterOfProcesses(string? connection = null, bool tls = false, double drainSeconds = 60, Dictionary<string, object>? extra = null, Dictionary<string, string>? roots = null, bool isBetween = false)
    {
        (_connection, _drainSeconds, _extra, _roots) = (connection, drainSeconds, extra ?? [], roots ?? []);
        Folder = Directory.CreateTempSubdirectory("shardinit-cluster-").FullName;
        Root = Directory.CreateDirectory(Path.Combine(Folder, "root")).FullName;
        if (tls) _certificates = new TestCertificates(Path.Combine(Folder, "certificates"), isBetween);
    }

    public string Folder { get; }

    /// <summary>The directory behind the root <c>main</c>.</summary>
    public string Root { get; }

    public List<SiloProcess?> Silos { get; } = [];

    public TestCertificates Certificates => _certificates!;

    public bool HasCertificates => _certificates is not null;

    public static async Task<ClusterOfProcesses> Start(int silos, string? connection = null, bool tls = false, double drainSeconds = 60, Dictionary<string, object>? extra = null,
        Dictionary<string, string>? roots = null, bool isBetween = false)
    {
        ClusterOfProcesses cluster = new(connection, tls, drainSeconds, extra, roots, isBetween);
        try
        {
            for (int number = 0; number < silos; number++)
            {
                cluster.Add();
                // With localhost membership the first has to be there before the others.
                if (connection is null && number == 0) await cluster.Silos[0]!.IsUp();
            }
            foreach (SiloProcess? silo in cluster.Silos) await silo!.IsUp();
            return cluster;
        }
        catch
        {
            cluster.Dispose();
            throw;
        }
    }

    /// <summary>One more silo.</summary>
    public SiloProcess Add()
    {
        _ports.Add((FreePorts.Take(), FreePorts.Take(), FreePorts.Take()));
        Silos.Add(null);
        return Start(Silos.Count - 1);
    }

    /// <summary>Starts a silo, or starts it anew.</summary>
    public SiloProcess Start(int number)
    {
        Silos[number]?.Dispose();
        SiloProcess silo = new(WriteSettings(number));
        Silos[number] = silo;
        return silo;
    }

    public int SiloPort(int number) => _ports[number].Silo;

    public int HealthPort(int number) => _ports[number].Health;

    /// <summary>Settings of a client; of a tenant where it has a name or a certificate.</summary>
    public string ClientSettings(string? tenant = null, TestCertificates.Pair? certificate = null)
    {
        Dictionary<string, object> settings = new()
        {
            ["cluster"] = _name, ["service"] = _name, ["gateways"] = _ports.Select(ports => $"127.0.0.1:{ports.Gateway}").ToArray(),
        };
        if (tenant is not null && certificate is null) settings["tenant"] = tenant;
        if (certificate is not null) settings["tls"] = new { certificate = certificate.Certificate, key = certificate.Key, authority = Certificates.Authority, hostName = "localhost" };
        string file = Path.Combine(Folder, $"client-{Guid.NewGuid():N}.json");
        File.WriteAllText(file, JsonSerializer.Serialize(settings, s_json));
        return file;
    }

    public static string Fingerprint(string directory) => string.Join('\n', Directory.EnumerateFiles(directory).Order(StringComparer.Ordinal)
        .Select(path => $"{Path.GetFileName(path)} {Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)))}"));

    public string At(string output) => Path.Combine(Root, output["main/".Length..]);

    public int FilesOf(string output) => Directory.Exists(At(output)) ? Directory.EnumerateFiles(At(output), "*.arrow").Count(path => !Path.GetFileName(path).StartsWith('.')) : 0;

    public Task HasFiles(string output, int count) => Eventually.IsAsync(() => FilesOf(output) >= count, $"{count} files are in {output}");

    public void Dispose()
    {
        foreach (SiloProcess? silo in Silos) silo?.Dispose();
        _certificates?.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    private string WriteSettings(int number)
    {
        (int silo, int gateway, int health) = _ports[number];
        Dictionary<string, object> settings = new()
        {
            ["cluster"] = _name, ["service"] = _name,
            ["membership"] = _connection is null ? new { kind = "localhost" } : new { kind = "postgresql", connectionString = _connection },
            ["endpoint"] = _connection is null
                ? new { host = "127.0.0.1", siloPort = silo, gatewayPort = gateway, primaryPort = _ports[0].Silo }
                : new { host = "127.0.0.1", siloPort = silo, gatewayPort = gateway },
            ["roots"] = _roots.Append(new("main", Root)).ToDictionary(root => root.Key, root => new { directory = root.Value }),
            ["worker"] = new { threads = 1 },
            ["health"] = new { port = health },
            ["drainSeconds"] = _drainSeconds,
        };
        if (_certificates is not null)
        {
            // One for all silos: their secret is derived from its key.
            TestCertificates.Pair own = _own ??= _certificates.Silo();
            settings["tls"] = new { certificate = own.Certificate, key = own.Key, authority = _certificates.Authority, hostName = "localhost" };
        }
        foreach ((string key, object value) in _extra) settings[key] = value;
        string file = Path.Combine(Folder, $"silo{number}.json");
        File.WriteAllText(file, JsonSerializer.Serialize(settings, s_json));
        return file;
    }
}
