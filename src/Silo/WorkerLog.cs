using Microsoft.Extensions.Logging;

namespace ShardInit.Silo;

/// <summary>What a worker tells people.</summary>
internal static partial class WorkerLog
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "{Line}")]
    public static partial void Told(ILogger log, string line);
}
