using System.Text.Json;
using System.Text.RegularExpressions;
using ShardInit.Client.CommandLine;

namespace ShardInit.Client.Tests.Kubernetes;

/// <summary>deploy/k8s: fields that have to agree with one another and with the program; on the files always, on what kubectl renders of each folder where it is installed. Settings against the silo's own type: tests/Cluster.Tests.</summary>
public sealed partial class KubernetesTests
{
    /// <summary>Secrets that people make; deploy/k8s/README.md names each.</summary>
    private static readonly string[] s_givenSecrets = ["shardinit-database", "shardinit-silo-tls", "shardinit-silo-secret", "shardinit-client-tls"];

    private static readonly string[] s_withSilos = ["base", "overlays/dev", "overlays/postgres", "overlays/production"];

    /// <summary>What nothing is patched in is read from the files; a folder that patches is read rendered only.</summary>
    public static TheoryData<string, bool> Each() => Data(Kustomization.Folders);

    public static TheoryData<string, bool> EachWithSilos() => Data(s_withSilos);

    private static TheoryData<string, bool> Data(string[] folders)
    {
        TheoryData<string, bool> data = [];
        foreach (string folder in folders)
        {
            if (!folder.StartsWith("overlays/", StringComparison.Ordinal)) data.Add(folder, false);
            data.Add(folder, true);
        }
        return data;
    }

    private static IReadOnlyList<KubernetesObject> Read(string folder, bool rendered) => rendered ? Kustomization.Rendered(folder) : Kustomization.Plain(folder);

    [Fact]
    public void Every_folder_is_looked_at()
    {
        Assert.Equal(["base", "indexed-job", "overlays/dev", "overlays/postgres", "overlays/production", "submission-job", "volume"], Kustomization.Folders);
        string readme = File.ReadAllText(SourceTree.PathOf("deploy", "k8s", "README.md"));
        Assert.All(Kustomization.Folders, folder => Assert.Contains($"]({folder}/", readme));
        Assert.All(s_givenSecrets, secret => Assert.Contains($"| `{secret}` |", readme));
        Assert.All(Links().Matches(readme), link => Assert.True(File.Exists(SourceTree.PathOf("deploy", "k8s", link.Groups[1].Value)), link.Value));
    }

    [SkippableTheory]
    [MemberData(nameof(Each))]
    public void Names_are_unique_and_no_namespace_is_named(string folder, bool rendered)
    {
        IReadOnlyList<KubernetesObject> objects = Read(folder, rendered);
        Assert.NotEmpty(objects);
        Assert.All(objects, found => Assert.False(found["metadata"]["namespace"].Exists, found.ToString()));
        Assert.Equal(objects.Count, objects.Select(found => found.ToString()).Distinct().Count());
    }

