using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Example;
using ShardInit.Client.CommandLine;
using ShardInit.Client.Tests.Support;
using static ShardInit.Client.Tests.Support.CommandLineRun;

namespace ShardInit.Client.Tests.Cluster;

/// <summary>The quick start of docs/cluster.md: one silo, the commands, the example of the library. What clusters promise is in tests/Cluster.Tests.</summary>
public sealed class QuickStartTests : IDisposable
{
    private readonly Scratch _scratch = new();
    private readonly string _config;
    private readonly string _settings;
    private readonly Process _silo;
    private readonly Task<string> _rest;

    public QuickStartTests()
    {
        _config = _scratch.Write("config.json", Models.TinyLlama);
        (int siloPort, int gatewayPort) = FreePorts();
        _settings = _scratch.Write("cluster.json", $$"""{"gateways": ["127.0.0.1:{{gatewayPort}}"], "tenant": "me"}""");
        Directory.CreateDirectory(_scratch["root"]);
        _silo = Start(Dotnet, [ProgramFile, "serve", "--root", $"data={_scratch["root"]}", "--threads", "1"], null, info =>
        {
            info.Environment["SHARDINIT_SILO__ENDPOINT__SILOPORT"] = siloPort.ToString(CultureInfo.InvariantCulture);
            info.Environment["SHARDINIT_SILO__ENDPOINT__GATEWAYPORT"] = gatewayPort.ToString(CultureInfo.InvariantCulture);
        });
        string said = "";
        while (_silo.StandardError.ReadLine() is { } line)
        {
            said += line + "\n";
            if (line.Contains(" is up: ", StringComparison.Ordinal)) break;
        }
        Assert.False(_silo.StandardError.EndOfStream, $"the silo ended: {said}");
        _rest = _silo.StandardError.ReadToEndAsync();
    }

    public void Dispose()
    {
        if (!_silo.HasExited) _silo.Kill();
        _silo.Dispose();
        _scratch.Dispose();
    }

