using Microsoft.Extensions.Logging;

namespace ShardInit.Cluster.Tests.Support;

/// <summary>Keeps what is logged, each entry one text.</summary>
internal sealed class CapturedLog : ILoggerProvider, ILogger
{
    public List<string> Lines { get; } = [];

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Lines.Add(formatter(state, exception) + exception);

    public void Dispose() { }
}
