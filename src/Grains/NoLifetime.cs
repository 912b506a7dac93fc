using Microsoft.Extensions.Hosting;

namespace ShardInit.Grains;

/// <summary>In place of the host's own lifetime, which would take the signals of the program for itself: the first of two handlers would win, and an orderly end look like a failure.</summary>
internal sealed class NoLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
