using Microsoft.Extensions.Logging;
using ShardInit.Cluster.Tests.Support;
using ShardInit.Silo;

namespace ShardInit.Cluster.Tests.Silo;

/// <summary>What a silo's log says of what the runtime says. That a refused connection is told with its address: SecurityTests.</summary>
public sealed class PlainLogTests
{
    private static readonly Action<ILogger, TimeSpan, Exception?> s_silence = LoggerMessage.Define<TimeSpan>(LogLevel.Warning, default, "not completed for {Time}");

    private readonly CapturedLog _captured = new();
    private readonly PlainLog _log;

    public PlainLogTests() => _log = new PlainLog(_captured);

    [Fact]
    public void A_connection_that_fails_is_a_line_without_stack_and_not_one_a_second()
    {
        ILogger connections = _log.CreateLogger("Orleans.Connections.Security.TlsServerConnectionMiddleware");
        for (int attempt = 0; attempt < 3; attempt++)
        {
            try
            {
                throw new IOException("outside", new InvalidDataException("two\nlines"));
            }
            catch (IOException error)
            {
                connections.LogWarning(error, "Authentication failed");
            }
        }
        connections.LogWarning("Authentication timed out");
        Assert.Equal(["a TLS connection failed: two lines", "a TLS connection failed: Authentication timed out"], _captured.Lines);
    }

    [Fact]
    public void A_silence_longer_than_the_life_of_the_process_is_none()
    {
        ILogger watchdog = _log.CreateLogger("Orleans.Runtime.Watchdog");
        s_silence(watchdog, TimeSpan.FromHours(6), null);
        Assert.Empty(_captured.Lines);
        s_silence(watchdog, TimeSpan.Zero, null);
        watchdog.LogWarning("other words");
        // Elsewhere as it is.
        s_silence(_log.CreateLogger("Orleans.Runtime.Scheduler"), TimeSpan.FromHours(6), null);
        Assert.Equal(["not completed for 00:00:00", "other words", "not completed for 06:00:00"], _captured.Lines);
    }
}
