using ShardInit.Errors;

namespace ShardInit.Grains.Client;

/// <summary>
/// How a client reaches a cluster. Made in code, or read from a JSON file whose keys are the names of the members in camelCase: <see cref="Load"/>.
/// <code>
/// {"gateways": ["silos.example.org:30000"], "tls": {"certificate": "me.pem", "key": "me.key", "authority": "authority.pem"}}
/// </code>
/// </summary>
public sealed record ClusterSettings
{
    /// <summary>Where a silo without settings listens.</summary>
    public const string DefaultGateway = "127.0.0.1:30000";

    /// <summary>What silos take for a tenant.</summary>
    internal static readonly string TenantForm = $"1 to {SessionPolicy.MaxNameLength} letters, digits, '.', '_' or '-'";

    /// <summary>As in the settings of the silos.</summary>
    public string Cluster { get; init; } = "shardinit";

    /// <summary>As in the settings of the silos.</summary>
    public string Service { get; init; } = "shardinit";

    /// <summary>Silos to connect to, each <c>HOST:PORT</c>; a name that has several addresses stands for all of them. Not beside <see cref="Membership"/>.</summary>
    public IReadOnlyList<string> Gateways { get; init; } = [DefaultGateway];

    /// <summary>Where the silos list themselves, in place of <see cref="Gateways"/>; null: the gateways are named.</summary>
    public ClusterMembership? Membership { get; init; }

    /// <summary>Certificates; null: without TLS, which is refused off loopback unless <see cref="Insecure"/>.</summary>
    public ClusterTls? Tls { get; init; }

    /// <summary>Connect off loopback without TLS: anybody on the way can read and change what is sent.</summary>
    public bool Insecure { get; init; }

    /// <summary>Who one claims to be where the cluster runs without certificates; with them the certificate says it.</summary>
    public string? Tenant { get; init; }

    /// <summary>Reads a settings file. Paths in it count from its own folder.</summary>
    /// <exception cref="PlanException">Unknown or missing keys, values of a wrong kind: all of them at once, each with its line.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static ClusterSettings Load(string path) => ClusterSettingsReader.Read(path, File.ReadAllBytes(path));
}

/// <summary>The membership table of the silos.</summary>
public sealed record ClusterMembership
{
    /// <summary>The only kind that clients can read: ADO.NET on PostgreSQL.</summary>
    public const string PostgreSql = "postgresql";

    /// <summary><c>postgresql</c>.</summary>
    public string Kind { get; init; } = PostgreSql;

    /// <summary>In the form of Npgsql.</summary>
    public string? ConnectionString { get; init; }

    /// <summary>A file that holds the connection string, in its place: for mounted secrets.</summary>
    public string? ConnectionStringFile { get; init; }
}

/// <summary>Certificates of a client.</summary>
public sealed record ClusterTls
{
    /// <summary>PEM (certificate, then chain) or PKCS#12 without a password; names the tenant.</summary>
    public required string Certificate { get; init; }

    /// <summary>PEM private key; null where <see cref="Certificate"/> holds it.</summary>
    public string? Key { get; init; }

    /// <summary>PEM certificates of the authorities that sign silos; no other authority counts, those of the system neither.</summary>
    public required string Authority { get; init; }

    /// <summary>Name in the certificates of silos; null: the host that is connected to.</summary>
    public string? HostName { get; init; }
}
