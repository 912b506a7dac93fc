using System.Globalization;
using YamlDotNet.RepresentationModel;

namespace ShardInit.Client.Tests.Kubernetes;

/// <summary>One node of a Kubernetes object, read by paths of names: what is not there is empty, never an exception, so that a check says what is missing.</summary>
public readonly record struct KubernetesObject(YamlNode? Node)
{
    public KubernetesObject this[string name] => new(Node is YamlMappingNode map && map.Children.TryGetValue(new YamlScalarNode(name), out YamlNode? child) ? child : null);

    public bool Exists => Node is not null;

    public string Text => (Node as YamlScalarNode)?.Value ?? "";

    public int Number => int.TryParse(Text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : -1;

    public IEnumerable<KubernetesObject> Items => Node is YamlSequenceNode sequence ? sequence.Select(item => new KubernetesObject(item)) : [];

    public IEnumerable<KeyValuePair<string, KubernetesObject>> Pairs => Node is YamlMappingNode map ? map.Children.Select(pair => KeyValuePair.Create(((YamlScalarNode)pair.Key).Value!, new KubernetesObject(pair.Value))) : [];

    public string Kind => this["kind"].Text;

    public string Name => this["metadata"]["name"].Text;

    /// <summary>The template of a workload's pods; empty for other kinds.</summary>
    public KubernetesObject Template => this["spec"]["template"];

    public IEnumerable<KubernetesObject> Containers => Template["spec"]["containers"].Items;

    public string[] Arguments => [.. Containers.First()["args"].Items.Select(word => word.Text)];

    /// <summary>Whether labels satisfy this node as a selector: <c>matchLabels</c>, or the plain map of a Service.</summary>
    public bool Selects(KubernetesObject labels)
    {
        KubernetesObject wanted = this["matchLabels"].Exists ? this["matchLabels"] : this;
        return wanted.Pairs.Any() && wanted.Pairs.All(pair => labels[pair.Key].Text == pair.Value.Text);
    }

    public override string ToString() => $"{Kind} {Name}";
}
