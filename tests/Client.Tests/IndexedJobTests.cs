using System.Globalization;
using ShardInit.Client.CommandLine;
using ShardInit.Client.Tests.Support;
using ShardInit.Ranks;
using YamlDotNet.RepresentationModel;

namespace ShardInit.Client.Tests;

/// <summary>deploy/k8s/indexed-job: fields that have to agree with one another and with the program. No cluster has run it here.</summary>
public sealed class IndexedJobTests
{
    private static readonly YamlMappingNode[] s_documents = Read();
    private static readonly YamlMappingNode s_job = s_documents.Single(document => Text(document, "kind") == "Job");
    private static readonly YamlMappingNode s_pod = Map(s_job, "spec", "template", "spec");
    private static readonly YamlMappingNode s_container = (YamlMappingNode)Assert.Single(Items(s_pod, "containers"));

    [Fact]
    public void Every_pod_has_an_index_and_knows_how_many_there_are()
    {
        Assert.Equal("batch/v1", Text(s_job, "apiVersion"));
        Assert.Equal("Indexed", Text(s_job, "spec", "completionMode"));
        Assert.Equal("Never", Text(s_pod, "restartPolicy")); // backoffLimitPerIndex and podFailurePolicy ask for it
        int completions = Number(s_job, "spec", "completions");
        Assert.InRange(Number(s_job, "spec", "parallelism"), 1, completions);
        YamlNode world = Assert.Single(Items(s_container, "env"), variable => Text(variable, "name") == Launcher.OwnWorld);
        Assert.Equal(completions.ToString(CultureInfo.InvariantCulture), Text(world, "value"));
        // A number that is not quoted is refused as the value of a variable.
        Assert.NotEqual(YamlDotNet.Core.ScalarStyle.Plain, ((YamlScalarNode)((YamlMappingNode)world)["value"]).Style);
        // What the last pod sees is a rank.
        RankIdentity? last = Launcher.Find(null, null, name => name == Launcher.OwnWorld ? Text(world, "value") : name == Launcher.CompletionIndex ? $"{completions - 1}" : null).Identity;
        Assert.Equal(new RankIdentity(completions - 1, completions, RankIdentity.IndexedJob, 1), last);
    }

    [Fact]
    public void A_mistake_fails_the_Job_and_trouble_is_tried_again()
    {
        YamlNode[] rules = Items(Map(s_job, "spec", "podFailurePolicy"), "rules");
        YamlMappingNode codes = Map(Assert.Single(rules, rule => Text(rule, "action") == "FailJob"), "onExitCodes");
        Assert.Equal(Text(s_container, "name"), Text(codes, "containerName"));
        Assert.Equal("In", Text(codes, "operator"));
        Assert.Equal([$"{ExitCode.Usage}"], Items(codes, "values").Select(value => value.ToString()));
        Assert.Equal("DisruptionTarget", Text(Assert.Single(Items(Assert.Single(rules, rule => Text(rule, "action") == "Ignore"), "onPodConditions")), "type"));
        Assert.InRange(Number(s_job, "spec", "backoffLimitPerIndex"), 1, 100);
    }

    [Fact]
    public void It_needs_no_rights_and_takes_the_cores_that_are_free()
    {
        Assert.Equal("true", Text(s_pod, "securityContext", "runAsNonRoot"));
        Assert.NotEqual(0, Number(s_pod, "securityContext", "runAsUser"));
        Assert.Equal("false", Text(s_pod, "automountServiceAccountToken"));
        Assert.Equal("true", Text(s_container, "securityContext", "readOnlyRootFilesystem"));
        Assert.Equal("false", Text(s_container, "securityContext", "allowPrivilegeEscalation"));
        Assert.Equal("ALL", Assert.Single(Items(Map(s_container, "securityContext", "capabilities"), "drop")).ToString());
        Assert.True(Map(s_container, "resources", "requests").Children.ContainsKey("cpu"));
        Assert.False(Map(s_container, "resources", "limits").Children.ContainsKey("cpu"));
    }

    [Fact]
    public void It_writes_below_a_claim_that_many_pods_may_mount()
    {
        Dictionary<string, string> mounts = Items(s_container, "volumeMounts").ToDictionary(mount => Text(mount, "mountPath"), mount => Text(mount, "name"));
        YamlNode[] volumes = Items(s_pod, "volumes");
        Assert.Equal(mounts.Values.Order(), volumes.Select(volume => Text(volume, "name")).Order());
        string[] words = Arguments();
        string directory = words[Array.IndexOf(words, Flags.Out.Name) + 1];
        string volume = mounts.Single(mount => directory.StartsWith(mount.Key + "/", StringComparison.Ordinal)).Value;
        string claim = Text(volumes.Single(candidate => Text(candidate, "name") == volume), "persistentVolumeClaim", "claimName");
        YamlMappingNode document = Assert.Single(s_documents, document => Text(document, "kind") == "PersistentVolumeClaim" && Text(document, "metadata", "name") == claim);
        Assert.Contains("ReadWriteMany", Items(Map(document, "spec"), "accessModes").Select(mode => mode.ToString()));
        // The runtime wants a place for temporary files, and the root is read-only.
        Assert.True(((YamlMappingNode)volumes.Single(candidate => Text(candidate, "name") == mounts["/tmp"])).Children.ContainsKey("emptyDir"));
    }

    /// <summary>The arguments of the container, planned: the model is there and every option is taken.</summary>
    [Fact]
    public void Its_arguments_are_taken()
    {
        string[] words = Arguments();
        Assert.Equal("init", words[0]);
        int directory = Array.IndexOf(words, Flags.Out.Name);
        string[] withoutDirectory = [.. words[1..directory], .. words[(directory + 2)..]];
        CommandLineRun.Expect(ExitCode.Done, ["plan", .. withoutDirectory]);
    }

    private static string[] Arguments() => [.. Items(s_container, "args").Select(word => word.ToString())];

    private static YamlMappingNode[] Read() => [.. Kubernetes.Kustomization.Plain("indexed-job").Select(found => (YamlMappingNode)found.Node!)];

    private static YamlMappingNode Map(YamlNode node, params string[] path) => (YamlMappingNode)path.Aggregate(node, (at, name) => ((YamlMappingNode)at)[name]);

    private static YamlNode[] Items(YamlMappingNode node, string name) => [.. (YamlSequenceNode)node[name]];

    private static YamlNode[] Items(YamlNode node, string name) => Items((YamlMappingNode)node, name);

    private static string Text(YamlNode node, params string[] path) => ((YamlScalarNode)path.Aggregate(node, (at, name) => ((YamlMappingNode)at)[name])).Value!;

    private static int Number(YamlNode node, params string[] path) => int.Parse(Text(node, path), CultureInfo.InvariantCulture);
}
