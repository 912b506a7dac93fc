using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using ShardInit.Cluster.Tests.Support;
using ShardInit.Silo;

namespace ShardInit.Cluster.Tests.Kubernetes;

/// <summary>The settings in deploy/k8s against the type that the silo reads them into. What has to agree between the files themselves: tests/Client.Tests/Kubernetes.</summary>
public sealed partial class SettingsFileTests
{
    private static readonly JsonSerializerOptions s_strict = new(JsonSerializerDefaults.Web)
    {
        PropertyNameCaseInsensitive = false,
        NumberHandling = JsonNumberHandling.Strict,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
    };

    private static readonly string s_root = SourceTree.PathOf("deploy", "k8s");

    public static TheoryData<string> Files() => [.. Directory.EnumerateFiles(s_root, "silo.json", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(s_root, file)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_key_is_a_setting_with_a_value_of_its_kind(string file)
    {
        SiloSettings settings = JsonSerializer.Deserialize<SiloSettings>(File.ReadAllText(Path.Combine(s_root, file)), s_strict)!;
        Assert.Equal("postgresql", settings.Membership.Kind);
        Assert.Null(settings.Membership.ConnectionString); // in a Secret, not here
        Assert.NotEmpty(settings.Roots);
        Assert.All(settings.Roots.Values, root => Assert.StartsWith("/", root.Directory));
        Assert.All(settings.Roots.Values.SelectMany(root => root.Tenants), tenant => Assert.Contains(tenant, settings.Tenants.Keys));
        Assert.All(settings.Tenants.Values, tenant => Assert.InRange(tenant.Weight, 0.001, 1000));
    }

    [Fact]
    public void All_three_files_are_looked_at_and_a_key_that_is_none_would_be_seen()
    {
        Assert.Equal(["base/silo.json", "overlays/dev/silo.json", "overlays/production/silo.json"], ((IEnumerable<object[]>)Files()).Select(row => (string)row[0]));
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<SiloSettings>("""{"endpoint": {"siloport": 1}}""", s_strict));
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<SiloSettings>("""{"drainSeconds": "100"}""", s_strict));
    }

    [Fact]
    public void Variables_are_settings()
    {
        string[] names = [.. Directory.EnumerateFiles(s_root, "*.yaml", SearchOption.AllDirectories).SelectMany(file => Variable().Matches(File.ReadAllText(file))).Select(match => match.Groups[1].Value)];
        Assert.Contains("ENDPOINT__HOST", names);
        Assert.All(names, name => Assert.True(IsSetting(name.Split("__"), StringComparison.OrdinalIgnoreCase), $"SHARDINIT_SILO__{name}: no such setting"));
    }

    /// <summary>The table of fields names settings by their paths.</summary>
    [Fact]
    public void The_table_in_the_readme_names_settings()
    {
        string[] rows = [.. File.ReadAllText(Path.Combine(s_root, "README.md")).Split("| field | setting or option | must |")[1].Split("\n\n")[0].Split('\n').Where(line => line.StartsWith("| ", StringComparison.Ordinal) && !line.StartsWith("| ---", StringComparison.Ordinal))];
        string[] settings = [.. rows.SelectMany(row => Code().Matches(row.Split('|')[2])).Select(match => match.Groups[1].Value).Where(text => !text.Contains(' '))];
        Assert.True(settings.Length >= 14, $"only {settings.Length} settings found");
        Assert.All(settings, setting => Assert.True(IsSetting(setting.Split('.'), StringComparison.Ordinal), $"'{setting}': no such setting"));
    }

    private static bool IsSetting(string[] path, StringComparison comparison)
    {
        Type type = typeof(SiloSettings);
        foreach (string name in path)
        {
            if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Dictionary<,>)) { type = type.GetGenericArguments()[1]; continue; }
            PropertyInfo? property = type.GetProperties().SingleOrDefault(candidate => string.Equals(JsonNamingPolicy.CamelCase.ConvertName(candidate.Name), name, comparison));
            if (property is null) return false;
            type = property.PropertyType;
        }
        return true;
    }

    [GeneratedRegex(@"SHARDINIT_SILO__([A-Z_]+)")]
    private static partial Regex Variable();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();
}
