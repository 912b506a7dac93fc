using System.Diagnostics;
using Orleans.Runtime;
using ShardInit.Cluster.Tests.Support;
using ShardInit.Grains;
using ShardInit.Grains.Client;

namespace ShardInit.Cluster.Tests.Processes;

/// <summary>Who may write where: refused, logged, and nothing written.</summary>
public sealed class SecurityTests
{
    private const string Tls = "Orleans.Connections.Security";

    [Fact]
    public async Task A_tenant_writes_to_its_roots_and_nobody_else_anywhere()
    {
        string roots = Directory.CreateTempSubdirectory("shardinit-roots-").FullName;
        string ofA = Directory.CreateDirectory(Path.Combine(roots, "a")).FullName, ofB = Directory.CreateDirectory(Path.Combine(roots, "b")).FullName, outside = Directory.CreateDirectory(Path.Combine(roots, "outside")).FullName;
        File.CreateSymbolicLink(Path.Combine(ofA, "link"), outside);
        using ClusterOfProcesses cluster = await ClusterOfProcesses.Start(2, tls: true, extra: new()
        {
            ["roots"] = new { a = new { directory = ofA, tenants = new[] { "a" } }, b = new { directory = ofB, tenants = new[] { "b" } } },
        });
        Work work = new(cluster);
        string[] plan = work.Plan(4, 4);
        string settingsA = cluster.ClientSettings(certificate: cluster.Certificates.Client("a")), settingsB = cluster.ClientSettings(certificate: cluster.Certificates.Client("b"));

        Outcome good = await Shardinit.Run(["submit", .. plan, "--out", "a/good", "--cluster", settingsA, "--watch", "--json"]);
        Assert.True(good.ExitCode == 0, good.ToString());
        Assert.Equal(await work.Local(plan), ClusterOfProcesses.Fingerprint(Path.Combine(ofA, "good")));
        string before = Listing(roots);

        // Another tenant's root, output, job and list.
        await Refused(2, "expected a root that tenant", [.. plan, "--out", "a/theirs", "--cluster", settingsB]);
        await Refused(2, "expected a root that tenant", [.. plan, "--out", "a/good", "--cluster", settingsB]);
        string job = System.Text.Json.JsonDocument.Parse(good.Output.Split('\n')[0]).RootElement.GetProperty("job").GetString()!;
        Assert.NotEqual(0, (await Shardinit.Run("status", job, "--cluster", settingsB)).ExitCode);
        Assert.NotEqual(0, (await Shardinit.Run("status", "a/good", "--cluster", settingsB)).ExitCode);
        Assert.NotEqual(0, (await Shardinit.Run("cancel", "a/good", "--cluster", settingsB)).ExitCode);
        Assert.DoesNotContain("a/good", (await Shardinit.Expect(0, "jobs", "--cluster", settingsB, "--json")).Output);

        // Paths out of the roots.
        foreach (string path in new[] { "a/../b/x", "../x", "/etc/x", "a//x", "a/./x", "nowhere/x", "a", "a/link/x", "a/link" }) await Refused(2, null, [.. plan, "--out", path, "--cluster", settingsA]);

        // Certificates that nobody signed here, none at all, one that is over.
        string[] strangers = [cluster.ClientSettings(certificate: cluster.Certificates.ForeignClient("a")), cluster.ClientSettings(certificate: cluster.Certificates.ExpiredClient("a")), cluster.ClientSettings()];
        await Task.WhenAll(strangers.Select(settings => Assert.ThrowsAsync<ClusterException>(() => ClusterConnection.OpenAsync(ClusterSettings.Load(settings), TimeSpan.FromSeconds(8), _ => { }, CancellationToken.None))));
        // A client as users have it, until its first attempt is turned away: it would go on for half a minute.
        using (Process stranger = Shardinit.Start(["submit", .. plan, "--out", "a/stranger", "--cluster", cluster.ClientSettings(certificate: cluster.Certificates.ForeignClient("b"))]))
        {
            await Eventually.IsAsync(() => Refusals(cluster).Any(line => line.StartsWith("refused a connection from 127.0.0.1: the certificate 'CN=b' is not signed for clients", StringComparison.Ordinal)), "the stranger is turned away");
            stranger.Kill();
        }
        // One line for each of them, with whom and why, and no stack; who comes back every second is told of once a minute.
        string[] refusals = [.. Refusals(cluster)];
        Assert.All(refusals, line => Assert.StartsWith("refused a connection from 127.0.0.1: ", line));
        Assert.Contains(refusals, line => line.Contains("'CN=a'", StringComparison.Ordinal) && line.EndsWith("NotTimeValid", StringComparison.Ordinal));
        Assert.DoesNotContain(cluster.Silos.SelectMany(silo => silo!.LogLines), line => line.Contains(Tls, StringComparison.Ordinal) && line.Contains("\"Exception\"", StringComparison.Ordinal));

        Assert.Equal(before, Listing(roots));
        await Eventually.IsAsync(() => Logs().Contains("refused for", StringComparison.Ordinal), "the refusals are logged");
        Directory.Delete(roots, recursive: true);

        string Logs() => string.Concat(cluster.Silos.Select(silo => silo!.Log));

        async Task Refused(int exitCode, string? says, string[] arguments)
        {
            Outcome outcome = await Shardinit.Run(["submit", .. arguments]);
            Assert.True(outcome.ExitCode == exitCode && outcome.Error.Length > 0, $"{string.Join(' ', arguments)}: expected exit code {exitCode}, found {outcome}");
            if (says is not null) Assert.Contains(says, outcome.Error);
        }
    }

