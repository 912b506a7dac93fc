using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using ShardInit.Errors;
using ShardInit.Silo.Postgres;

namespace ShardInit.Silo;

/// <summary>Runs a silo: what <c>shardinit serve</c> calls.</summary>
public static class SiloProgram
{
    /// <summary>Added to the drain time for the rest of an orderly end: grains write their state, the silo leaves the cluster.</summary>
    private static readonly TimeSpan s_rest = TimeSpan.FromSeconds(20);

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
            await host.StartAsync(stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return 0;
        }
        catch (NpgsqlException error)
        {
            throw new IOException($"membership: the database does not answer: {error.Message}; check membership.connectionString and the server", error);
        }
        say($"silo of cluster '{settings.Settings.Cluster}' is up: {settings.Address}:{settings.Settings.Endpoint.SiloPort}, clients at port {settings.Settings.Endpoint.GatewayPort}; "
            + $"roots {string.Join(", ", settings.Settings.Roots.Keys.Order(StringComparer.Ordinal))}; {(settings.Certificates is null ? "without TLS" : "TLS with client certificates")}");
        IHostApplicationLifetime lifetime = host.Services.GetRequiredService<IHostApplicationLifetime>();
        // The runtime ends by itself where the others have declared it dead: then it has to be started anew.
        await Task.WhenAny(Cancelled(stop), Cancelled(lifetime.ApplicationStopping));
        bool asked = stop.IsCancellationRequested;
        if (asked) say("stopping: no new work is taken");
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(settings.Settings.DrainSeconds) + s_rest);
        await host.StopAsync(limit.Token);
        return asked ? 0 : 1;
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
