using System.Net;
using System.Text;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using ShardInit.Errors;

namespace ShardInit.Silo;

/// <summary>
/// <c>/health/live</c>: 200 unless the worker has failed, which a restart may mend. <c>/health/ready</c>: 200 once the silo takes calls and work, 503 while it starts or drains.
/// </summary>
internal sealed partial class HealthEndpoint(HealthSettings settings, SiloHealth health, ILogger<HealthEndpoint> log) : IHostedService
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);

    private readonly HttpListener _listener = new();

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (settings.Port == 0) return Task.CompletedTask;
        try
        {
            _listener.Prefixes.Add($"http://{settings.Host}:{settings.Port}/health/");
            // It compares the name that was asked for, not only the address.
            if (settings.Host == "127.0.0.1") _listener.Prefixes.Add($"http://localhost:{settings.Port}/health/");
            _listener.Start();
        }
        catch (Exception error) when (error is HttpListenerException or ArgumentException or System.Net.Sockets.SocketException)
        {
            throw new IOException($"health.host {Problems.Quote(settings.Host)}, health.port {settings.Port}: expected an address of this machine and a free port, found: {error.Message}", error);
        }
        _ = Serve();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        if (_listener.IsListening) _listener.Stop();
        return Task.CompletedTask;
    }

    private async Task Serve()
    {
        while (_listener.IsListening)
        {
            try
            {
                HttpListenerContext context = await _listener.GetContextAsync();
                (int code, string text) = context.Request.Url?.AbsolutePath switch
                {
                    "/health/live" => health.Live,
                    "/health/ready" => health.Ready,
                    _ => (404, "expected /health/live or /health/ready"),
                };
                context.Response.StatusCode = code;
                context.Response.ContentType = "text/plain";
                await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(text + "\n"));
                context.Response.Close();
            }
            catch (Exception error)
            {
                // Whatever one probe did wrong, the next one is answered: without an answer the silo would be taken for dead.
                if (!_listener.IsListening) return;
                LogFailed(log, error.Message);
                await Task.Delay(s_pause);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "a probe could not be answered: {Error}")]
    private static partial void LogFailed(ILogger log, string error);
}

/// <summary>What probes are told.</summary>
internal sealed class SiloHealth(IHostApplicationLifetime lifetime, IServiceProvider services)
{
    private WorkerService? Worker => (WorkerService?)services.GetService(typeof(WorkerService));

    public (int Code, string Text) Live => Worker is { HasFailed: true } ? (500, "the worker has failed; see the log") : (200, "live");

    public (int Code, string Text) Ready => !lifetime.ApplicationStarted.IsCancellationRequested ? (503, "starting")
        : lifetime.ApplicationStopping.IsCancellationRequested ? (503, "draining")
        : Worker is { IsReady: false } ? (503, "the worker takes no work") : (200, "ready");
}
