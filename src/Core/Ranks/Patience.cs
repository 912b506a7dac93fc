namespace ShardInit.Ranks;

/// <summary>
/// How long a rank leaves a claimed file to its claimant before it offers to write the file as well: three times what files of this size took here, between two limits. Each
/// rank stretches it by a share of its own between 1 and 2, so that many that wait for one straggler do not all ask at once.
/// </summary>
internal sealed class Patience(RankOptions options, double stretch)
{
    private const double Multiple = 3;

    private double _seconds;
    private double _cost;

    /// <summary>A file of so many bytes took so long here.</summary>
    public void Learn(long bytes, TimeSpan took)
    {
        _seconds += took.TotalSeconds;
        _cost += Cost(bytes);
    }

    public TimeSpan For(long bytes)
    {
        double expected = _cost > 0 ? Multiple * Cost(bytes) * _seconds / _cost : 0;
        return TimeSpan.FromSeconds(Math.Clamp(expected, options.LeastClaim.TotalSeconds, options.MostClaim.TotalSeconds) * (1 + stretch));
    }

    /// <summary>How much longer the n-th helper is left alone than the first claimant: where one takes too long, another seldom ends sooner, but those who died must not hold up the rest for long.</summary>
    public static int Growth(int helper) => 1 << Math.Min(helper, 2);

    /// <summary>Even an empty file takes a moment.</summary>
    private static double Cost(long bytes) => bytes + (1 << 20);
}
