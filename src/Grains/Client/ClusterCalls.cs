using System.Data.Common;
using System.Diagnostics;
using System.Net.Sockets;
using Orleans.Runtime.Messaging;
using Orleans.Serialization;
using ShardInit.Errors;

namespace ShardInit.Grains.Client;

/// <summary>
/// Calls that are repeated while their outcome is unknown: a time-out or a lost connection does not say whether the call arrived. All calls of clients may arrive twice.
/// </summary>
internal sealed class ClusterCalls(IClusterSession session, Action<string> notice)
{
    private static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(5);

    /// <summary>How often one call proves the session anew.</summary>
    private const int MostProofs = 3;

    public Task ProveAsync(TimeSpan limit, CancellationToken cancel) => RepeatAsync("proof of the session", async () =>
    {
        await session.ProveAsync();
        return true;
    }, limit, cancel);

    /// <param name="what">For messages.</param>
    /// <exception cref="ClusterException">Nobody answered within <paramref name="limit"/>.</exception>
    /// <exception cref="PlanException">The cluster refused it.</exception>
    public async Task<T> RunAsync<T>(string what, Func<Task<T>> call, TimeSpan limit, CancellationToken cancel)
    {
        try
        {
            for (int proofs = 0; ; proofs++)
            {
                try
                {
                    return await RepeatAsync(what, Attached, limit, cancel);
                }
                catch (UnauthorizedAccessException error) when (session.IsForgotten(error) && proofs < MostProofs)
                {
                    // Silos that are started anew one after the other may each take it along; a cluster that never knows it has another reason.
                    if (proofs > 0) await Task.Delay(s_firstPause * (1 << proofs), cancel);
                    await ProveAsync(limit, cancel);
                }
            }
        }
        catch (PlanException error) when (error.Problems is null)
        {
            // From the other side comes the message alone.
            throw new PlanException(error.Message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        }

        async Task<T> Attached()
        {
            session.Attach();
            return await call();
        }
    }

    private async Task<T> RepeatAsync<T>(string what, Func<Task<T>> call, TimeSpan limit, CancellationToken cancel)
    {
        Stopwatch clock = Stopwatch.StartNew();
        TimeSpan pause = s_firstPause;
        while (true)
        {
            try
            {
                return await call().WaitAsync(cancel);
            }
            catch (Exception error) when (IsUnknownOutcome(error))
            {
                cancel.ThrowIfCancellationRequested();
                if (clock.Elapsed + pause >= limit)
                {
                    throw new ClusterException($"{what}: expected an answer within {limit.TotalSeconds:0} s, found none ({error.Message.ReplaceLineEndings(" ")}); whether it arrived is unknown: the same command again is safe", error);
                }
                if (pause == s_firstPause) notice($"{what}: no answer yet, so whether it arrived is unknown; asking again, which is safe, for up to {limit.TotalSeconds:0} s");
                await Task.Delay(pause, cancel);
                pause = pause * 2 < s_longestPause ? pause * 2 : s_longestPause;
            }
        }
    }

    /// <summary>
    /// What a cluster says while silos come and go, or while its database is away; not what our grains answer, and not what only a defect throws. All failures of Orleans' own count: a silo that
    /// is not yet known to be dead shows as any of them, from a call that is turned away to a grain that cannot be registered.
    /// </summary>
    private static bool IsUnknownOutcome(Exception error) => error is TimeoutException or OrleansException or ConnectionFailedException or ClientNotAvailableException
        // A silo that is ending cancels what it does and has closed what it needs.
        or OperationCanceledException or ObjectDisposedException
        // Reminders pass on what their database says; a client without that database's driver gets a stand-in.
        or DbException or SocketException or IOException or UnavailableExceptionFallbackException;
}