    [SkippableTheory]
    [MemberData(nameof(Each))]
    public void Selectors_find_pods(string folder, bool rendered)
    {
        IReadOnlyList<KubernetesObject> objects = Read(folder, rendered);
        KubernetesObject[] labels = [.. objects.Where(found => found.Containers.Any()).Select(found => found.Template["metadata"]["labels"])];
        foreach (KubernetesObject found in objects)
        {
            KubernetesObject own = found.Template["metadata"]["labels"];
            KubernetesObject selector = found.Kind == "NetworkPolicy" ? found["spec"]["podSelector"] : found["spec"]["selector"];
            if (found.Kind is "Deployment" or "StatefulSet") Assert.True(selector.Selects(own), $"{found}: its selector misses its own pods");
            if (found.Kind is "Service" or "PodDisruptionBudget" or "NetworkPolicy") Assert.True(labels.Any(selector.Selects), $"{found}: selects no pod");
            foreach (KubernetesObject spread in found.Template["spec"]["topologySpreadConstraints"].Items) Assert.True(spread["labelSelector"].Selects(own), $"{found}: spreads other pods");
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Each))]
    public void Pods_need_no_rights_and_take_the_cores_that_are_free(string folder, bool rendered)
    {
        foreach (KubernetesObject found in Read(folder, rendered).Where(found => found.Containers.Any()))
        {
            KubernetesObject pod = found.Template["spec"];
            Assert.Equal("true", pod["securityContext"]["runAsNonRoot"].Text);
            Assert.InRange(pod["securityContext"]["runAsUser"].Number, 1, int.MaxValue);
            Assert.Equal(pod["securityContext"]["runAsGroup"].Number, pod["securityContext"]["fsGroup"].Number);
            Assert.Equal("RuntimeDefault", pod["securityContext"]["seccompProfile"]["type"].Text);
            Assert.Equal("false", pod["automountServiceAccountToken"].Text);
            foreach (string absent in new[] { "hostNetwork", "hostPID", "hostIPC" }) Assert.False(pod[absent].Exists);
            Assert.All(pod["volumes"].Items, volume => Assert.False(volume["hostPath"].Exists));
            foreach (KubernetesObject container in found.Containers)
            {
                KubernetesObject security = container["securityContext"];
                Assert.Equal("false", security["allowPrivilegeEscalation"].Text);
                Assert.Equal("true", security["readOnlyRootFilesystem"].Text);
                Assert.Equal(["ALL"], security["capabilities"]["drop"].Items.Select(item => item.Text));
                Assert.False(security["capabilities"]["add"].Exists || security["privileged"].Exists);
                KubernetesObject resources = container["resources"];
                Assert.NotEmpty(resources["requests"]["cpu"].Text);
                Assert.False(resources["limits"]["cpu"].Exists, $"{found}: a limit of CPU");
                Assert.Equal(resources["requests"]["memory"].Text, resources["limits"]["memory"].Text);
                Assert.NotEmpty(resources["limits"]["memory"].Text);
                if (rendered) Assert.Matches(PinnedImage(), container["image"].Text);
            }
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Each))]
    public void Volumes_are_there_and_mounted(string folder, bool rendered)
    {
        IReadOnlyList<KubernetesObject> objects = Read(folder, rendered);
        foreach (KubernetesObject found in objects.Where(found => found.Containers.Any()))
        {
            KubernetesObject[] volumes = [.. found.Template["spec"]["volumes"].Items];
            KubernetesObject[] templates = [.. found["spec"]["volumeClaimTemplates"].Items];
            KubernetesObject[] mounts = [.. found.Containers.SelectMany(container => container["volumeMounts"].Items)];
            Assert.Equal(volumes.Select(volume => volume["name"].Text).Concat(templates.Select(template => template.Name)).Order(), mounts.Select(mount => mount["name"].Text).Order());
            Assert.Equal(mounts.Length, mounts.Select(mount => mount["mountPath"].Text).Distinct().Count());
            foreach (KubernetesObject volume in volumes)
            {
                if (volume["persistentVolumeClaim"].Exists) Assert.Contains($"PersistentVolumeClaim {volume["persistentVolumeClaim"]["claimName"].Text}", objects.Select(item => item.ToString()));
                else if (volume["configMap"].Exists) Assert.Contains($"ConfigMap {volume["configMap"]["name"].Text}", objects.Select(item => item.ToString()));
                else if (volume["secret"].Exists) Assert.Contains(volume["secret"]["secretName"].Text, objects.Where(item => item.Kind == "Secret").Select(item => item.Name).Concat(s_givenSecrets));
                else Assert.True(volume["emptyDir"].Exists, $"{found}: volume '{volume["name"].Text}' is of a kind that this test does not know");
                Assert.True(!volume["secret"].Exists || volume["secret"]["defaultMode"].Text is "0440" or "288", $"{found}: secrets that everybody may read");
            }
            // The runtime wants a place for temporary files, and the root is read-only.
            string temporary = mounts.Single(mount => mount["mountPath"].Text == "/tmp")["name"].Text;
            Assert.True(volumes.Single(volume => volume["name"].Text == temporary)["emptyDir"].Exists);
        }
    }

    [SkippableTheory]
    [MemberData(nameof(EachWithSilos))]
    public void Ports_agree(string folder, bool rendered)
    {
        IReadOnlyList<KubernetesObject> objects = Read(folder, rendered);
        KubernetesObject silo = Silo(objects);
        JsonElement settings = Settings(objects);
        KubernetesObject container = silo.Containers.Single();
        Dictionary<string, int> ports = container["ports"].Items.ToDictionary(port => port["name"].Text, port => port["containerPort"].Number);
        Assert.Equal(settings.GetProperty("endpoint").GetProperty("siloPort").GetInt32(), ports["silo"]);
        Assert.Equal(settings.GetProperty("endpoint").GetProperty("gatewayPort").GetInt32(), ports["gateway"]);
        Assert.Equal(settings.GetProperty("health").GetProperty("port").GetInt32(), ports["health"]);
        Assert.Equal("+", settings.GetProperty("health").GetProperty("host").GetString());

        foreach ((string probe, string path) in new[] { ("startupProbe", "/health/live"), ("livenessProbe", "/health/live"), ("readinessProbe", "/health/ready") })
        {
            Assert.Equal(("health", path), (container[probe]["httpGet"]["port"].Text, container[probe]["httpGet"]["path"].Text));
        }
        KubernetesObject gateway = objects.Single(found => found.ToString() == "Service shardinit-gateway");
        Assert.Equal("None", gateway["spec"]["clusterIP"].Text);
        KubernetesObject open = Assert.Single(gateway["spec"]["ports"].Items);
        Assert.Equal((ports["gateway"], "gateway"), (open["port"].Number, open["targetPort"].Text));
        // The name of the service is what certificates name and clients connect to.
        if (settings.TryGetProperty("tls", out JsonElement tls)) Assert.Equal(gateway.Name, tls.GetProperty("hostName").GetString());

        KubernetesObject policy = objects.Single(found => found.ToString() == "NetworkPolicy shardinit-silo");
        KubernetesObject labels = silo.Template["metadata"]["labels"];
        Assert.Equal(["Ingress", "Egress"], policy["spec"]["policyTypes"].Items.Select(item => item.Text));
        Assert.True(policy["spec"]["podSelector"].Selects(labels));
        KubernetesObject[] ingress = [.. policy["spec"]["ingress"].Items], egress = [.. policy["spec"]["egress"].Items];
        Assert.True(ingress.Single(rule => Opens(rule, ports["silo"]))["from"].Items.Single()["podSelector"].Selects(labels));
        Assert.True(egress.Single(rule => Opens(rule, ports["silo"]))["to"].Items.Single()["podSelector"].Selects(labels));
        KubernetesObject client = Kustomization.Plain("submission-job").Single(found => found.Kind == "Job");
        KubernetesObject clients = ingress.Single(rule => Opens(rule, ports["gateway"]))["from"].Items.Single()["podSelector"];
        Assert.True(clients.Selects(client.Template["metadata"]["labels"]) && !clients.Selects(labels));
        Assert.False(ingress.Single(rule => Opens(rule, ports["health"]))["from"].Exists);
        Assert.Equal(3, ingress.Length);
        foreach (int port in new[] { 5432, 53, 4317 }) Assert.NotEmpty(egress.Single(rule => Opens(rule, port))["to"].Items);
        Assert.Equal(4, egress.Length);

        static bool Opens(KubernetesObject rule, int port) => rule["ports"].Items.Any(item => item["port"].Number == port);
    }

    [SkippableTheory]
    [MemberData(nameof(EachWithSilos))]
    public void A_silo_drains_before_it_is_killed_and_another_is_there(string folder, bool rendered)
    {
        IReadOnlyList<KubernetesObject> objects = Read(folder, rendered);
        KubernetesObject silo = Silo(objects);
        // Orleans takes up to 30 seconds to deactivate its grains.
        Assert.True(silo.Template["spec"]["terminationGracePeriodSeconds"].Number >= Settings(objects).GetProperty("drainSeconds").GetDouble() + 30);
        Assert.Equal("0", silo["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"].Text);
        Assert.InRange(silo["spec"]["strategy"]["rollingUpdate"]["maxSurge"].Number, 1, 10);
        Assert.InRange(silo["spec"]["replicas"].Number, 2, 100);
        KubernetesObject budget = objects.Single(found => found.Kind == "PodDisruptionBudget");
        Assert.True(budget["spec"]["selector"].Selects(silo.Template["metadata"]["labels"]));
        Assert.InRange(budget["spec"]["maxUnavailable"].Number, 1, silo["spec"]["replicas"].Number - 1);
        KubernetesObject address = Assert.Single(silo.Containers.Single()["env"].Items);
        Assert.Equal("status.podIP", address["valueFrom"]["fieldRef"]["fieldPath"].Text);
    }

    [SkippableTheory]
    [MemberData(nameof(EachWithSilos))]
    public void Files_that_the_settings_name_are_mounted(string folder, bool rendered)
    {
        IReadOnlyList<KubernetesObject> objects = Read(folder, rendered);
        KubernetesObject silo = Silo(objects);
        JsonElement settings = Settings(objects);
        KubernetesObject[] volumes = [.. silo.Template["spec"]["volumes"].Items];
        KubernetesObject[] mounts = [.. silo.Containers.Single()["volumeMounts"].Items];

        Assert.True(VolumeOf(silo.Arguments[^1])["configMap"].Exists);
        Assert.Contains("shardinit-database", VolumeOf(settings.GetProperty("membership").GetProperty("connectionStringFile").GetString()!)["secret"]["secretName"].Text);
        bool insecure = settings.TryGetProperty("insecure", out JsonElement yes) && yes.GetBoolean();
        Assert.Equal(folder == "overlays/dev", insecure);
        Assert.Equal(!insecure, settings.TryGetProperty("tls", out JsonElement tls));
        if (!insecure)
        {
            string[] files = [.. new[] { "certificate", "key", "authority" }.Select(name => tls.GetProperty(name).GetString()!)];
            Assert.Equal(["tls.crt", "tls.key", "ca.crt"], files.Select(Path.GetFileName));
            Assert.All(files, file => Assert.Equal("shardinit-silo-tls", VolumeOf(file)["secret"]["secretName"].Text));
            Assert.Equal("shardinit-silo-secret", VolumeOf(settings.GetProperty("secretFile").GetString()!)["secret"]["secretName"].Text);
        }
        KubernetesObject security = silo.Template["spec"]["securityContext"];
        int[] groups = [security["fsGroup"].Number, .. security["supplementalGroups"].Items.Select(item => item.Number)];
        foreach (JsonProperty root in settings.GetProperty("roots").EnumerateObject())
        {
            Assert.Equal("checkpoints", VolumeOf(root.Value.GetProperty("directory").GetString()! + "/")["persistentVolumeClaim"]["claimName"].Text);
            if (root.Value.TryGetProperty("mode", out JsonElement mode)) Assert.Matches("^0[0-7]{3}$", mode.GetString());
            if (root.Value.TryGetProperty("group", out JsonElement group)) Assert.Contains(group.GetInt32(), groups);
        }

        KubernetesObject VolumeOf(string file)
        {
            KubernetesObject mount = Assert.Single(mounts, mount => file.StartsWith(mount["mountPath"].Text + "/", StringComparison.Ordinal));
            return volumes.Single(volume => volume["name"].Text == mount["name"].Text);
        }
    }

    [SkippableFact]
    public void Production_holds_no_secret_and_reaches_a_database_outside()
    {
        IReadOnlyList<KubernetesObject> objects = Kustomization.Rendered("overlays/production");
        Assert.DoesNotContain(objects, found => found.Kind == "Secret");
        KubernetesObject rule = objects.Single(found => found.Kind == "NetworkPolicy")["spec"]["egress"].Items.Single(rule => rule["ports"].Items.Any(port => port["port"].Number == 5432));
        Assert.Matches(@"^[0-9.]+/\d+$", Assert.Single(rule["to"].Items)["ipBlock"]["cidr"].Text);
    }

    [SkippableTheory]
    [MemberData(nameof(Each))]
    public void Every_option_is_one_of_its_command(string folder, bool rendered)
    {
        foreach (KubernetesObject found in Read(folder, rendered).Where(found => found.Containers.Any(container => container["image"].Text.Contains("shardinit", StringComparison.Ordinal))))
        {
            string[] words = found.Arguments;
            CommandSpec? command = Program.Commands.SingleOrDefault(command => command.Name == words[0]);
            if (command is null)
            {
                Assert.Contains(words[0], Flags.CommandsNotBuilt);
                continue;
            }
            Assert.All(words.Where(word => word.StartsWith("--", StringComparison.Ordinal)), word => Assert.Contains(word, command.Flags.Select(flag => flag.Name)));
        }
    }

    /// <summary>The order of a submission: its root is one of the silos', its gateway the service, its model one that can be planned.</summary>
    [Fact]
    public void A_submission_orders_what_the_silos_take()
    {
        IReadOnlyList<KubernetesObject> objects = Kustomization.Plain("submission-job");
        KubernetesObject job = objects.Single(found => found.Kind == "Job");
        string[] words = job.Arguments;
        Assert.Equal("submit", words[0]);
        IReadOnlyList<KubernetesObject> silos = Kustomization.Plain("base");
        string root = words[Array.IndexOf(words, "--out") + 1].Split('/')[0];
        Assert.True(Settings(silos).GetProperty("roots").TryGetProperty(root, out _), $"no root '{root}' in silo.json");
        using JsonDocument client = JsonDocument.Parse(objects.Single(found => found.Kind == "ConfigMap")["data"]["client.json"].Text);
        Assert.Equal($"shardinit-gateway:{Settings(silos).GetProperty("endpoint").GetProperty("gatewayPort").GetInt32()}", Assert.Single(client.RootElement.GetProperty("gateways").EnumerateArray()).GetString());
        foreach (string same in new[] { "cluster", "service" }) Assert.Equal(Settings(silos).GetProperty(same).GetString(), client.RootElement.GetProperty(same).GetString());
        Assert.Equal(Settings(silos).GetProperty("tls").GetProperty("hostName").GetString(), client.RootElement.GetProperty("tls").GetProperty("hostName").GetString());
        Support.CommandLineRun.Expect(ExitCode.Done, "plan", words[1], "--seed", words[Array.IndexOf(words, "--seed") + 1]);
        KubernetesObject codes = job["spec"]["podFailurePolicy"]["rules"].Items.Single(rule => rule["action"].Text == "FailJob")["onExitCodes"];
        Assert.Equal([$"{ExitCode.Usage}"], codes["values"].Items.Select(value => value.Text));
        Assert.Equal(job.Containers.Single()["name"].Text, codes["containerName"].Text);
    }

    private static KubernetesObject Silo(IReadOnlyList<KubernetesObject> objects) => objects.Single(found => found.Kind == "Deployment");

    private static JsonElement Settings(IReadOnlyList<KubernetesObject> objects)
    {
        string mounted = Silo(objects).Template["spec"]["volumes"].Items.Single(volume => volume["configMap"].Exists)["configMap"]["name"].Text;
        using JsonDocument document = JsonDocument.Parse(objects.Single(found => found.Kind == "ConfigMap" && found.Name == mounted)["data"]["silo.json"].Text);
        return document.RootElement.Clone();
    }

    [GeneratedRegex(@"^\S+(:(?!latest)\S*\d\S*|:dev|@sha256:[0-9a-f]{64})$")]
    private static partial Regex PinnedImage();

    [GeneratedRegex(@"\]\(([^)#]+)\)")]
    private static partial Regex Links();
}
