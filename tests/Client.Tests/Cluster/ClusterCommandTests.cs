using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using ShardInit.Client.Cluster;
using ShardInit.Client.CommandLine;
using ShardInit.Client.Tests.Support;
using ShardInit.Cluster;
using ShardInit.Errors;
using ShardInit.Grains;
using ShardInit.Grains.Client;
using static ShardInit.Client.Tests.Support.CommandLineRun;

namespace ShardInit.Client.Tests.Cluster;

/// <summary>The cluster commands as far as they come without a cluster.</summary>
public sealed class ClusterCommandTests : IDisposable
{
    private readonly Scratch _scratch = new();
    private readonly string _config;

    public ClusterCommandTests() => _config = _scratch.Write("config.json", Models.TinyLlama);

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData("../x", "expected ROOT/path")]
    [InlineData("data", "expected ROOT/path with a path below the root")]
    [InlineData("/data/x", "expected ROOT/path below a root, found an absolute path")]
    [InlineData("data/../x", "expected ROOT/path without '..'")]
    public void Outputs_are_checked_before_anybody_is_called(string output, string message)
    {
        Outcome outcome = Expect(ExitCode.Usage, "submit", _config, "--out", output);
        Assert.Contains(message, outcome.Error);
        Assert.Empty(outcome.Output);
    }

    [Fact]
    public void Off_this_machine_nothing_goes_without_TLS_unless_one_says_so()
    {
        // An address that is nobody's (RFC 5737): it must not even be tried.
        string settings = _scratch.Write("cluster.json", """{"gateways": ["192.0.2.1:30000"]}""");
        Outcome outcome = Expect(ExitCode.Usage, "jobs", "--cluster", settings);
        Assert.Contains("192.0.2.1: expected TLS off this machine, found no 'tls' in the cluster's settings", outcome.Error);
        Outcome variable = Finish(Start(Dotnet, [ProgramFile, "cancel", "data/x"], null, info => info.Environment["SHARDINIT_CLUSTER"] = settings));
        Assert.Equal(ExitCode.Usage, variable.ExitCode);
        Assert.Contains("192.0.2.1: expected TLS", variable.Error);
    }

    [Fact]
    public async Task Insecure_is_said_loudly_and_a_cluster_that_is_not_there_is_named()
    {
        List<string> notices = [];
        int port = FreePort();
        ClusterSettings settings = new() { Gateways = [$"localhost:{port}"], Cluster = "mine" };
        ClusterException error = await Assert.ThrowsAsync<ClusterException>(() => ClusterConnection.OpenAsync(settings, TimeSpan.FromSeconds(2), notices.Add, CancellationToken.None));
        Assert.StartsWith($"cluster 'mine' at localhost:{port}: expected a silo that answers within 2 s, found none (", error.Message);
        Assert.Contains("refused", error.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Empty(notices);

        ClusterSettings far = new() { Gateways = ["192.0.2.1:30000"], Insecure = true };
        using CancellationTokenSource stop = new();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ClusterConnection.OpenAsync(far, TimeSpan.FromSeconds(60), line =>
        {
            notices.Add(line);
            stop.Cancel();
        }, stop.Token));
        Assert.StartsWith("WARNING: insecure: no TLS to 192.0.2.1", Assert.Single(notices));
    }

    [Fact]
    public async Task A_name_that_nobody_knows_is_told()
    {
        ClusterSettings settings = new() { Gateways = ["no-such-host.invalid:1"] };
        // Names of silos that are just starting may not be known yet, so it is looked up again until the limit.
        ClusterException error = await Assert.ThrowsAsync<ClusterException>(() => ClusterConnection.OpenAsync(settings, TimeSpan.FromSeconds(2), _ => { }, CancellationToken.None));
        Assert.Contains("no-such-host.invalid:1: ", error.Message);
    }

    [Theory]
    [InlineData("submit m --out data/x --priority 1001", "--priority: expected an integer from -1000 to 1000, found '1001'")]
    [InlineData("submit m --out data/x --cluster /nonexistent.json", "/nonexistent.json")]
    [InlineData("watch", "watch: expected JOB")]
    [InlineData("watch name", "output 'name': expected ROOT/path")]
    public void Bad_words_are_named(string line, string message)
    {
        string[] words = [.. line.Split(' ').Select(word => word == "m" ? _config : word)];
        // A word that is neither id nor output is found out before the cluster is asked; a settings file that is missing is a failure, not a usage.
        Outcome outcome = Run(words);
        Assert.Equal(line.Contains("/nonexistent", StringComparison.Ordinal) ? ExitCode.Failed : ExitCode.Usage, outcome.ExitCode);
        Assert.Contains(message, outcome.Error);
    }

    [Fact]
    public void A_job_is_shown_with_all_its_keys()
    {
        JobView live = View(JobStatus.Running) with
        {
            Progress = new JobProgress("j", 4, 1, 1, 400, 100, 50, 100, 2, TimeSpan.FromSeconds(1.25), null), RateBytesPerSecond = 1e9, Workers = 3,
        };
        JsonElement json = Json(live);
        Assert.Equal(["job", "status", "reason", "out", "tenant", "priority", "submits", "plan_id", "files", "files_committed", "bytes", "bytes_committed", "bytes_leased", "files_disputed", "leases_lost",
            "rate_bytes_per_second", "seconds_since_progress", "workers"], json.EnumerateObject().Select(member => member.Name));
        string documentation = File.ReadAllText(SourceTree.PathOf("docs", "cluster.md"));
        foreach (JsonProperty member in json.EnumerateObject()) Assert.Contains($"`{member.Name}`", documentation);
        Assert.Equal(("running", 1, 100L, 2, 1.25, 1_000_000_000L), (json.GetProperty("status").GetString(), json.GetProperty("files_committed").GetInt32(), json.GetProperty("bytes_committed").GetInt64(),
            json.GetProperty("leases_lost").GetInt32(), json.GetProperty("seconds_since_progress").GetDouble(), json.GetProperty("rate_bytes_per_second").GetInt64()));
        string text = string.Join('\n', JobReport.Lines(live));
        foreach (string part in new[] { "files       1 of 4 committed", "25 %", "disputed    1 file", "lost        2 leases", "1.00 GB/s", "workers     3" }) Assert.Contains(part, text);
        string job = live.Record.Job[..12];
        Assert.Equal(
        [
            "JOB           STATUS   FILES   VALUES  RATE       OUTPUT",
            $"{job}  running  1 of 4  400 B   1.00 GB/s  data/x",
            $"{job}  failed   4       400 B   -          data/x",
            $"{job}  sealed   4 of 4  400 B   -          data/x",
        ], JobReport.Table([live, View(JobStatus.Failed), View(JobStatus.Sealed)]));
    }

    [Fact]
    public void What_nobody_knows_is_null_and_sealed_means_all()
    {
        Assert.Equal(JsonValueKind.Null, Json(View(JobStatus.Cancelled)).GetProperty("files_committed").ValueKind);
        Assert.Equal(4, Json(View(JobStatus.Sealed)).GetProperty("files_committed").GetInt32());
        Assert.Equal("disk full", Json(View(JobStatus.Failed)).GetProperty("reason").GetString());
    }

    private static JobView View(JobStatus status)
    {
        JobRequest request = new("data/x", new string('a', 64), "tenant", 5, 4, 400);
        return new JobView(new JobRecord(JobRecord.CurrentVersion, request.Job, request, status, status == JobStatus.Failed ? "disk full" : "", 1), null, null, 0);
    }

    private static JsonElement Json(JobView view)
    {
        using MemoryStream text = new();
        using (Utf8JsonWriter json = new(text))
        {
            json.WriteStartObject();
            JobReport.Members(json, view);
            json.WriteEndObject();
        }
        return JsonDocument.Parse(text.ToArray()).RootElement;
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
