using System.Diagnostics;

namespace ShardInit.Cluster.Tests.Support;

/// <summary>Waits for a condition of a running cluster. The limit only decides when a test has failed.</summary>
public static class Eventually
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(5), s_pause = TimeSpan.FromMilliseconds(50);

    public static async Task IsAsync(Func<Task<bool>> condition, string what)
    {
        Stopwatch clock = Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(clock.Elapsed < s_limit, $"expected within {s_limit.TotalSeconds} s that {what}");
            await Task.Delay(s_pause);
        }
    }

    public static Task IsAsync(Func<bool> condition, string what) => IsAsync(() => Task.FromResult(condition()), what);
}
