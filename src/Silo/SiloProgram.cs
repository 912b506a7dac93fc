namespace ShardInit.Silo;

/// <summary>Runs a silo: what <c>shardinit serve</c> calls.</summary>
public static class SiloProgram
{
    /// <summary>Runs until <paramref name="stop"/>, then drains.</summary>
    /// <param name="say">A line for people.</param>
    /// <returns>0 after a stop, 1 when the silo failed.</returns>
    /// <exception cref="ShardInit.Errors.PlanException">Settings that make no sense, all problems at once.</exception>
    public static int Run(SiloSettings settings, Action<string> say, CancellationToken stop) => throw new NotSupportedException();
}
