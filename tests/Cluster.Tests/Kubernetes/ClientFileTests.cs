using System.Text.Json;
using ShardInit.Cluster.Tests.Support;
using ShardInit.Grains;

namespace ShardInit.Cluster.Tests.Kubernetes;

/// <summary>The settings of the client in deploy/k8s/submission-job: each key is one of those that the client library reads.</summary>
public sealed class ClientFileTests
{
    [SkippableFact]
    public void Every_key_of_the_client_is_a_setting()
    {
        Type? settings = typeof(SessionProof).Assembly.GetTypes().SingleOrDefault(type => type.Name == "ClusterSettings");
        Skip.If(settings is null, "the client library is not built yet");
        using JsonDocument file = JsonDocument.Parse(File.ReadAllText(SourceTree.PathOf("deploy", "k8s", "submission-job", "client.json")));
        Check(file.RootElement, settings, "");
    }

    private static void Check(JsonElement value, Type type, string path)
    {
        foreach (JsonProperty property in value.EnumerateObject())
        {
            Type? found = type.GetProperties().SingleOrDefault(candidate => JsonNamingPolicy.CamelCase.ConvertName(candidate.Name) == property.Name)?.PropertyType;
            Assert.True(found is not null, $"client.json: no setting '{path}{property.Name}'");
            if (property.Value.ValueKind == JsonValueKind.Object) Check(property.Value, found, $"{path}{property.Name}.");
        }
    }
}
