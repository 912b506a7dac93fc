using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using ShardInit.Errors;

namespace ShardInit.Silo;

/// <summary>Runs a silo: what <c>shardinit serve</c> calls.</summary>
public static class SiloProgram
{
    /// <summary>Added to the drain time for the rest of an orderly end: grains write their state, the silo leaves the cluster.</summary>
    private static readonly TimeSpan s_rest = TimeSpan.FromSeconds(20);

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
        if (settings.IsPostgres) await Postgres.SchemaInstaller.EnsureAsync(settings.ConnectionString!, settings.Settings.Membership.CreateSchema, stop);
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

    private static Task Cancelled(CancellationToken token)
    {
        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        token.Register(() => done.TrySetResult());
        return done.Task;
    }
}
