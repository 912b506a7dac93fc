namespace ShardInit.Silo;

/// <summary>Settings of one silo, as its JSON file says them (keys in camelCase); <c>SHARDINIT_SILO__...</c> variables override single ones, for instance <c>SHARDINIT_SILO__MEMBERSHIP__CONNECTIONSTRING</c>.</summary>
public sealed record SiloSettings
{
    /// <summary>Silos of one cluster name find each other.</summary>
    public string Cluster { get; init; } = "shardinit";

    /// <summary>Names what is stored; stays the same over deployments.</summary>
    public string Service { get; init; } = "shardinit";

    public MembershipSettings Membership { get; init; } = new();

    public EndpointSettings Endpoint { get; init; } = new();

    /// <summary>By name, as clients say them: where jobs may write.</summary>
    public Dictionary<string, RootSettings> Roots { get; init; } = [];

    /// <summary>By name; tenants that are not named have weight 1.</summary>
    public Dictionary<string, TenantSettings> Tenants { get; init; } = [];

    public LimitSettings Limits { get; init; } = new();

    public WorkerSettings Worker { get; init; } = new();

    /// <summary>Null: without TLS, which is refused off loopback unless <see cref="Insecure"/>.</summary>
    public TlsSettings? Tls { get; init; }

    /// <summary>Run without TLS off loopback: anybody who reaches the ports may write to every root.</summary>
    public bool Insecure { get; init; }

    /// <summary>A file with a secret that silos share and clients do not know; needed with TLS where silos have different certificates. Default: derived from the key of the certificate.</summary>
    public string? SecretFile { get; init; }

    public HealthSettings Health { get; init; } = new();

    /// <summary>OTLP endpoint for metrics, for instance <c>http://collector:4317</c>; null: none.</summary>
    public string? Otlp { get; init; }

    /// <summary><c>grpc</c>, mostly port 4317, or <c>http/protobuf</c>, mostly port 4318: there <see cref="Otlp"/> is the whole address, mostly with the path <c>/v1/metrics</c>.</summary>
    public string OtlpProtocol { get; init; } = "grpc";

    /// <summary>How long a silo that is told to stop goes on with the shards that it has begun, in seconds; the rest is given back at once.</summary>
    public double DrainSeconds { get; init; } = 100;
}

/// <summary>How silos find each other, and where grain state and reminders are kept.</summary>
public sealed record MembershipSettings
{
    /// <summary><c>localhost</c>: silos of one machine, state in memory, lost when the last silo ends; <c>postgresql</c>: ADO.NET.</summary>
    public string Kind { get; init; } = "localhost";

    /// <summary>For postgresql, in the form of Npgsql.</summary>
    public string? ConnectionString { get; init; }

    /// <summary>A file that holds the connection string: for mounted secrets.</summary>
    public string? ConnectionStringFile { get; init; }

    /// <summary>Create the tables when they are missing.</summary>
    public bool CreateSchema { get; init; } = true;
}

public sealed record EndpointSettings
{
    /// <summary>The address that other silos and clients reach this one at: an address or a host name.</summary>
    public string Host { get; init; } = "127.0.0.1";
    public int SiloPort { get; init; } = 11111;
    public int GatewayPort { get; init; } = 30000;
    /// <summary>For localhost membership: the silo port of the first silo; default this one's.</summary>
    public int? PrimaryPort { get; init; }
    /// <summary>Listen on all addresses, not only on <see cref="Host"/>.</summary>
    public bool ListenOnAll { get; init; }
}

public sealed record RootSettings
{
    /// <summary>Absolute path on this silo.</summary>
    public string Directory { get; init; } = "";
    /// <summary>Octal mode of directories that are created.</summary>
    public string Mode { get; init; } = "0775";
    /// <summary>Group number of directories that are created; null: as the file system does.</summary>
    public uint? Group { get; init; }
    /// <summary>Tenants that may write here; empty: all.</summary>
    public List<string> Tenants { get; init; } = [];
}

public sealed record TenantSettings
{
    /// <summary>Share of the bandwidth relative to other tenants.</summary>
    public double Weight { get; init; } = 1;
}

public sealed record LimitSettings
{
    /// <summary>Value bytes leased to one worker at a time, as a size.</summary>
    public string BytesPerWorker { get; init; } = "16GiB";
    /// <summary>Value bytes leased to the jobs of one tenant at a time, as a size; null: no limit.</summary>
    public string? BytesPerTenant { get; init; }
}

public sealed record WorkerSettings
{
    /// <summary>false: this silo schedules and takes clients, but writes nothing.</summary>
    public bool Enabled { get; init; } = true;
    /// <summary>0: all cores but one, at least one.</summary>
    public int Threads { get; init; }
    public string Lanes { get; init; } = "auto";
}

/// <summary>Certificates of a silo.</summary>
public sealed record TlsSettings
{
    /// <summary>PEM (certificate and chain) or PKCS#12.</summary>
    public string Certificate { get; init; } = "";
    /// <summary>PEM private key; null where <see cref="Certificate"/> holds it.</summary>
    public string? Key { get; init; }
    /// <summary>PEM certificates of the authorities that sign silos and clients.</summary>
    public string Authority { get; init; } = "";
    /// <summary>Name in the certificates of silos; default: the host that is connected to.</summary>
    public string? HostName { get; init; }
}

public sealed record HealthSettings
{
    /// <summary>HTTP port of <c>/health/live</c> and <c>/health/ready</c>; 0: none.</summary>
    public int Port { get; init; }
    /// <summary>Address to listen on: <c>+</c> for all.</summary>
    public string Host { get; init; } = "127.0.0.1";
}
