using System.Data.Common;
using System.Net.Sockets;
using System.Security.Authentication;
using Microsoft.Extensions.Logging;
using Orleans.Runtime.Messaging;

namespace ShardInit.Grains.Client;

/// <summary>Why connections fail. Orleans tells its log and its retries, not its caller, and much of it is noise of an attempt that was given up: the most telling is kept, of equal ones the latest.</summary>
internal sealed class ConnectionTrouble : ILoggerProvider, ILogger
{
    private readonly Lock _lock = new();
    private int _weight = -1;
    private string? _text;

    /// <summary>Null while there was none.</summary>
    public string? Text
    {
        get { lock (_lock) return _text; }
    }

    public void Take(Exception trouble)
    {
        int weight = Chain(trouble).Max(Weight);
        lock (_lock)
        {
            if (weight >= _weight) (_weight, _text) = (weight, OneLine.Of(Chain(trouble).Last(one => Weight(one) == weight)));
        }
    }

    private static IEnumerable<Exception> Chain(Exception error)
    {
        for (Exception? one = error; one is not null; one = one.InnerException) yield return one;
    }

    private static int Weight(Exception error) => error switch
    {
        DbException => 4,
        SocketException or AuthenticationException => 3,
        // What an attempt says that is just being given up.
        OperationCanceledException or ObjectDisposedException => 0,
        // That there is no connection, not why.
        ConnectionFailedException or TimeoutException => 1,
        _ => 2,
    };

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel) && exception is not null) Take(exception);
    }

    public void Dispose() { }
}
