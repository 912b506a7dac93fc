using ShardInit.Errors;
using ShardInit.Model;

namespace ShardInit.Grains.Client;

/// <summary>From the bytes of a settings file to <see cref="ClusterSettings"/>.</summary>
internal static class ClusterSettingsReader
{
    public static ClusterSettings Read(string path, byte[] utf8)
    {
        JsonNode root;
        try
        {
            root = JsonText.Parse(utf8);
        }
        catch (JsonTextException error)
        {
            throw new PlanException($"{path}:{error.Line}: {error.Message}");
        }
        if (root.Kind != JsonKind.Object) throw new PlanException($"{path}: expected a JSON object, found {root.Describe()}");
        Problems problems = new();
        SettingsObject given = new(path, "", root, problems);
        ClusterSettings defaults = new();
        ClusterSettings settings = new()
        {
            Cluster = given.Text("cluster") ?? defaults.Cluster,
            Service = given.Text("service") ?? defaults.Service,
            Gateways = given.Texts("gateways") ?? defaults.Gateways,
            Membership = Membership(given, problems, path),
            Tls = Tls(given),
            Insecure = given.Truth("insecure"),
            Tenant = given.Text("tenant"),
        };
        if (given.Has("gateways") && given.Has("membership")) problems.Add($"{path}: expected gateways or membership, found both; leave out one of the two");
        if (given.Has("tls") && given.Has("tenant")) problems.Add($"{path}: expected tls or tenant, found both; with tls the certificate names the tenant");
        if (settings.Tenant is { } tenant && !SessionPolicy.IsName(tenant)) given.Wrong("tenant", ClusterSettings.TenantForm);
        given.Close();
        foreach (string gateway in settings.Gateways) if (GatewayAddress.Problem(gateway) is { } problem) problems.Add($"{path}: {problem}");
        problems.ThrowIfAny();
        return settings;
    }

    private static ClusterMembership? Membership(SettingsObject settings, Problems problems, string path)
    {
        if (settings.Object("membership") is not { } given) return null;
        ClusterMembership membership = new()
        {
            Kind = given.Text("kind") ?? ClusterMembership.PostgreSql,
            ConnectionString = given.Text("connectionString"),
            ConnectionStringFile = given.FilePath("connectionStringFile"),
        };
        if (membership.Kind != ClusterMembership.PostgreSql) given.Wrong("kind", $"'{ClusterMembership.PostgreSql}' (silos of one machine are named by gateways)");
        if (membership.ConnectionString is null == membership.ConnectionStringFile is null)
        {
            problems.Add($"{path}: membership: expected connectionString or connectionStringFile, found {(membership.ConnectionString is null ? "neither" : "both")}");
        }
        given.Close();
        return membership;
    }

    private static ClusterTls? Tls(SettingsObject settings)
    {
        if (settings.Object("tls") is not { } given) return null;
        ClusterTls tls = new()
        {
            Certificate = given.RequiredPath("certificate"),
            Key = given.FilePath("key"),
            Authority = given.RequiredPath("authority"),
            HostName = given.Text("hostName"),
        };
        given.Close();
        return tls;
    }
}