    [SkippableFact]
    public async Task Commands_and_library_write_what_init_writes_and_the_silo_ends_in_order()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "needs SIGTERM");
        Expect(ExitCode.Done, "init", _config, "--seed", "42", "--out", _scratch["alone"], "--quiet");
        StringWriter text = new();
        Assert.Equal(0, await SubmitAndWatch.RunAsync(_config, "data/library", _settings, text));
        Assert.Contains("Sealed: ", text.ToString());
        Assert.Equal(Scratch.Fingerprint(_scratch["alone"]), Scratch.Fingerprint(_scratch["root/library"]));

        Outcome watched = Expect(ExitCode.Done, "submit", _config, "--seed", "42", "--out", "data/new/command", "--watch", "--json", "--cluster", _settings);
        JsonElement[] lines = [.. watched.OutputLines.Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal(("started", "sealed"), (lines[0].GetProperty("outcome").GetString(), lines[^1].GetProperty("status").GetString()));
        Assert.Equal(Scratch.Fingerprint(_scratch["alone"]), Scratch.Fingerprint(_scratch["root/new/command"]));
        string job = lines[0].GetProperty("job").GetString()!;

        // The same again is the same job; another plan there is refused; both leave the files alone.
        Outcome again = Expect(ExitCode.Done, "submit", _config, "--seed", "42", "--out", "data/new/command", "--json", "--cluster", _settings);
        JsonElement same = JsonDocument.Parse(again.Output).RootElement;
        Assert.Equal((job, "same", "sealed"), (same.GetProperty("job").GetString(), same.GetProperty("outcome").GetString(), same.GetProperty("status").GetString()));
        Assert.Contains("refused: ", Expect(ExitCode.Usage, "submit", _config, "--seed", "43", "--out", "data/new/command", "--cluster", _settings).Error);
        Assert.Contains("'nowhere'", Expect(ExitCode.Usage, "submit", _config, "--out", "nowhere/x", "--cluster", _settings).Error);
        Assert.Equal(Scratch.Fingerprint(_scratch["alone"]), Scratch.Fingerprint(_scratch["root/new/command"]));

        JsonElement status = JsonDocument.Parse(Expect(ExitCode.Done, "status", job, "--json", "--cluster", _settings).Output).RootElement;
        Assert.Equal(("me", "data/new/command"), (status.GetProperty("tenant").GetString(), status.GetProperty("out").GetString()));
        Assert.Equal(2, Expect(ExitCode.Done, "jobs", "--json", "--cluster", _settings).OutputLines.Count());
        // As people copy it out of a list: whole, or as much of it as tells it from others.
        Assert.Contains(job, Expect(ExitCode.Done, "jobs", "--cluster", _settings).Output);
        Assert.Contains($"job {job}: sealed", Expect(ExitCode.Done, "status", job[..10].ToUpperInvariant(), "--cluster", _settings).Output);
        string nobodys = job[..10].All(digit => digit == '0') ? "ffffffff" : "0000000000";
        Assert.Contains("expected a job of your tenant, found none", Expect(ExitCode.Usage, "cancel", nobodys, "--cluster", _settings).Error);
        Expect(ExitCode.Done, "watch", job, "--cluster", _settings);
        Assert.Contains("found one that is sealed", Expect(ExitCode.Failed, "cancel", job, "--cluster", _settings).Error);
        Assert.Contains("expected a job of your tenant, found none", Expect(ExitCode.Usage, "status", "data/nosuch", "--cluster", _settings).Error);
        // Another tenant does not see them.
        string other = _scratch.Write("other.json", File.ReadAllText(_settings).Replace("\"me\"", "\"other\"", StringComparison.Ordinal));
        Assert.Empty(Expect(ExitCode.Done, "jobs", "--json", "--cluster", other).Output);
        Expect(ExitCode.Usage, "status", job, "--cluster", other);

        Process.Start("kill", ["-TERM", _silo.Id.ToString(CultureInfo.InvariantCulture)]).WaitForExit();
        string rest = await _rest;
        await _silo.WaitForExitAsync();
        Assert.True(_silo.ExitCode == ExitCode.Done, rest);
        Assert.Contains("stopping: no new work is taken", rest);
    }

    [SkippableFact]
    public async Task Interrupted_watching_leaves_the_job_alone()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "needs SIGINT");
        // Large enough not to be done before the signal; cancelled at the end.
        string big = _scratch.Write("big.json", Models.TinyLlama.Replace("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 2000", StringComparison.Ordinal).Replace("\"hidden_size\": 64", "\"hidden_size\": 512", StringComparison.Ordinal));
        // A shell that starts tests in the background has them ignore SIGINT, and so would the program.
        Process watch = Start("env", ["--default-signal=INT,TERM", Dotnet, ProgramFile, "submit", big, "--shard-size", "64KiB", "--tile-size", "4KiB", "--out", "data/big", "--watch", "--json", "--cluster", _settings]);
        string? submitted = await watch.StandardOutput.ReadLineAsync();
        Assert.NotNull(submitted);
        string job = JsonDocument.Parse(submitted).RootElement.GetProperty("job").GetString()!;
        Assert.NotNull(await watch.StandardOutput.ReadLineAsync());
        Process.Start("kill", ["-INT", watch.Id.ToString(CultureInfo.InvariantCulture)]).WaitForExit();
        Outcome outcome = Finish(watch);
        Assert.True(outcome.ExitCode == ExitCode.Interrupted, outcome.ToString());
        Assert.Contains($"job {job}: interrupted; the job goes on", outcome.Error);

        JsonElement status = JsonDocument.Parse(Expect(ExitCode.Done, "status", job, "--json", "--cluster", _settings).Output).RootElement;
        Assert.Contains(status.GetProperty("status").GetString(), new[] { "queued", "running" });
        Expect(ExitCode.Done, "cancel", job, "--cluster", _settings);
        Assert.Contains("cancelled; what is committed stays", Expect(ExitCode.Failed, "watch", job, "--cluster", _settings).Error);
        // Once more is the same.
        Expect(ExitCode.Done, "cancel", "data/big", "--cluster", _settings);
    }

    private static (int Silo, int Gateway) FreePorts()
    {
        using TcpListener first = new(IPAddress.Loopback, 0), second = new(IPAddress.Loopback, 0);
        first.Start();
        second.Start();
        return (((IPEndPoint)first.LocalEndpoint).Port, ((IPEndPoint)second.LocalEndpoint).Port);
    }
}
