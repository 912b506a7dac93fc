using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Orleans.Runtime;
using ShardInit.Errors;
using ShardInit.Silo.Postgres;

namespace ShardInit.Silo;

/// <summary>Runs a silo: what <c>shardinit serve</c> calls.</summary>
public static class SiloProgram
{
    /// <summary>Added to the drain time for the rest of an orderly end: grains write their state, the silo leaves the cluster.</summary>
    private static readonly TimeSpan s_rest = TimeSpan.FromSeconds(20);

    /// <summary>How long a silo starts before it says what it waits for.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    /// <summary>How long a silo that starts waits for its database, and between two tries.</summary>
    private static readonly TimeSpan s_databaseLimit = TimeSpan.FromMinutes(2), s_databasePause = TimeSpan.FromSeconds(3);

    /// <summary>Runs until <paramref name="stop"/>, then drains.</summary>
    /// <param name="say">A line for people.</param>
    /// <returns>0 after a stop, 1 when the silo failed.</returns>
    /// <exception cref="PlanException">Settings that make no sense, all problems at once.</exception>
    /// <exception cref="IOException">A port is taken, or the database is not to be had.</exception>
    public static int Run(SiloSettings settings, Action<string> say, CancellationToken stop) => RunAsync(CheckedSettings.Of(settings), say, stop).GetAwaiter().GetResult();

    private static async Task<int> RunAsync(CheckedSettings settings, Action<string> say, CancellationToken stop)
    {
        Ports.RequireFree(settings);
        if (settings.Settings.Insecure && settings.Certificates is null) say("warning: insecure: no certificates; anybody who reaches the ports of this silo may write to every root");
        if (settings.IsPostgres && !await HasDatabaseAsync(settings, say, stop)) return 0;
        using IHost host = SiloHost.Build(settings);
        try
        {
            await Patiently(host.StartAsync(stop), settings, say);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return 0;
        }
        catch (NpgsqlException error)
        {
            throw new IOException($"membership: the database does not answer: {error.Message}; check membership.connectionString and the server", error);
        }
        catch (Exception error) when (error is OrleansException or TimeoutException or OperationCanceledException)
        {
            throw new IOException($"the silo could not start: {error.GetBaseException().Message.ReplaceLineEndings(" ")}; {SiloWaits(settings)}", error);
        }
        say($"silo of cluster '{settings.Settings.Cluster}' is up: {settings.Address}:{settings.Settings.Endpoint.SiloPort}, clients at port {settings.Settings.Endpoint.GatewayPort}; "
            + $"roots {string.Join(", ", settings.Settings.Roots.Keys.Order(StringComparer.Ordinal))}; {(settings.Certificates is null ? "without TLS" : "TLS with client certificates")}");
        IHostApplicationLifetime lifetime = host.Services.GetRequiredService<IHostApplicationLifetime>();
        // The runtime ends by itself where the others have declared it dead: then it has to be started anew.
        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Task firstEnded = FirstSilo.PortFor(settings) is { } port ? FirstSilo.Ended(port, ended.Token) : Task.Delay(Timeout.Infinite, ended.Token);
        await Task.WhenAny(Cancelled(stop), Cancelled(lifetime.ApplicationStopping), firstEnded);
        // Not in order: whom an orderly end would tell of it is gone.
        if (firstEnded.IsCompletedSuccessfully) FatalEnd.End(FirstSilo.Line(FirstSilo.PortFor(settings)!.Value));
        await ended.CancelAsync();
        bool asked = stop.IsCancellationRequested;
        if (asked) say("stopping: no new work is taken");
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(settings.Settings.DrainSeconds) + s_rest);
        await host.StopAsync(limit.Token);
        return asked ? 0 : 1;
    }

    /// <summary>Says what it waits for where the start takes long: the runtime tries for minutes without a word for people.</summary>
    private static async Task Patiently(Task start, CheckedSettings settings, Action<string> say)
    {
        if (await Task.WhenAny(start, Task.Delay(s_patience)) != start) say($"still starting: {SiloWaits(settings)}");
        await start;
    }

    private static string SiloWaits(CheckedSettings settings)
    {
        string names = $"of cluster '{settings.Settings.Cluster}' and service '{settings.Settings.Service}'";
        if (settings.IsPostgres) return $"expected the silos {names} that stand in the database as alive to answer; see that they can be reached from here, and that they have the same settings of tls; silos that were killed are passed over after half a minute";
        return FirstSilo.PortFor(settings) is { } primary
            ? $"expected the first silo {names} at port {primary} of this machine (endpoint.primaryPort), found none that takes this one in; start it, and see that both have the same names and settings of tls"
            : "this silo is the first of its machine, and waits for nobody; see the log";
    }

    /// <summary>A server that starts together with this silo, or is started anew just now, is waited for. False when told to stop meanwhile.</summary>
    private static async Task<bool> HasDatabaseAsync(CheckedSettings settings, Action<string> say, CancellationToken stop)
    {
        long start = Stopwatch.GetTimestamp();
        string said = "";
        try
        {
            while (true)
            {
                try
                {
                    await SchemaInstaller.EnsureAsync(settings.ConnectionString!, settings.Settings.Membership.CreateSchema, stop);
                    return true;
                }
                catch (DatabaseException error) when (error.IsPassing && Stopwatch.GetElapsedTime(start) < s_databaseLimit)
                {
                    if (error.Message != said) say($"membership: {error.Message}; trying again for up to {s_databaseLimit.TotalSeconds:0} s");
                    said = error.Message;
                    await Task.Delay(s_databasePause, stop);
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return false;
        }
    }

    private static Task Cancelled(CancellationToken token)
    {
        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        token.Register(() => done.TrySetResult());
        return done.Task;
    }
}