    /// <summary>The silos and clients know the root alone; what stands between it and them comes along with each connection, and with the proof of a session.</summary>
    [Fact]
    public async Task Certificates_may_be_signed_by_an_authority_below_the_one_that_is_known()
    {
        using ClusterOfProcesses cluster = await ClusterOfProcesses.Start(2, tls: true, isBetween: true);
        Work work = new(cluster);
        Outcome submit = await work.Submit(work.Plan(4, 4), "main/between", "--watch");
        Assert.True(submit.ExitCode == 0, submit.ToString());
        ClusterSettings stranger = ClusterSettings.Load(cluster.ClientSettings(certificate: cluster.Certificates.ForeignClient("stranger")));
        await Assert.ThrowsAsync<ClusterException>(() => ClusterConnection.OpenAsync(stranger, TimeSpan.FromSeconds(3), _ => { }, CancellationToken.None));
        await Eventually.IsAsync(() => Refusals(cluster).Any(line => line.Contains("'CN=stranger' is not signed for clients by the authority", StringComparison.Ordinal)), "the stranger is turned away");
        Assert.All(cluster.Silos, silo => Assert.DoesNotContain("no TLS connection to the silo", silo!.Log));
    }

    /// <summary>The runtime's own grains list sessions, whose keys are what a tenant proves itself by.</summary>
    [Fact]
    public async Task A_client_reaches_no_grain_of_the_runtime()
    {
        using ClusterOfProcesses cluster = await ClusterOfProcesses.Start(1, tls: true);
        ClusterSettings settings = ClusterSettings.Load(cluster.ClientSettings(certificate: cluster.Certificates.Client("a")));
        await using ClusterClient client = await ClusterClient.ConnectAsync(settings);
        Assert.Empty((await client.JobsAsync()).Jobs);
        await using ClusterConnection raw = await ClusterConnection.OpenAsync(settings, ClusterClient.ConnectLimit, _ => { }, CancellationToken.None);
        IManagementGrain management = raw.Grains.GetGrain<IManagementGrain>(0);
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => management.GetDetailedGrainStatistics());
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => management.GetHosts(onlyActive: false));
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => raw.Grains.GetGrain<ISchedulerGrain>(ISchedulerGrain.Key).View());
        // Who has read the key of somebody's session somewhere cannot take it over: it is a hash of what the client shows.
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => raw.Grains.GetGrain<ISessionGrain>(SessionId.KeyOf(SessionId.New())).Challenge());
        // What a silo says comes by a pipe, after the answer.
        foreach (string call in new[] { "IManagementGrain.GetDetailedGrainStatistics", "ISessionGrain.Challenge" })
        {
            await Eventually.IsAsync(() => cluster.Silos[0]!.Log.Contains($"refused a call of {call}", StringComparison.Ordinal), $"the refused call of {call} is logged");
        }
        Assert.Empty((await client.JobsAsync()).Jobs);
    }

    private static IEnumerable<string> Refusals(ClusterOfProcesses cluster) => cluster.Silos.SelectMany(silo => silo!.Warnings(Tls));

    private static string Listing(string directory) => string.Join('\n', Directory.EnumerateFileSystemEntries(directory, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal));
}
