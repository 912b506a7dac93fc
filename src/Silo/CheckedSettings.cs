using System.Globalization;
using System.Net;
using ShardInit.Cluster;
using ShardInit.Engine;
using ShardInit.Errors;
using ShardInit.Silo.Postgres;

namespace ShardInit.Silo;

/// <summary>Settings that make sense, as the classes of a silo want them. All problems are told at once, before anything starts.</summary>
internal sealed record CheckedSettings(
    SiloSettings Settings, OutputRoots Roots, ClusterOptions Cluster, Certificates? Certificates, string? ConnectionString, byte[]? Secret, int Threads, LaneChoice Lanes, IPAddress Address)
{
    public bool IsPostgres => Settings.Membership.Kind == "postgresql";

    /// <exception cref="PlanException">What is wrong, each problem one line.</exception>
    public static CheckedSettings Of(SiloSettings settings)
    {
        Problems problems = new();
        if (settings.Cluster.Length == 0 || settings.Service.Length == 0) problems.Add("cluster, service: expected names, found empty ones");
        OutputRoots roots = CheckedRoots.Of(settings, problems);
        ClusterOptions? cluster = Try(() => Options(settings, problems), problems);
        string? connection = Connection(settings.Membership, problems);
        IPAddress address = LookUp(settings.Endpoint, problems);
        CheckedPorts.Check(settings, problems);
        if (!(settings.DrainSeconds >= 0 && settings.DrainSeconds <= 86400)) problems.Add($"drainSeconds: expected 0 to 86400, found {settings.DrainSeconds}");
        if (settings.Worker.Threads is < 0 or > 1024) problems.Add($"worker.threads: expected 0 (all cores but one) to 1024, found {settings.Worker.Threads}");
        LaneChoice lanes = LaneChoice.Auto;
        if (settings.Worker.Lanes is not ("auto" or "1" or "128" or "256" or "512")) problems.Add($"worker.lanes: expected auto, 1, 128, 256 or 512, found {Problems.Quote(settings.Worker.Lanes)}");
        else if (settings.Worker.Lanes != "auto") lanes = (LaneChoice)int.Parse(settings.Worker.Lanes, CultureInfo.InvariantCulture);
        if (settings.Otlp is { } otlp && !(Uri.TryCreate(otlp, UriKind.Absolute, out Uri? collector) && collector.Scheme is "http" or "https")) problems.Add($"otlp: expected an address such as http://collector:4317, found {Problems.Quote(otlp)}");
        if (settings.OtlpProtocol is not ("grpc" or "http/protobuf")) problems.Add($"otlpProtocol: expected grpc or http/protobuf, found {Problems.Quote(settings.OtlpProtocol)}");
        bool loopback = IPAddress.IsLoopback(address) && !settings.Endpoint.ListenOnAll;
        if (settings.Tls is null && !settings.Insecure && !loopback)
        {
            problems.Add($"tls: expected certificates, since this silo listens on {(settings.Endpoint.ListenOnAll ? "all addresses" : address)}, found none; set tls.certificate, tls.key and tls.authority, or --insecure to let anybody write who reaches the ports");
        }
        Certificates? certificates = settings.Tls is { } tls ? Try(() => Certificates.Read(tls), problems) : null;
        byte[]? secret = Try(() => ReadSecret(settings, problems), problems);
        problems.ThrowIfAny();
        int threads = settings.Worker.Threads > 0 ? settings.Worker.Threads : Math.Max(1, Environment.ProcessorCount - 1);
        return new CheckedSettings(settings, roots, cluster!, certificates, connection, secret, threads, lanes, address);
    }

    private static ClusterOptions Options(SiloSettings settings, Problems problems)
    {
        foreach ((string name, TenantSettings tenant) in settings.Tenants)
        {
            if (!(tenant.Weight > 0 && double.IsFinite(tenant.Weight))) problems.Add($"tenants.{name}.weight: expected a number above 0, found {tenant.Weight}");
        }
        return new ClusterOptions
        {
            BytesPerWorker = Size("limits.bytesPerWorker", settings.Limits.BytesPerWorker, problems),
            BytesPerTenant = settings.Limits.BytesPerTenant is { } size ? Size("limits.bytesPerTenant", size, problems) : long.MaxValue,
            TenantWeights = settings.Tenants.Where(tenant => tenant.Value.Weight > 0 && double.IsFinite(tenant.Value.Weight)).ToDictionary(tenant => tenant.Key, tenant => tenant.Value.Weight),
        }.Checked();
    }

    private static long Size(string name, string text, Problems problems)
    {
        if (Model.Sizes.TryParse(text, out long bytes) && bytes > 0) return bytes;
        problems.Add($"{name}: expected a size such as 16GiB, found {Problems.Quote(text)}");
        return 1;
    }

    private static string? Connection(MembershipSettings membership, Problems problems)
    {
        switch (membership.Kind)
        {
            case "localhost": return null;
            case "postgresql":
                string? connection = membership.ConnectionString ?? (membership.ConnectionStringFile is { } file ? ReadConnection(file, problems) : "");
                if (connection?.Length == 0) problems.Add("membership.connectionString: expected a connection string of PostgreSQL, found none; set it, or membership.connectionStringFile");
                else if (connection is not null) Try(() => SchemaInstaller.Parse(connection), problems);
                return connection;
            default:
                problems.Add($"membership.kind: expected localhost or postgresql, found {Problems.Quote(membership.Kind)}");
                return null;
        }
    }

    private static string? ReadConnection(string file, Problems problems)
    {
        try
        {
            return File.ReadAllText(file).Trim();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            problems.Add($"membership.connectionStringFile {Problems.Quote(file)}: expected a file with a connection string of PostgreSQL: {error.Message}");
            return null;
        }
    }

    private static IPAddress LookUp(EndpointSettings endpoint, Problems problems)
    {
        if (IPAddress.TryParse(endpoint.Host, out IPAddress? address)) return address;
        try
        {
            IPAddress[] found = Dns.GetHostAddresses(endpoint.Host);
            if (found.Length > 0) return Array.Find(found, other => other.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork) ?? found[0];
        }
        catch (Exception error) when (error is System.Net.Sockets.SocketException or ArgumentException)
        {
            // Told below.
        }
        problems.Add($"endpoint.host: expected an address or a host name that can be looked up, found {Problems.Quote(endpoint.Host)}");
        return IPAddress.Loopback;
    }

    private static byte[]? ReadSecret(SiloSettings settings, Problems problems)
    {
        if (settings.SecretFile is not { } file) return null;
        byte[] secret;
        try
        {
            secret = File.ReadAllBytes(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            problems.Add($"secretFile {Problems.Quote(file)}: expected a file with the secret of the silos: {error.Message}");
            return null;
        }
        if (secret.Length < 16) problems.Add($"secretFile {Problems.Quote(file)}: expected at least 16 bytes, found {secret.Length}");
        return secret;
    }

    private static T? Try<T>(Func<T> read, Problems problems) where T : class?
    {
        try
        {
            return read();
        }
        catch (PlanException error)
        {
            problems.Add(error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            problems.Add(error.Message);
        }
        return null;
    }
}
