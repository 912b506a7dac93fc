using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using ShardInit.Client.Cluster;
using ShardInit.Client.Tests.Support;
using ShardInit.Grains.Client;
using ShardInit.Silo;

namespace ShardInit.Client.Tests.Cluster;

/// <summary>docs/cluster.md names every setting with its default, and no other; its settings files can be read.</summary>
public sealed partial class ClusterDocumentTests : IDisposable
{
    private static readonly string s_text = File.ReadAllText(SourceTree.PathOf("docs", "cluster.md"));

    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData("silo", typeof(SiloSettings))]
    [InlineData("client", typeof(ClusterSettings))]
    public void The_table_is_that_of_the_settings(string table, Type record)
    {
        string section = s_text.Split($"<!-- settings of a {table}: a test compares -->")[1].Split("<!-- /settings -->")[0];
        Dictionary<string, string> documented = Rows().Matches(section).ToDictionary(row => row.Groups[1].Value, row => row.Groups[2].Value.Trim('`', ' '));
        Dictionary<string, string> actual = SettingsCheck.All(record).ToDictionary(setting => setting.Key, setting => Default(setting.Property));
        Assert.Equal(actual.Keys.Order(StringComparer.Ordinal), documented.Keys.Order(StringComparer.Ordinal));
        foreach ((string key, string value) in actual) Assert.True(documented[key] == value, $"{key}: expected default '{value}', found '{documented[key]}'");
    }

    [Fact]
    public void Its_settings_files_can_be_read()
    {
        MatchCollection blocks = Regex.Matches(s_text, "```json (silo|client)\n(.*?)```", RegexOptions.Singleline);
        Assert.Contains(blocks, block => block.Groups[1].Value == "silo");
        Assert.Contains(blocks, block => block.Groups[1].Value == "client");
        foreach (Match block in blocks)
        {
            string file = _scratch.Write("settings.json", block.Groups[2].Value);
            if (block.Groups[1].Value == "silo") Assert.NotNull(SiloSettingsReader.Read(file));
            else Assert.NotNull(ClusterSettings.Load(file));
        }
    }

    /// <summary>As a record without settings has it: a dash for what is not set or has to be.</summary>
    private static string Default(PropertyInfo property)
    {
        ConstructorInfo? plain = property.DeclaringType!.GetConstructor(Type.EmptyTypes);
        object? value = plain is null || property.IsDefined(typeof(System.Runtime.CompilerServices.RequiredMemberAttribute)) ? null : property.GetValue(plain.Invoke(null));
        return value switch
        {
            null or "" => "-",
            System.Collections.ICollection { Count: 0 } => "-",
            bool truth => truth ? "true" : "false",
            string text => text,
            IEnumerable<string> list => JsonSerializer.Serialize(list),
            _ => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{value}"),
        };
    }

    [GeneratedRegex(@"^\| `([\w.]+)` \| ([^|]*) \|", RegexOptions.Multiline)]
    private static partial Regex Rows();
}
