using ShardInit.Client.Tests.Support;
using YamlDotNet.RepresentationModel;

namespace ShardInit.Client.Tests.Kubernetes;

/// <summary>The objects of a folder of deploy/k8s: as its files say them, or as kubectl renders them.</summary>
public static class Kustomization
{
    private static readonly string s_root = SourceTree.PathOf("deploy", "k8s");

    private static readonly Lazy<string?> s_renderer = new(() => new[] { "kubectl kustomize", "kustomize build" }
        .FirstOrDefault(command => OperatingSystem.IsLinux() && CommandLineRun.Shell($"{command} '{Path.Combine(s_root, "volume")}'").ExitCode == 0));

    /// <summary>Folders that are applied, or that those are made of.</summary>
    public static string[] Folders { get; } = [.. Directory.EnumerateFiles(s_root, "kustomization.yaml", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(s_root, Path.GetDirectoryName(file)!)).Order(StringComparer.Ordinal)];

    /// <summary>Without patches and changed images, so only of folders that have none: resources and generators are followed.</summary>
    public static IReadOnlyList<KubernetesObject> Plain(string folder) => [.. PlainOf(Path.Combine(s_root, folder))];

    /// <summary>As kubectl, or kustomize, would apply it; without one of them the calling test is skipped.</summary>
    public static IReadOnlyList<KubernetesObject> Rendered(string folder)
    {
        Skip.If(s_renderer.Value is null, "neither 'kubectl kustomize' nor 'kustomize build' is to be had");
        Outcome outcome = CommandLineRun.Shell($"{s_renderer.Value} '{Path.Combine(s_root, folder)}'");
        Assert.True(outcome.ExitCode == 0 && outcome.Error.Length == 0, outcome.ToString());
        return Parse(outcome.Output);
    }

    private static IEnumerable<KubernetesObject> PlainOf(string folder)
    {
        KubernetesObject kustomization = Parse(File.ReadAllText(Path.Combine(folder, "kustomization.yaml"))).Single();
        foreach (string resource in kustomization["resources"].Items.Select(item => item.Text))
        {
            string path = Path.GetFullPath(Path.Combine(folder, resource));
            foreach (KubernetesObject found in Directory.Exists(path) ? PlainOf(path) : Parse(File.ReadAllText(path))) yield return found;
        }
        foreach (KubernetesObject generator in kustomization["configMapGenerator"].Items)
        {
            YamlMappingNode data = [];
            foreach (string file in generator["files"].Items.Select(item => item.Text)) data.Add(file, File.ReadAllText(Path.Combine(folder, file)));
            yield return new KubernetesObject(new YamlMappingNode { { "kind", "ConfigMap" }, { "metadata", new YamlMappingNode { { "name", generator["name"].Text } } }, { "data", data } });
        }
    }

    private static IReadOnlyList<KubernetesObject> Parse(string text)
    {
        YamlStream stream = [];
        stream.Load(new StringReader(text));
        return [.. stream.Documents.Select(document => new KubernetesObject(document.RootNode))];
    }
}
