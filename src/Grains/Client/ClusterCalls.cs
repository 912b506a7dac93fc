using System.Diagnostics;
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
                    throw new ClusterException($"{what}: expected an answer within {limit.TotalSeconds:0} s, found none ({OneLine.Of(error)}); whether it arrived is unknown: the same command again is safe", error);
                }
                if (pause == s_firstPause) notice($"{what}: no answer yet, so whether it arrived is unknown; asking again, which is safe, for up to {limit.TotalSeconds:0} s");
                await session.RenewAsync(silent: error is TimeoutException, cancel);
                await Task.Delay(pause, cancel);
                pause = pause * 2 < s_longestPause ? pause * 2 : s_longestPause;
            }
        }
    }

    /// <summary>
    /// Everything but an answer of our grains and a defect of theirs. While silos come and go, or while the database is away, anything may be thrown: failures of Orleans and of the driver, what a silo
    /// that is ending has cancelled or closed, and what one side cannot put into bytes.
    /// </summary>
    private static bool IsUnknownOutcome(Exception error) => error is not (PlanException or UnauthorizedAccessException or ClusterException) && !IsDefect(error);

    /// <summary>
    /// What only a mistake in a program throws, and that program is ours: from Orleans, the driver or below them the same kinds mean that something broke under them. The stack comes with the
    /// exception from the other side, innermost first.
    /// </summary>
    private static bool IsDefect(Exception error)
    {
        if (error is ObjectDisposedException) return false;
        if (error is not (NullReferenceException or ArgumentException or InvalidOperationException or KeyNotFoundException or NotSupportedException or IndexOutOfRangeException or InvalidCastException)) return false;
        string? thrower = error.StackTrace?.Split('\n').Select(line => line.Trim()).FirstOrDefault(line => line.StartsWith("at ", StringComparison.Ordinal) && !line.StartsWith("at System.", StringComparison.Ordinal));
        return thrower?.StartsWith($"at {nameof(ShardInit)}.", StringComparison.Ordinal) == true;
    }
}
