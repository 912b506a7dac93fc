using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace ShardInit.Silo;

/// <summary>
/// What the runtime says of two things, as people need it: a TLS connection that fails becomes one line with the other side's address and the reason, in place of a stack a second; and what its watchdog
/// says of a silence that is longer than this process has lived is left out.
/// </summary>
internal sealed class PlainLog(ILoggerProvider inner) : ILoggerProvider, ISupportExternalScope
{
    private const string Tls = "Orleans.Connections.Security", Watchdog = "Orleans.Runtime.Watchdog";

    private readonly OnceAWhile _told = new(TimeSpan.FromMinutes(1));
    private readonly long _start = Stopwatch.GetTimestamp();

    public ILogger CreateLogger(string categoryName) => categoryName.StartsWith(Tls, StringComparison.Ordinal) ? new Connections(inner.CreateLogger(categoryName), _told)
        : categoryName == Watchdog ? new Silences(inner.CreateLogger(categoryName), _start) : inner.CreateLogger(categoryName);

    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => (inner as ISupportExternalScope)?.SetScopeProvider(scopeProvider);

    public void Dispose() => inner.Dispose();

    private sealed class Connections(ILogger log, OnceAWhile told) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => log.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => log.IsEnabled(logLevel);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            string line = Line(SiloTls.Current, exception is null ? formatter(state, null) : Innermost(exception));
            if (told.IsDue(line)) log.Log(logLevel, eventId, line, null, (text, _) => text);
        }

        private static string Line(Handshake? handshake, string why) => handshake switch
        {
            null => $"a TLS connection failed: {why}",
            { IsOutgoing: true } => $"no TLS connection to the silo at {handshake.Address}: {handshake.Refusal ?? why}",
            _ => $"refused a connection from {handshake.Address}: {handshake.Refusal ?? why}",
        };

        private static string Innermost(Exception error)
        {
            while (error.InnerException is { } inner) error = inner;
            return error.Message.ReplaceLineEndings(" ");
        }
    }

    private sealed class Silences(ILogger log, long start) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => log.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => log.IsEnabled(logLevel);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            TimeSpan lived = Stopwatch.GetElapsedTime(start);
            // At its start it measures from when the machine was started.
            if (state is IReadOnlyList<KeyValuePair<string, object?>> values && values.Any(value => value.Value is TimeSpan span && span > lived)) return;
            log.Log(logLevel, eventId, state, exception, formatter);
        }
    }
}
